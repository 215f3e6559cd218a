/**
 * Which Temporal server, and how to be let in: Temporal's own variables and configuration file (profiles), as all its tools read
 * them. It connects to nothing; secrets in it are never printed.
 */
import { existsSync } from 'node:fs';
import { loadClientConfigProfile, toClientOptions, type ClientConfigProfile } from '@temporalio/envconfig';
import type { TLSConfig } from '@temporalio/worker';
import { StagewrightError } from '../core/failures.js';

export interface ServerSettings {
  /** host:port */
  readonly address: string;
  readonly namespace: string;
  readonly apiKey?: string;
  /** False and undefined: plain text. */
  readonly tls?: TLSConfig | boolean;
  readonly metadata?: Readonly<Record<string, string>>;
  /** False: any certificate is taken. Clients only; a Worker's connection always verifies. */
  readonly verifyHost: boolean;
}

const DEFAULT_ADDRESS = '127.0.0.1:7233';
const DEFAULT_NAMESPACE = 'default';

/** @throws StagewrightError SettingsMissing that names the variable or file that is wrong. */
export function readServer(env: NodeJS.ProcessEnv): ServerSettings {
  const set = Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== ''),
  );
  const file = set['TEMPORAL_CONFIG_FILE'];
  if (file !== undefined && !existsSync(file))
    throw wrong(`there is no configuration file ${file} (--config-file, TEMPORAL_CONFIG_FILE)`);
  const profile = readProfile(set, file);
  const { address = DEFAULT_ADDRESS, namespace = DEFAULT_NAMESPACE, apiKey } = profile;
  if (apiKey !== undefined && !/^[\x21-\x7e]+$/u.test(apiKey))
    throw wrong('the API key has characters that no API key has, such as a line break (--api-key, TEMPORAL_API_KEY)');
  if (!/^(?:\[[0-9a-f:.]+\]|[^\s:/]+)(?::\d{1,5})?$/iu.test(address))
    throw wrong(`"${address}" is no address; it must be host:port (--address, TEMPORAL_ADDRESS)`);
  const { clientCert, clientKey } = profile.tls ?? {};
  if ((clientCert === undefined) !== (clientKey === undefined))
    throw wrong(
      `a client certificate needs its key too; ${clientCert === undefined ? 'the certificate (--tls-cert-path)' : 'the key (--tls-key-path)'} is missing`,
    );
  const options = connectOptions(profile);
  const insecure = set['TEMPORAL_TLS_DISABLE_HOST_VERIFICATION'];
  return {
    address: /:\d+$/u.test(address) ? address : `${address}:7233`,
    namespace,
    ...(apiKey === undefined ? {} : { apiKey }),
    ...(options.tls === undefined || options.tls === null ? {} : { tls: options.tls }),
    ...(profile.grpcMeta === undefined ? {} : { metadata: profile.grpcMeta }),
    verifyHost: insecure !== '1' && insecure !== 'true',
  };
}

function readProfile(set: Record<string, string>, file: string | undefined): ClientConfigProfile {
  try {
    return loadClientConfigProfile({ overrideEnvVars: set });
  } catch (error) {
    const where = file ?? 'Temporal’s configuration file';
    // The reader takes a file without any [profile.NAME] for granted to have one.
    const reason =
      error instanceof TypeError
        ? 'it has no [profile.NAME] table'
        : error instanceof Error
          ? (error.message.split('\n')[0] ?? error.message)
          : String(error);
    throw wrong(`${where}: ${reason} (--config-file, --profile)`, error);
  }
}

/** Reads the files of certificates. */
function connectOptions(profile: ClientConfigProfile): ReturnType<typeof toClientOptions>['connectionOptions'] {
  try {
    return toClientOptions(profile).connectionOptions;
  } catch (error) {
    const { code, path } = error as NodeJS.ErrnoException;
    const reason =
      code === 'ENOENT' ? 'there is no such file' : code === 'EACCES' ? 'it may not be read' : String(error);
    throw wrong(`${path ?? 'a TLS file'}: ${reason} (--tls-ca-path, --tls-cert-path, --tls-key-path)`, error);
  }
}

function wrong(message: string, cause?: unknown): StagewrightError {
  return new StagewrightError('SettingsMissing', `Temporal connection: ${message}`, {}, { cause });
}
