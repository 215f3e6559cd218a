/** How the command ends: exit codes, and the error that carries one to main. Failures of the work itself are core/failures.ts. */
import { StagewrightError, type FailureType } from '../core/failures.js';
import { redact } from '../core/secrets.js';

export const EXIT = { done: 0, failed: 1, usage: 2, waiting: 3, interrupted: 130 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** A clear end of the command: `message` says what was wrong and what to do. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  constructor(
    message: string,
    readonly exitCode: ExitCode = EXIT.failed,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

const USAGE: readonly FailureType[] = [
  'RecipeInvalid',
  'UnknownName',
  'AlreadyRuns',
  'SettingsMissing',
  'UpdateRefused',
  'VersionMismatch',
];

/** Recipe, names and environment are the caller's to correct; everything else is a failure. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CommandError) return error.exitCode;
  if (error instanceof StagewrightError && USAGE.includes(error.type)) return EXIT.usage;
  return EXIT.failed;
}

/** What a person reads: no stack for errors that were thrown on purpose, and no secret in any. */
export function explain(error: unknown): string {
  return redact(words(error));
}

function words(error: unknown): string {
  if (error instanceof CommandError) return error.message;
  // It begins with what was refused.
  if (error instanceof StagewrightError && error.type === 'UpdateRefused') return error.message;
  if (error instanceof StagewrightError) return `${error.type}: ${error.message}`;
  if (error instanceof Error) return error.stack ?? error.message;
  return String(error);
}
