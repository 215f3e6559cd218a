/**
 * Why a server cannot be reached, in words and with what to do: the gRPC client only says that its time is over. It asks the address
 * itself, below gRPC.
 */
import { connect as connectSocket, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import type { ServerSettings } from '../workers/server-settings.js';

const AFTER_HANDSHAKE_MS = 500;
/** Before the code of what went wrong after the handshake. */
const AFTER = 'after:';

/** Never throws. */
export async function whyUnreachable(server: ServerSettings, limitMs: number): Promise<string> {
  const { host, port } = split(server.address);
  const socket = await attempt(() => connectSocket({ host, port }), 'connect', limitMs);
  if (socket !== null) return socketWords(socket, server.address);
  const wantsTls =
    server.tls !== undefined && server.tls !== false ? true : server.apiKey !== undefined && server.tls !== false;
  if (!wantsTls) {
    const speaksTls = await attempt(
      () => connectTls({ host, port, rejectUnauthorized: false, ALPNProtocols: ['h2'] }),
      'secureConnect',
      limitMs,
    );
    return speaksTls === null || /alert|certificate/iu.test(speaksTls)
      ? 'it speaks TLS; ask for it with --tls (TEMPORAL_TLS=true), and name its CA with --tls-ca-path if it is your own'
      : 'something listens there, but it is no Temporal server; check --address (TEMPORAL_ADDRESS)';
  }
  const own = tlsOptions(server, host);
  const tls = await attempt(() => connectTls({ host, port, ...own }), 'secureConnect', limitMs, AFTER_HANDSHAKE_MS);
  if (tls !== null && tls.startsWith(AFTER)) return afterWords(tls.slice(AFTER.length), own.cert !== undefined);
  return tls === null
    ? 'something listens there and speaks TLS, but it does not answer as a Temporal server; check --address (TEMPORAL_ADDRESS)'
    : tlsWords(tls);
}

/** True when the machine is there and refuses. */
export async function nothingListens(address: string, limitMs: number): Promise<boolean> {
  return (await attempt(() => connectSocket(split(address)), 'connect', limitMs)) === 'ECONNREFUSED';
}

function tlsOptions({ tls, verifyHost }: ServerSettings, host: string): ConnectionOptions {
  const { serverNameOverride, serverRootCACertificate: ca, clientCertPair } = typeof tls === 'object' ? tls : {};
  const isIp = /^[\d.]+$|:/u.test(host);
  return {
    ALPNProtocols: ['h2'],
    rejectUnauthorized: verifyHost,
    ...(serverNameOverride !== undefined ? { servername: serverNameOverride } : isIp ? {} : { servername: host }),
    ...(ca === undefined ? {} : { ca: Buffer.from(ca) }),
    ...(clientCertPair === undefined
      ? {}
      : { cert: Buffer.from(clientCertPair.crt), key: Buffer.from(clientCertPair.key) }),
  };
}

function socketWords(code: string, address: string): string {
  if (code === 'ECONNREFUSED')
    return 'nothing listens there. Start a server on this machine with `stagewright up`, or name yours with --address (TEMPORAL_ADDRESS)';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return `the name ${split(address).host} is not known here; check --address (TEMPORAL_ADDRESS)`;
  return `the address does not answer (${code}); check --address (TEMPORAL_ADDRESS), and the network between`;
}

function tlsWords(code: string): string {
  if (/ALTNAME/u.test(code))
    return 'its certificate is for another name; say which with --tls-server-name (TEMPORAL_TLS_SERVER_NAME)';
  if (/SELF_SIGNED|UNABLE_TO_(?:GET_ISSUER|VERIFY)|CERT_UNTRUSTED|UNABLE_TO_GET_ISSUER_CERT_LOCALLY/u.test(code))
    return `its certificate is signed by an authority that is not trusted here (${code}); name the CA with --tls-ca-path (TEMPORAL_TLS_SERVER_CA_CERT_PATH)`;
  if (/EXPIRED|NOT_YET_VALID/u.test(code)) return `its certificate is out of date (${code})`;
  if (/WRONG_VERSION|PACKET_LENGTH|RECORD|UNEXPECTED|ECONNRESET|HANG_UP|timeout|closed/iu.test(code))
    return 'it does not speak TLS; take --tls, certificates and the API key away (TEMPORAL_TLS=false)';
  if (/ALERT.*CERT|CERTIFICATE_REQUIRED|HANDSHAKE_FAILURE/u.test(code))
    return `it refuses the client certificate (${code}); check --tls-cert-path and --tls-key-path`;
  return `TLS fails (${code}); check --tls-ca-path, --tls-cert-path, --tls-key-path and --tls-server-name`;
}

/** In TLS 1.3 a server says only after the handshake what it thinks of the client's certificate. */
function afterWords(code: string, certificate: boolean): string {
  return certificate
    ? `it speaks TLS, but ends the connection (${code}): it may not take the client certificate; check --tls-cert-path and --tls-key-path`
    : `it speaks TLS, but ends the connection (${code}): it may want a client certificate (--tls-cert-path, --tls-key-path)`;
}

/** Null when `event` comes and nothing goes wrong for `afterMs`, else the error's code, or `timeout`. */
function attempt(
  open: () => Socket,
  event: 'connect' | 'secureConnect',
  limitMs: number,
  afterMs = 0,
): Promise<string | null> {
  return new Promise((resolve) => {
    const end = (result: string | null): void => {
      socket.destroy();
      resolve(result);
    };
    const socket = open();
    socket.setTimeout(limitMs, () => end('timeout'));
    let after = '';
    socket.once(event, () => {
      after = AFTER;
      setTimeout(() => end(null), afterMs);
    });
    socket.on('error', (error: NodeJS.ErrnoException) => end(`${after}${error.code ?? error.message}`));
    socket.once('close', () => end(`${after}closed`));
  });
}

function split(address: string): { host: string; port: number } {
  const [, host = '', port = ''] = /^\[?(.*?)\]?:(\d+)$/u.exec(address) ?? [];
  return { host, port: Number(port) };
}
