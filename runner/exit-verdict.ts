/** What a trainer's or exporter's end means, from its exit and its last words. Pure. */
import { isFailureType } from '../core/failures.js';
import type { Outcome } from '../core/launch.js';
import { redactDeep } from '../core/redact.js';
import { redact } from '../core/secrets.js';

/** Of the log, kept in a failure's message: it enters history. */
const TAIL_CHARS = 1_500;
/** As libuv and the C library say it. */
const DISK_FULL = /ENOSPC|No space left on device/;

export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
  /** Why it could not be started at all. */
  readonly error: string | null;
}
export type Failed = Extract<Outcome, { kind: 'failed' }>;

/** What a program wrote enters history through here: without its secrets. */
export function failed(type: string, message: string, details: Failed['details'] = {}): Failed {
  return { kind: 'failed', type, message: redact(message), details: redactDeep(details) as Failed['details'] };
}

/** Of an end with an error: the type that the program named in its last JSON line, else DiskFull or TrainerExited with its last lines. */
export function failureOf(what: string, exit: Exit, log: string): Failed {
  const named = lastNamedFailure(log);
  const how = inWords(exit);
  if (named !== null) return failed(named.type, named.message, { exit: how });
  const tail = log.trim().slice(-TAIL_CHARS);
  // A trainer that knows nothing of our types still names the errno; another attempt would only fill the disk again.
  const type = DISK_FULL.test(tail) ? 'DiskFull' : 'TrainerExited';
  return failed(type, `${what} ${how}${tail === '' ? '' : `; last lines:\n${tail}`}`, { exit: how });
}

/** An end without error before the planned step. */
export function endedEarly(last: number | null, planned: number, log: string): Failed {
  const tail = log.trim().slice(-TAIL_CHARS);
  return failed(
    'TrainerExited',
    `the trainer ended without error after step ${last ?? 0} of ${planned}${tail === '' ? '' : `; last lines:\n${tail}`}`,
    { last, planned },
  );
}

export function inWords({ code, signal, error }: Exit): string {
  if (error !== null) return `could not be started: ${error}`;
  return signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`;
}

function lastNamedFailure(log: string): { type: string; message: string } | null {
  for (const line of log.trim().split('\n').slice(-5).reverse()) {
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      continue;
    }
    if (typeof value !== 'object' || value === null || !('type' in value) || !('message' in value)) continue;
    const { type, message } = value;
    if (typeof type === 'string' && typeof message === 'string' && isFailureType(type))
      return { type, message: message.slice(0, TAIL_CHARS) };
  }
  return null;
}
