/**
 * Takes secrets out of what leaves the process: log fields, errors, failures that enter history, lines of a trainer. By name and by
 * form (secrets.ts). It copies; what it is given stays as it is.
 */
import { isSecretName, redact, REDACTED } from './secrets.js';

const MAX_DEPTH = 8;
/** A key that never ends is no key: its text is not held back any longer. */
const MAX_HELD_CHARS = 16 * 1024;

/** Errors become plain objects (`type`, `message`, `stack`, their own fields); cycles and what is too deep become words. */
export function redactDeep(value: unknown): unknown {
  return copy(value, []);
}

function copy(value: unknown, above: readonly object[]): unknown {
  if (typeof value === 'string') return redact(value);
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value === null) return value;
  if (above.includes(value)) return '[circular]';
  if (above.length >= MAX_DEPTH) return '[deep]';
  const inside = [...above, value];
  if (value instanceof Error) return fields(errorFields(value), inside);
  if (Array.isArray(value)) return value.map((item) => copy(item, inside));
  if ('toJSON' in value && typeof value.toJSON === 'function') return copy((value.toJSON as () => unknown)(), inside);
  return fields(value, inside);
}

function fields(value: object, inside: readonly object[]): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      isSecretName(name) && inner !== null && inner !== undefined ? REDACTED : copy(inner, inside),
    ]),
  );
}

function errorFields(error: Error): object {
  const { name, message, stack, cause } = error;
  // Its own fields may say a better type (a failure's) than the class.
  return { type: name, ...error, message, stack, ...(cause === undefined ? {} : { cause }) };
}

/** An error of the same name whose message, stack and causes hold no secret: for failures, whose causes enter history too. */
export function redactError(error: Error, depth = 0): Error {
  const cause = error.cause instanceof Error && depth < MAX_DEPTH ? redactError(error.cause, depth + 1) : undefined;
  const clean = new Error(redact(error.message), cause === undefined ? undefined : { cause });
  clean.name = error.name;
  clean.stack = redact(error.stack ?? '');
  return clean;
}

export interface LineRedactor {
  /** What can be written now: whole lines, and a private key only once its end was seen. */
  push(text: string): string;
  /** The rest, whole line or not. */
  flush(): string;
}

/** For output that comes in pieces: a token cut in two by a chunk's border would not be known. */
export function createLineRedactor(): LineRedactor {
  let held = '';
  const take = (end: number): string => {
    const out = held.slice(0, end);
    held = held.slice(end);
    return redact(out);
  };
  return {
    push(text) {
      held += text;
      if (held.length > MAX_HELD_CHARS) return take(held.length);
      // Progress bars end a line with a carriage return.
      const lines = Math.max(held.lastIndexOf('\n'), held.lastIndexOf('\r')) + 1;
      const key = openKey(held.slice(0, lines));
      return take(key < 0 ? lines : key);
    },
    flush: () => take(held.length),
  };
}

/** Where a private key begins that has not ended yet; negative when there is none. */
function openKey(text: string): number {
  const begin = text.lastIndexOf('-----BEGIN ');
  if (begin < 0) return -1;
  const key = text.slice(begin);
  return /PRIVATE KEY-----/u.test(key) && !/-----END [A-Z ]*-----/u.test(key) ? begin : -1;
}
