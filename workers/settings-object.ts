/**
 * Settings from an object in place of the environment, for programs of one's own. Defaults and checks are those of settings.ts: what
 * is given is handed to it under its variables' names, and nothing is read from the environment.
 */
import { StagewrightError } from '../core/failures.js';
import { nearestName } from '../core/nearest-name.js';
import type { Timers } from '../core/launch.js';
import type { ServerSettings } from './server-settings.js';
import { readSettings, type Settings } from './settings.js';

/** By setting: its variable. */
const VARIABLES = {
  home: 'STAGEWRIGHT_HOME',
  store: 'STAGEWRIGHT_STORE',
  host: 'STAGEWRIGHT_HOST',
  hostFolder: 'STAGEWRIGHT_HOST_DIR',
  hostClass: 'STAGEWRIGHT_CLASS',
  devices: 'STAGEWRIGHT_DEVICES',
  cpuSlots: 'STAGEWRIGHT_CPU_SLOTS',
  shutdown: 'STAGEWRIGHT_SHUTDOWN',
  verifiers: 'STAGEWRIGHT_VERIFIERS',
  generators: 'STAGEWRIGHT_GENERATORS',
  trainers: 'STAGEWRIGHT_TRAINERS',
  queuePrefix: 'STAGEWRIGHT_QUEUE_PREFIX',
  logLevel: 'STAGEWRIGHT_LOG_LEVEL',
  logFormat: 'STAGEWRIGHT_LOG_FORMAT',
  metricsAddress: 'STAGEWRIGHT_METRICS_ADDRESS',
  metricsLookMs: 'STAGEWRIGHT_METRICS_LOOK_MS',
  address: 'TEMPORAL_ADDRESS',
  namespace: 'TEMPORAL_NAMESPACE',
} as const satisfies Partial<Record<keyof Settings, string>>;

/** By timer. */
const TIMERS = {
  renew_ms: 'STAGEWRIGHT_RENEW_MS',
  epoch_ttl_ms: 'STAGEWRIGHT_EPOCH_TTL_MS',
  unattended_stop_ms: 'STAGEWRIGHT_UNATTENDED_STOP_MS',
  stop_grace_ms: 'STAGEWRIGHT_STOP_GRACE_MS',
  poll_ms: 'STAGEWRIGHT_POLL_MS',
} as const satisfies Record<keyof Timers, string>;

/** By part of `tracing`. */
const TRACING = {
  endpoint: 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
  serviceName: 'OTEL_SERVICE_NAME',
} as const satisfies Record<keyof NonNullable<Settings['tracing']>, string>;

/** `String` of a list joins it by commas. */
type Value = string | number | readonly string[] | null | undefined;

/** All are optional; `undefined` and `null` mean the default. docs/settings.md says what each is. */
export type GivenSettings = {
  readonly [K in keyof typeof VARIABLES]?: Settings[K] | null | undefined;
} & {
  readonly timers?: { readonly [K in keyof Timers]?: Timers[K] | undefined } | undefined;
  readonly tracing?: Partial<Settings['tracing']> | null | undefined;
  /** What else the connection needs: TLS, an API key. `address` and `namespace` in it come before those beside it. */
  readonly server?: { readonly [K in keyof ServerSettings]?: ServerSettings[K] | undefined } | undefined;
};

/**
 * @example
 * const settings = defineSettings({ store: '/mnt/runs', hostFolder: '/var/lib/stagewright', devices: ['0', '1'] });
 * @throws StagewrightError SettingsMissing naming each setting that is wrong or unknown.
 */
export function defineSettings(given: GivenSettings = {}): Settings {
  const { timers, tracing, server, ...flat } = given;
  const names = new Map<string, string>();
  const env: Record<string, string> = {};
  const take = (part: string, variables: Readonly<Record<string, string>>, values: object): void => {
    for (const [key, value] of Object.entries(values) as [string, Value][]) {
      const variable = variables[key];
      if (variable === undefined)
        throw unknown(
          `${part}${key}`,
          key,
          part === '' ? [...Object.keys(variables), 'timers', 'tracing', 'server'] : Object.keys(variables),
        );
      if (value === undefined || value === null) continue;
      names.set(variable, `${part}${key}`);
      env[variable] = String(value);
    }
  };
  take('', VARIABLES, flat);
  take('timers.', TIMERS, timers ?? {});
  take('tracing.', TRACING, tracing ?? {});
  try {
    return withServer(readSettings(env), server ?? {});
  } catch (error) {
    if (!(error instanceof StagewrightError)) throw error;
    let { message } = error;
    for (const [variable, name] of names) message = message.replaceAll(variable, name);
    throw new StagewrightError('SettingsMissing', message.replace(/^environment: /u, 'settings: '), error.details);
  }
}

const SERVER: readonly string[] = [
  'address',
  'namespace',
  'apiKey',
  'tls',
  'metadata',
  'verifyHost',
] satisfies (keyof ServerSettings)[];

function withServer(settings: Settings, given: NonNullable<GivenSettings['server']>): Settings {
  const set = Object.entries(given).filter(([, value]) => value !== undefined);
  for (const [key] of set) if (!SERVER.includes(key)) throw unknown(`server.${key}`, key, SERVER);
  const server: ServerSettings = { ...settings.server, ...Object.fromEntries(set) };
  return { ...settings, server, address: server.address, namespace: server.namespace };
}

function unknown(at: string, key: string, known: readonly string[]): StagewrightError {
  const near = nearestName(key, known);
  const hint = near === undefined ? `known: ${known.join(', ')}` : `did you mean "${near}"?`;
  return new StagewrightError('SettingsMissing', `settings: there is no ${at}; ${hint}`, { key: at });
}
