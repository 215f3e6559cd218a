/**
 * The embedded trainer as a program: `node dist/trainers/onnx/main.js train|export job.json`. It can be run by hand.
 *
 * Exit codes: 0 done; 2 the job, its data or its files are wrong; 3 the disk is full; 143 stopped on SIGTERM or SIGINT, after the
 * current step and its checkpoint; 1 anything else. With 1, 2 and 3 the last line on standard error is JSON
 * `{"type", "message", "details"}`, its type one of core/failures.ts.
 */
import { StagewrightError, type FailureType } from '../../core/failures.js';
import { exportWeights } from './export.js';
import { readJob } from './job.js';
import { train } from './train.js';

const USAGE = 'usage: node dist/trainers/onnx/main.js train|export job.json';
const STOPPED = 143;
const BAD_JOB: readonly FailureType[] = ['RecipeInvalid', 'UnknownName', 'DataInvalid', 'DigestMismatch'];

async function main(argv: readonly string[]): Promise<number> {
  const [command, file, ...rest] = argv;
  if (file === undefined || rest.length > 0) throw new StagewrightError('RecipeInvalid', USAGE);
  const stop = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, () => stop.abort());
  switch (command) {
    case 'train':
      return (await train(await readJob(file), stop.signal)) === 'done' ? 0 : STOPPED;
    case 'export':
      await exportWeights(await readJob(file));
      return 0;
    default:
      throw new StagewrightError('RecipeInvalid', USAGE);
  }
}

function report(error: unknown): number {
  const known =
    error instanceof StagewrightError
      ? error
      : new StagewrightError('Internal', error instanceof Error ? error.message : String(error));
  if (known.type === 'Internal' && error instanceof Error) process.stderr.write(`${error.stack ?? error.message}\n`);
  const { type, message, details } = known;
  process.stderr.write(`${JSON.stringify({ type, message, details })}\n`);
  if (type === 'DiskFull') return 3;
  return BAD_JOB.includes(type) ? 2 : 1;
}

process.exitCode = await main(process.argv.slice(2)).catch(report);
