/** Everything a worker takes from its environment, read once and validated. Nothing else reads process.env. */
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { StagewrightError } from '../core/failures.js';
import { QUEUE_PREFIX } from '../core/ids.js';
import { timersSchema, type Timers } from '../core/launch.js';

const count = z.coerce.number().int().min(0);
const millis = z.coerce.number().int().positive();

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
  /** What a worker's SIGTERM does to its trainers: leave them running, or save a checkpoint and stop. */
  STAGEWRIGHT_SHUTDOWN: z.enum(['detach', 'stop']).default('detach'),
  STAGEWRIGHT_QUEUE_PREFIX: z.string().default(QUEUE_PREFIX),
  STAGEWRIGHT_RENEW_MS: millis.optional(),
  STAGEWRIGHT_EPOCH_TTL_MS: millis.optional(),
  STAGEWRIGHT_UNATTENDED_STOP_MS: millis.optional(),
  STAGEWRIGHT_STOP_GRACE_MS: millis.optional(),
  STAGEWRIGHT_POLL_MS: millis.optional(),
  STAGEWRIGHT_LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
  TEMPORAL_ADDRESS: z.string().default('127.0.0.1:7233'),
  TEMPORAL_NAMESPACE: z.string().default('default'),
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
  readonly queuePrefix: string;
  readonly timers: Timers;
  readonly logLevel: string;
  readonly address: string;
  readonly namespace: string;
}

/** @throws StagewrightError RecipeInvalid naming each variable that is wrong. */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  const parsed = environmentSchema.safeParse(env);
  if (!parsed.success) {
    const words = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new StagewrightError('RecipeInvalid', `environment: ${words.join('; ')}`);
  }
  const e = parsed.data;
  const home = resolve(e.STAGEWRIGHT_HOME);
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
    queuePrefix: e.STAGEWRIGHT_QUEUE_PREFIX,
    timers: timersSchema.parse(timers),
    logLevel: e.STAGEWRIGHT_LOG_LEVEL,
    address: e.TEMPORAL_ADDRESS,
    namespace: e.TEMPORAL_NAMESPACE,
  };
}
