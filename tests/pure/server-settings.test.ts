/** Which server, and how to be let in: variables, profiles and the command's own options, each mistake with its name. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { connectionVariables } from '../../cli/connection-options.js';
import { exitCodeOf } from '../../cli/exit.js';
import { StagewrightError } from '../../core/failures.js';
import { readServer } from '../../workers/server-settings.js';
import { temporaryFolder } from '../support/cli.js';
import { TLS } from '../support/tls-proxy.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());
const file = (name: string, text: string): string => {
  const path = join(folder.path, name);
  writeFileSync(path, text);
  return path;
};
const CONFIG = file(
  'temporal.toml',
  `[profile.default]
address = "one:7233"

[profile.cloud]
address = "two.example:443"
namespace = "train.acct"
api_key = "from-file"
[profile.cloud.grpc_meta]
x-team = "vision"
`,
);

describe('are read as all Temporal tools read them', () => {
  it('nothing set: the local server, in plain text', () => {
    expect(readServer({})).toEqual({ address: '127.0.0.1:7233', namespace: 'default', verifyHost: true });
  });

  it('a profile of the configuration file; variables win over it', () => {
    const env = { TEMPORAL_CONFIG_FILE: CONFIG };
    expect(readServer(env).address).toBe('one:7233');
    expect(readServer({ ...env, TEMPORAL_PROFILE: 'cloud' })).toEqual({
      address: 'two.example:443',
      namespace: 'train.acct',
      apiKey: 'from-file',
      // An API key is never sent in plain text unasked.
      tls: true,
      metadata: { 'x-team': 'vision' },
      verifyHost: true,
    });
    expect(readServer({ ...env, TEMPORAL_PROFILE: 'cloud', TEMPORAL_NAMESPACE: 'other' }).namespace).toBe('other');
  });

  it('the options of a command stand for the variables, and win over them', () => {
    const variables = connectionVariables({
      address: 'three:1',
      namespace: 'n',
      apiKey: 'k',
      tls: true,
      tlsCaPath: TLS.ca,
      tlsCertPath: TLS.cert,
      tlsKeyPath: TLS.key,
      tlsServerName: TLS.name,
      tlsDisableHostVerification: true,
      grpcMeta: ['x-a=1', 'x-b-c=2=3'],
    });
    const server = readServer({ TEMPORAL_ADDRESS: 'lost:1', ...variables });
    expect(server).toMatchObject({
      address: 'three:1',
      namespace: 'n',
      apiKey: 'k',
      metadata: { 'x-a': '1', 'x-b-c': '2=3' },
      verifyHost: false,
      tls: { serverNameOverride: TLS.name },
    });
    expect(typeof server.tls === 'object' && server.tls.serverRootCACertificate?.length).toBeGreaterThan(100);
    expect(typeof server.tls === 'object' && server.tls.clientCertPair?.key.length).toBeGreaterThan(100);
  });

  it('an address without a port has Temporal’s', () => {
    expect(readServer({ TEMPORAL_ADDRESS: 'host' }).address).toBe('host:7233');
  });
});

describe('a mistake is named, with exit code 2 and without any secret', () => {
  it.each<[string, NodeJS.ProcessEnv, RegExp]>([
    ['no such file', { TEMPORAL_CONFIG_FILE: '/nowhere/t.toml' }, /there is no configuration file \/nowhere\/t\.toml/u],
    [
      'no such profile',
      { TEMPORAL_CONFIG_FILE: CONFIG, TEMPORAL_PROFILE: 'clod' },
      /temporal\.toml: Profile 'clod' not found/u,
    ],
    ['no TOML', { TEMPORAL_CONFIG_FILE: file('bad.toml', '[profile.default\n') }, /bad\.toml: Invalid TOML/u],
    ['no profile', { TEMPORAL_CONFIG_FILE: file('empty.toml', '') }, /empty\.toml: it has no \[profile\.NAME\] table/u],
    ['no address', { TEMPORAL_ADDRESS: 'http://x:1' }, /"http:\/\/x:1" is no address; it must be host:port/u],
    [
      'no CA',
      { TEMPORAL_TLS_SERVER_CA_CERT_PATH: '/nowhere/ca' },
      /\/nowhere\/ca: there is no such file \(--tls-ca-path/u,
    ],
    [
      'no key',
      { TEMPORAL_TLS_CLIENT_CERT_PATH: TLS.cert },
      /needs its key too; the key \(--tls-key-path\) is missing/u,
    ],
    ['no certificate', { TEMPORAL_TLS_CLIENT_KEY_PATH: TLS.key }, /the certificate \(--tls-cert-path\) is missing/u],
    ['a broken key', { TEMPORAL_API_KEY: 'secret-\nkey' }, /the API key has characters that no API key has/u],
  ])('%s', (_name, env, message) => {
    try {
      readServer(env);
    } catch (error) {
      expect(error).toBeInstanceOf(StagewrightError);
      expect((error as StagewrightError).message).toMatch(message);
      expect((error as StagewrightError).message).not.toMatch(/secret-/u);
      expect(exitCodeOf(error)).toBe(2);
      return;
    }
    throw new Error('no error');
  });

  it('a header that is none', () => {
    expect(() => connectionVariables({ grpcMeta: ['x'] })).toThrow('--grpc-meta must be key=value, not "x"');
  });
});
