/** A client of the Temporal server of the settings, or a clear error about what is in the way. */
import { credentials } from '@grpc/grpc-js';
import { Client, Connection, isGrpcServiceError, type ConnectionOptions } from '@temporalio/client';
import { StagewrightError } from '../core/failures.js';
import { hint } from '../core/nearest-name.js';
import type { ServerSettings } from '../workers/server-settings.js';
import type { Settings } from '../workers/settings.js';
import { nothingListens, whyUnreachable } from './diagnosis.js';
import { tracingInterceptors } from './tracing.js';

/** A call that takes longer counts as "the server does not answer". */
export const CALL_MS = 5_000;

/** gRPC status codes that tell something about us, not about the server's health. */
const NOT_FOUND = 5;
const PERMISSION_DENIED = 7;
const UNAUTHENTICATED = 16;

/** @throws StagewrightError ServerUnreachable, or SettingsMissing where the server answers and does not let us in */
export async function connect(settings: Settings): Promise<Client> {
  const { server } = settings;
  const { address, namespace } = server;
  let connection: Connection;
  // gRPC would go on trying for the whole limit.
  if (!behindProxy() && (await nothingListens(address, CALL_MS))) throw await unreachable(undefined, server);
  try {
    connection = await Connection.connect({ ...connectionOptions(server), connectTimeout: CALL_MS });
  } catch (error) {
    throw refused(error, server) ?? (await unreachable(error, server));
  }
  const client = new Client({ connection, namespace, interceptors: await tracingInterceptors(settings) });
  try {
    await call(client, () => connection.workflowService.describeNamespace({ namespace }));
    return client;
  } catch (error) {
    const known = codeOf(error) === NOT_FOUND ? await namespacesOf(client) : [];
    await connection.close();
    if (codeOf(error) === NOT_FOUND)
      throw new StagewrightError(
        'SettingsMissing',
        `the Temporal server at ${address} has no namespace "${namespace}" (--namespace, TEMPORAL_NAMESPACE); ${hint(namespace, known)}`,
        { address, namespace },
        { cause: error },
      );
    throw refused(error, server) ?? (await unreachable(error, server));
  }
}

function behindProxy(): boolean {
  return ['grpc_proxy', 'https_proxy', 'http_proxy'].some((name) => (process.env[name] ?? '') !== '');
}

function connectionOptions({ address, apiKey, tls, metadata, verifyHost }: ServerSettings): ConnectionOptions {
  const common = { address, ...(metadata === undefined ? {} : { metadata: { ...metadata } }) };
  if (verifyHost || tls === false || (tls === undefined && apiKey === undefined))
    return { ...common, ...(apiKey === undefined ? {} : { apiKey }), ...(tls === undefined ? {} : { tls }) };
  // The SDK's own TLS options cannot switch verification off; with credentials of one's own it takes no API key beside them.
  const { serverRootCACertificate: ca, clientCertPair: pair, serverNameOverride } = typeof tls === 'object' ? tls : {};
  const host = address.replace(/:\d+$/u, '');
  const buffer = (bytes: Uint8Array | undefined): Buffer | null => (bytes === undefined ? null : Buffer.from(bytes));
  return {
    ...common,
    credentials: credentials.createSsl(buffer(ca), buffer(pair?.key), buffer(pair?.crt), { rejectUnauthorized: false }),
    // An IP address is no server name.
    channelArgs: {
      'grpc.ssl_target_name_override': serverNameOverride ?? (/^[\d.]+$|^\[/u.test(host) ? 'localhost' : host),
    },
    ...(apiKey === undefined ? {} : { metadata: { ...metadata, Authorization: `Bearer ${apiKey}` } }),
  };
}

/** The server answered, and it is our credentials that it does not take. */
function refused(error: unknown, { address, namespace, apiKey }: ServerSettings): StagewrightError | undefined {
  const code = codeOf(error);
  if (code !== UNAUTHENTICATED && code !== PERMISSION_DENIED) return undefined;
  const why =
    apiKey === undefined
      ? 'it wants to know who asks: set an API key (--api-key, TEMPORAL_API_KEY) or a client certificate (--tls-cert-path, --tls-key-path)'
      : 'the API key is not valid for it (--api-key, TEMPORAL_API_KEY)';
  return new StagewrightError(
    'SettingsMissing',
    `the Temporal server at ${address} refuses access to namespace "${namespace}": ${why}`,
    { address, namespace },
    { cause: error },
  );
}

async function unreachable(cause: unknown, server: ServerSettings): Promise<StagewrightError> {
  return new StagewrightError(
    'ServerUnreachable',
    `no Temporal server answers at ${server.address}: ${await whyUnreachable(server, CALL_MS)}`,
    { address: server.address },
    { cause },
  );
}

async function namespacesOf(client: Client): Promise<string[]> {
  try {
    const { namespaces } = await call(client, () => client.workflowService.listNamespaces({}));
    return (namespaces ?? [])
      .flatMap(({ namespaceInfo }) => namespaceInfo?.name ?? [])
      .filter((n) => n !== 'temporal-system');
  } catch {
    return [];
  }
}

/** Every call of `work` gives up after `CALL_MS`. */
export function call<T>(client: Client, work: () => Promise<T>): Promise<T> {
  return client.withDeadline(Date.now() + CALL_MS, work);
}

/** gRPC status code of an error or of what caused it. */
export function codeOf(error: unknown): number | undefined {
  const seen = new Set<unknown>();
  for (let e = error; e instanceof Error && !seen.has(e); e = e.cause) {
    seen.add(e);
    if (isGrpcServiceError(e)) return e.code;
  }
  return undefined;
}

/** True when the error says nothing about our request: the server is away, or nobody serves the queue just now. */
export function isUnanswered(error: unknown): boolean {
  // gRPC status: cancelled 1, unknown 2, deadline exceeded 4, failed precondition 9 (no poller for a query), unavailable 14.
  const code = codeOf(error);
  return code === 1 || code === 2 || code === 4 || code === 9 || code === 14;
}
