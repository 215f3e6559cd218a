/** What a workflow answers, checked: a worker of another version may answer in a form that this one does not know. */
import { QueryNotRegisteredError } from '@temporalio/client';
import type { z } from 'zod';
import { StagewrightError } from '../core/failures.js';

const ADVICE = 'bring worker and command to the same version';

/** @throws StagewrightError VersionMismatch that names the fields */
export function parseAnswer<T>(schema: z.ZodType<T>, answer: unknown, what: string): T {
  const parsed = schema.safeParse(answer);
  if (parsed.success) return parsed.data;
  const fields = parsed.error.issues.map((issue) =>
    issue.code === 'unrecognized_keys'
      ? [...issue.path, issue.keys.join(', ')].join('.')
      : issue.path.join('.') || String(issue.message),
  );
  throw new StagewrightError(
    'VersionMismatch',
    `the worker is of another version: its ${what} is not what this command knows (${fields.join('; ')}); ${ADVICE}`,
  );
}

/** The same for a query that the worker does not have. */
export function otherVersion(error: unknown): unknown {
  if (!(error instanceof QueryNotRegisteredError)) return error;
  return new StagewrightError(
    'VersionMismatch',
    `the worker is of another version: ${error.message}; ${ADVICE}`,
    {},
    { cause: error },
  );
}
