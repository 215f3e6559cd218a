/** Being let in, by real processes: TLS and client certificates in front of the dev server, and each way in which it fails. */
import { createServer } from 'node:net';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { connectWorker } from '../../workers/connect.js';
import { readServer } from '../../workers/server-settings.js';
import { runCli, temporaryFolder, type Ended } from '../support/cli.js';
import { openTlsProxy, TLS, type TlsProxy } from '../support/tls-proxy.js';

const plain = inject('temporalAddress');
const folder = temporaryFolder();
// Nobody's own configuration file.
const env = { TEMPORAL_CONFIG_FILE: '', XDG_CONFIG_HOME: join(folder.path, 'none') };
const list = (...options: string[]): Promise<Ended> => runCli(['list', 'nobody', ...options], { env });
let tls: TlsProxy;
let mutual: TlsProxy;

beforeAll(async () => {
  tls = await openTlsProxy(plain);
  mutual = await openTlsProxy(plain, true);
});
afterAll(() => {
  tls.close();
  mutual.close();
  folder.remove();
});

const named = ['--tls-ca-path', TLS.ca, '--tls-server-name', TLS.name];
const pair = ['--tls-cert-path', TLS.cert, '--tls-key-path', TLS.key];

describe('lets in', () => {
  it.each<[string, () => string[]]>([
    ['in plain text', () => ['--address', plain]],
    ['TLS with its CA and name', () => ['--address', tls.address, ...named]],
    ['a client certificate', () => ['--address', mutual.address, ...named, ...pair]],
    ['any certificate, when asked to', () => ['--address', tls.address, '--tls', '--tls-disable-host-verification']],
    ['an API key over TLS', () => ['--address', tls.address, ...named, '--api-key', 'k-123456']],
    [
      'an API key to any certificate',
      () => ['--address', tls.address, '--api-key', 'k-123456', '--tls-disable-host-verification'],
    ],
  ])('%s', async (_name, options) => {
    const { code, stdout, stderr } = await list(...options());
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^no runs of recipe nobody in namespace default at /u);
    expect(code).toBe(0);
  });

  it('a worker over TLS with a client certificate', async () => {
    const server = readServer({
      TEMPORAL_ADDRESS: mutual.address,
      TEMPORAL_TLS_SERVER_CA_CERT_PATH: TLS.ca,
      TEMPORAL_TLS_SERVER_NAME: TLS.name,
      TEMPORAL_TLS_CLIENT_CERT_PATH: TLS.cert,
      TEMPORAL_TLS_CLIENT_KEY_PATH: TLS.key,
    });
    const connection = await connectWorker(server, pino({ level: 'silent' }), new AbortController().signal);
    const info = await connection.workflowService.getSystemInfo({});
    expect(info.serverVersion).toMatch(/^\d/u);
    await connection.close();
  });
});

// Together: some wait for a deadline of 5 s, some twice.
describe.concurrent('says why not, and what to do', () => {
  it.each<[string, () => string[], number, RegExp]>([
    ['another CA', () => ['--address', tls.address, '--tls'], 1, /authority that is not trusted here .*--tls-ca-path/u],
    [
      'another name',
      () => ['--address', tls.address, '--tls-ca-path', TLS.ca],
      1,
      /certificate is for another name; .*--tls-server-name/u,
    ],
    ['plain text to TLS', () => ['--address', tls.address], 1, /it speaks TLS; ask for it with --tls/u],
    ['TLS to plain text', () => ['--address', plain, '--tls'], 1, /it does not speak TLS; take --tls/u],
    [
      'no client certificate',
      () => ['--address', mutual.address, ...named],
      1,
      /no Temporal server answers at .*client certificate/u,
    ],
    [
      'no such name',
      () => ['--address', 'nowhere.invalid:7233'],
      1,
      /the name nowhere\.invalid is not known here; check --address/u,
    ],
    [
      'no such namespace',
      () => ['--address', plain, '--namespace', 'defualt'],
      2,
      /no namespace "defualt" \(--namespace, TEMPORAL_NAMESPACE\); did you mean "default"\?/u,
    ],
  ])('%s', async (_name, options, code, message) => {
    const ended = await list(...options());
    expect(ended.stderr).toMatch(message);
    expect([ended.code, ended.stdout]).toEqual([code, '']);
  });

  it('something else listens there', async () => {
    const other = createServer((socket) => socket.on('error', () => undefined).end('hello\r\n'));
    const port = await new Promise<number>((resolve) => {
      other.listen(0, '127.0.0.1', () => {
        const at = other.address();
        resolve(typeof at === 'object' && at !== null ? at.port : 0);
      });
    });
    const { code, stderr } = await list('--address', `127.0.0.1:${port}`);
    other.close();
    expect(stderr).toMatch(/something listens there, but it is no Temporal server/u);
    expect(code).toBe(1);
  });

  it('a worker does not go without verification', async () => {
    const { code, stderr } = await runCli(['worker', '--address', plain, '--tls-disable-host-verification'], { env });
    expect(stderr).toMatch(/a Worker always verifies the server’s certificate: .*--tls-ca-path/u);
    expect(code).toBe(2);
  });

  it('a key in an error is never printed', async () => {
    const { stderr } = await list(
      '--address',
      tls.address,
      '--api-key',
      'hf_abcdefghijklmnopqrstuvwx',
      '--grpc-meta',
      'x',
    );
    expect(stderr).toMatch(/--grpc-meta must be key=value/u);
    expect(stderr).not.toContain('hf_');
  });
});
