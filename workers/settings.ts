/** Everything a worker takes from its environment, read once and validated. Nothing else reads process.env. */
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { StagewrightError } from '../core/failures.js';
import { QUEUE_PREFIX } from '../core/ids.js';
import { timersSchema, type Timers } from '../core/launch.js';
import { readServer, type ServerSettings } from './server-settings.js';

const count = z.coerce.number().int().min(0);
const millis = z.coerce.number().int().positive();

/** Empty counts as not set, as OpenTelemetry has it. */
const optional = <T extends z.ZodType>(schema: T) =>
  z.preprocess((value) => (value === '' ? undefined : value), schema.optional());

const httpUrl = z.url({ protocol: /^https?$/u, error: 'an http or https URL' });

/** `9464` alone is on this machine only: who wants more says so. */
const metricsAddress = z.string().transform((text, context): string | null => {
  if (text === '') return null;
  const [, name = '127.0.0.1', port = ''] = /^(?:(\[[0-9a-f:]+\]|[0-9.]+|localhost):)?(\d{1,5})$/iu.exec(text) ?? [];
  if (port !== '' && Number(port) > 0 && Number(port) < 65_536)
    return `${name.toLowerCase() === 'localhost' ? '127.0.0.1' : name}:${port}`;
  context.addIssue({ code: 'custom', message: `"${text}" is no port (9464) or IP address and port (0.0.0.0:9464)` });
  return z.NEVER;
});

const environmentSchema = z.object({
  /** Folder for everything that is not told otherwise. */
  STAGEWRIGHT_HOME: z.string().default('.stagewright'),
  STAGEWRIGHT_STORE: z.string().optional(),
  /** Name of this host: its queue and its leases go by it. */
  STAGEWRIGHT_HOST: z
    .string()
    .regex(/^[A-Za-z0-9._-]+$/, 'letters, digits, ".", "_" and "-" only')
    .default(hostname()),
  /** Host-local folder: leases and runners' state. */
  STAGEWRIGHT_HOST_DIR: z.string().optional(),
  /** GPU names, comma-separated, as CUDA_VISIBLE_DEVICES takes them; empty = none. */
  STAGEWRIGHT_DEVICES: z.string().default(''),
  /** Stages without a GPU that may train here at once. */
  STAGEWRIGHT_CPU_SLOTS: count.default(1),
  STAGEWRIGHT_CLASS: z.string().default('any'),
  /** Module with verifiers of one's own (docs/verifiers.md). */
  STAGEWRIGHT_VERIFIERS: optional(z.string()),
  /** File of the servers that generators answer from (docs/generators.md). */
  STAGEWRIGHT_GENERATORS: optional(z.string()),
  /** File of the profiles of trainers on this host (docs/trainer-profiles.md). */
  STAGEWRIGHT_TRAINERS: optional(z.string()),
  /** What a worker's SIGTERM does to its trainers: leave them running, or save a checkpoint and stop. */
  STAGEWRIGHT_SHUTDOWN: z.enum(['detach', 'stop']).default('detach'),
  STAGEWRIGHT_QUEUE_PREFIX: z.string().default(QUEUE_PREFIX),
  STAGEWRIGHT_RENEW_MS: millis.optional(),
  STAGEWRIGHT_EPOCH_TTL_MS: millis.optional(),
  STAGEWRIGHT_UNATTENDED_STOP_MS: millis.optional(),
  STAGEWRIGHT_STOP_GRACE_MS: millis.optional(),
  STAGEWRIGHT_POLL_MS: millis.optional(),
  /** Default: text on a terminal, JSON elsewhere. */
  STAGEWRIGHT_LOG_FORMAT: z.enum(['json', 'pretty']).optional(),
  /** Where Prometheus may scrape this worker: `port` (this machine only) or `address:port`; empty = nowhere. */
  STAGEWRIGHT_METRICS_ADDRESS: metricsAddress.optional(),
  /** How often what comes from timers is looked at; without it as each is worth. */
  STAGEWRIGHT_METRICS_LOOK_MS: millis.optional(),
  /** Where spans go, as OpenTelemetry names it; empty = no tracing. Its other OTEL_* its own packages read. */
  OTEL_EXPORTER_OTLP_ENDPOINT: optional(httpUrl),
  /** The same for spans alone, with its path. */
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: optional(httpUrl),
  OTEL_SERVICE_NAME: optional(z.string()).transform((name) => name ?? 'stagewright'),
  STAGEWRIGHT_LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
});

export interface Settings {
  readonly home: string;
  readonly store: string;
  readonly host: string;
  readonly hostFolder: string;
  readonly hostClass: string;
  readonly devices: readonly string[];
  readonly cpuSlots: number;
  readonly shutdown: 'detach' | 'stop';
  /** Module with verifiers of one's own; null = none. */
  readonly verifiers: string | null;
  /** File of the servers that generators answer from; null = none. */
  readonly generators: string | null;
  /** File of the profiles of trainers on this host; null = none. */
  readonly trainers: string | null;
  readonly queuePrefix: string;
  readonly timers: Timers;
  readonly logLevel: string;
  /** Undefined: text on a terminal, JSON elsewhere. */
  readonly logFormat: 'json' | 'pretty' | undefined;
  /** IP address and port of the Prometheus endpoint; null = none. */
  readonly metricsAddress: string | null;
  /** How often devices, disks and states of runs are looked at; null = as each is worth. */
  readonly metricsLookMs: number | null;
  /** Null = no tracing. The endpoint with its path. */
  readonly tracing: { readonly endpoint: string; readonly serviceName: string } | null;
  readonly server: ServerSettings;
  /** Those of `server`, for messages. */
  readonly address: string;
  readonly namespace: string;
}

/** @throws StagewrightError SettingsMissing naming each variable that is wrong. */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  const parsed = environmentSchema.safeParse(env);
  if (!parsed.success) {
    const words = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new StagewrightError('SettingsMissing', `environment: ${words.join('; ')}`);
  }
  const e = parsed.data;
  const home = resolve(e.STAGEWRIGHT_HOME);
  const collector = e.OTEL_EXPORTER_OTLP_ENDPOINT?.replace(/\/$/u, '');
  const endpoint = e.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? (collector && `${collector}/v1/traces`);
  const server = readServer(env);
  const timers = Object.fromEntries(
    Object.entries({
      renew_ms: e.STAGEWRIGHT_RENEW_MS,
      epoch_ttl_ms: e.STAGEWRIGHT_EPOCH_TTL_MS,
      unattended_stop_ms: e.STAGEWRIGHT_UNATTENDED_STOP_MS,
      stop_grace_ms: e.STAGEWRIGHT_STOP_GRACE_MS,
      poll_ms: e.STAGEWRIGHT_POLL_MS,
    }).filter(([, value]) => value !== undefined),
  );
  return {
    home,
    store: resolve(e.STAGEWRIGHT_STORE ?? join(home, 'store')),
    host: e.STAGEWRIGHT_HOST,
    hostFolder: resolve(e.STAGEWRIGHT_HOST_DIR ?? join(home, 'hosts', e.STAGEWRIGHT_HOST)),
    hostClass: e.STAGEWRIGHT_CLASS,
    devices: e.STAGEWRIGHT_DEVICES.split(',')
      .map((name) => name.trim())
      .filter((name) => name !== ''),
    cpuSlots: e.STAGEWRIGHT_CPU_SLOTS,
    shutdown: e.STAGEWRIGHT_SHUTDOWN,
    verifiers: e.STAGEWRIGHT_VERIFIERS === undefined ? null : resolve(e.STAGEWRIGHT_VERIFIERS),
    generators: e.STAGEWRIGHT_GENERATORS === undefined ? null : resolve(e.STAGEWRIGHT_GENERATORS),
    trainers: e.STAGEWRIGHT_TRAINERS === undefined ? null : resolve(e.STAGEWRIGHT_TRAINERS),
    queuePrefix: e.STAGEWRIGHT_QUEUE_PREFIX,
    timers: timersSchema.parse(timers),
    logLevel: e.STAGEWRIGHT_LOG_LEVEL,
    logFormat: e.STAGEWRIGHT_LOG_FORMAT,
    metricsAddress: e.STAGEWRIGHT_METRICS_ADDRESS ?? null,
    metricsLookMs: e.STAGEWRIGHT_METRICS_LOOK_MS ?? null,
    tracing: endpoint === undefined ? null : { endpoint, serviceName: e.OTEL_SERVICE_NAME },
    server,
    address: server.address,
    namespace: server.namespace,
  };
}
