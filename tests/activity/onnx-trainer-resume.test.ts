/** Same job, same bytes: in one run, in resumed pieces, with 1 or 2 threads. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { OnnxJob } from '../../core/onnx-job.js';
import { train } from '../../trainers/onnx/train.js';
import {
  filesOf,
  makeData,
  makeJob,
  mathOf,
  readMetrics,
  resumeFrom,
  temporaryFolder,
  type Data,
  type JobSettings,
} from './onnx-trainer-support.js';

const folder = temporaryFolder();
let data: Data;
beforeAll(async () => {
  data = await makeData(join(folder, 'data'));
});
afterAll(() => rmSync(folder, { recursive: true }));

let runs = 0;
const freshOut = (): string => join(folder, `run-${runs++}`);

async function trained(settings: JobSettings): Promise<{ out: string; job: OnnxJob }> {
  const out = freshOut();
  const job = makeJob(out, data, settings);
  expect(await train(job)).toBe('done');
  return { out, job };
}
const finalFiles = (out: string): unknown => filesOf(join(out, 'checkpoints', 'step-6'));

describe.each<[string, JobSettings]>([
  ['sft', { sft: {} }],
  ['rlvr', { rlvr: {} }],
])('%s', (_, settings) => {
  test('resumed pieces end with the bytes and metrics of one run', async () => {
    const whole = await trained(settings);
    const pieces: unknown[] = [];
    // Each piece runs to the end from an older checkpoint of the piece before: its own later steps are trained again.
    let from = await trained(settings);
    for (const step of [2, 4]) {
      const out = freshOut();
      const job = makeJob(out, data, { ...settings, more: { resume: resumeFrom(from.out, step) } });
      await train(job);
      pieces.push(...readMetrics(job).map(mathOf));
      expect(readMetrics(job)[0]?.step).toBe(step + 1);
      expect(finalFiles(out)).toEqual(finalFiles(whole.out));
      from = step === 2 ? { out, job } : from;
    }
    const lines = readMetrics(whole.job).map(mathOf);
    expect(pieces).toEqual([...lines.slice(2), ...lines.slice(4)]);
  });

  test('2 threads give the bytes of 1', async () => {
    const [one, two] = [await trained(settings), await trained({ ...settings, more: { threads: 2 } })];
    expect(finalFiles(two.out)).toEqual(finalFiles(one.out));
  });

  test('another seed gives other bytes', async () => {
    const [one, two] = [await trained(settings), await trained({ ...settings, more: { seed: 1002 } })];
    expect(finalFiles(two.out)).not.toEqual(finalFiles(one.out));
  });
});

// The tiny graphs may be too small for the runtime to split; these are not.
test('the demo model at its real batch gives the same bytes with 1, 2 and 3 threads', async () => {
  const files: unknown[] = [];
  for (const threads of [1, 2, 3]) {
    const settings: JobSettings = { size: 'demo', rlvr: { steps: 2, batch_size: 32, rollouts: 8 }, more: { threads } };
    const { out } = await trained(settings);
    files.push(filesOf(join(out, 'checkpoints', 'step-2')));
  }
  expect(files[1]).toEqual(files[0]);
  expect(files[2]).toEqual(files[0]);
});
