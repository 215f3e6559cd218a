/** Lines of runner.log: for people who look into a run's folder. */
import { redact } from '../core/secrets.js';

export type RunnerLog = (message: string, error?: unknown) => void;

export const logToStderr: RunnerLog = (message, error) => {
  const why = error === undefined ? '' : `: ${error instanceof Error ? error.message : JSON.stringify(error)}`;
  process.stderr.write(`${new Date().toISOString()} ${redact(message + why)}\n`);
};
