/** Options of every command that talks to the Temporal server: the Temporal CLI's own names, and the variables that they stand for. */
import type { OptionSpec, Options } from './command-spec.js';

interface ConnectionOption {
  readonly spec: OptionSpec;
  /** As commander names it. */
  readonly name: string;
  readonly variable: string;
}

const option = (flags: string, name: string, variable: string, description: string): ConnectionOption => ({
  spec: [flags, description],
  name,
  variable,
});

export const CONNECTION_OPTIONS: readonly ConnectionOption[] = [
  option('--address <host:port>', 'address', 'TEMPORAL_ADDRESS', 'Temporal server'),
  option('-n, --namespace <name>', 'namespace', 'TEMPORAL_NAMESPACE', 'namespace of it'),
  option('--profile <name>', 'profile', 'TEMPORAL_PROFILE', 'profile of the configuration file'),
  option('--config-file <file>', 'configFile', 'TEMPORAL_CONFIG_FILE', 'Temporal’s configuration file (TOML)'),
  option('--api-key <key>', 'apiKey', 'TEMPORAL_API_KEY', 'API key; better given as the variable'),
  option('--tls', 'tls', 'TEMPORAL_TLS', 'speak TLS; implied by an API key and by TLS options'),
  option('--tls-cert-path <file>', 'tlsCertPath', 'TEMPORAL_TLS_CLIENT_CERT_PATH', 'client certificate'),
  option('--tls-key-path <file>', 'tlsKeyPath', 'TEMPORAL_TLS_CLIENT_KEY_PATH', 'its private key'),
  option('--tls-ca-path <file>', 'tlsCaPath', 'TEMPORAL_TLS_SERVER_CA_CERT_PATH', 'CA of the server'),
  option('--tls-server-name <name>', 'tlsServerName', 'TEMPORAL_TLS_SERVER_NAME', 'name in the server’s certificate'),
  option(
    '--tls-disable-host-verification',
    'tlsDisableHostVerification',
    'TEMPORAL_TLS_DISABLE_HOST_VERIFICATION',
    'take any certificate (not for workers)',
  ),
];

export const GRPC_META: OptionSpec = ['--grpc-meta <key=value>', 'header of each request; may be repeated', []];

/** Variables that the options of a command line stand for. @throws Error for a header that is no key=value */
export function connectionVariables(options: Options): Record<string, string> {
  const found: Record<string, string> = {};
  for (const { name, variable } of CONNECTION_OPTIONS) {
    const value = options[name];
    if (typeof value === 'string') found[variable] = value;
    if (value === true) found[variable] = 'true';
  }
  const headers = options['grpcMeta'];
  for (const header of Array.isArray(headers) ? (headers as readonly string[]) : []) {
    const at = header.indexOf('=');
    if (at < 1) throw new Error(`--grpc-meta must be key=value, not "${header}"`);
    found[`TEMPORAL_GRPC_META_${header.slice(0, at)}`] = header.slice(at + 1);
  }
  return found;
}
