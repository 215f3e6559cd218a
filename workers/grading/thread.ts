/** A thread of the pool: grades batches of lines with one verifier. It says on shared memory which line it is at, for the watch. */
import { parentPort, workerData } from 'node:worker_threads';
import { StagewrightError } from '../../core/failures.js';
import type { Item, Result } from '../../core/verify/contract.js';
import { goldAsAnswer } from '../../core/verify/gold-check.js';
import { ownResult, readGradeLine, writeResult } from '../../core/verify/lines.js';
import { isVerifierName, VERIFIERS, verifierNamed } from '../../core/verify/verifiers.js';
import { loadOwnVerifiers } from './own-verifiers.js';
import type { Batch, Fault, FromThread, ThreadSetup } from './protocol.js';

const setup = workerData as ThreadSetup;
const progress = new Int32Array(setup.progress);
const decoder = new TextDecoder();
const encoder = new TextEncoder();
const FAILED: Result = { verdict: 'ungradable', reason: 'failed', rule: 'none' };

function say(message: FromThread, transfer: ArrayBuffer[] = []): void {
  parentPort?.postMessage(message, transfer);
}

type Grader = (item: Item) => Result | Promise<Result>;

async function graderOf({ verifier, module, settings }: ThreadSetup): Promise<Grader> {
  if (isVerifierName(verifier)) {
    const own = VERIFIERS[verifier];
    return (item) => own(item, settings);
  }
  const all = module === null ? new Map<string, never>() : await loadOwnVerifiers(module);
  const found = all.get(verifier);
  if (found === undefined) return verifierNamed(verifier, [...all.keys()]);
  return async (item) => ownResult(await found(item));
}

async function gradeBatch(batch: Batch, grade: Grader): Promise<void> {
  const lost = new Map(batch.lost.map(({ line, reason }) => [line, reason]));
  const faults: Fault[] = [];
  const refused: Fault[] = [];
  let output = '';
  const lines = decoder.decode(batch.lines).split('\n');
  for (const [i, text] of lines.entries()) {
    if (text === '' || text.trim() === '') continue;
    const line = i + 1;
    Atomics.store(progress, 0, line);
    const read = readGradeLine(text, setup.goldCheck);
    if ('fault' in read) {
      faults.push({ line, message: read.fault });
      continue;
    }
    const { id, ...item } = read;
    const reason = lost.get(line);
    let result: Result;
    try {
      const said = reason === undefined ? grade(setup.goldCheck ? goldAsAnswer(item, setup.verifier) : item) : null;
      result =
        reason !== undefined || said === null
          ? { verdict: 'ungradable', reason: reason ?? 'failed', rule: 'none' }
          : said instanceof Promise
            ? await said
            : said;
    } catch {
      result = FAILED;
    }
    if (setup.goldCheck && result.verdict !== 'correct')
      refused.push({ line, message: `gold of ${id}: ${result.reason ?? result.verdict}` });
    output += `${writeResult({ id }, result)}\n`;
  }
  Atomics.store(progress, 0, 0);
  const bytes = encoder.encode(output);
  say({ kind: 'graded', id: batch.id, output: bytes, faults, refused }, [bytes.buffer]);
}

try {
  const grade = await graderOf(setup);
  // One batch at a time: the pool sends the next before this one is done.
  let last: Promise<void> = Promise.resolve();
  parentPort?.on('message', (batch: Batch) => {
    last = last.then(() => gradeBatch(batch, grade));
  });
  say({ kind: 'ready' });
} catch (error) {
  const type = error instanceof StagewrightError && error.type === 'UnknownName' ? 'UnknownName' : 'SettingsMissing';
  say({ kind: 'refused', type, message: error instanceof Error ? error.message : 'unknown error' });
}
