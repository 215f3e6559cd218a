/**
 * Where a step's time goes, for bench/trainer.mjs: runs a job with `train` itself and sums the stopwatch by part. It measures; it
 * judges nothing. The first steps, in which the runtime allocates its buffers, are left out.
 */
import type { OnnxJob } from '../../core/onnx-job.js';
import type { Part } from './stopwatch.js';
import { train } from './train.js';

/** Steps that are not counted. */
const WARM_UP = 3;

export interface Profile {
  readonly steps: number;
  /** Mean milliseconds a step, checkpoints included. */
  readonly stepMs: number;
  /** Median milliseconds a step: what a disturbed machine shows best. */
  readonly medianMs: number;
  readonly partsMs: Readonly<Partial<Record<Part, number>>>;
  readonly tokensPerSecond: number;
}

/** @param job at least 4 steps; its outputs are written. */
export async function profileTraining(job: OnnxJob): Promise<Profile> {
  const sums = new Map<Part, number>();
  const times: number[] = [];
  let tokens = 0;
  await train(job, undefined, (line, watch) => {
    if (line.step <= WARM_UP) return;
    times.push(watch.seconds() * 1000);
    tokens += line.tokens;
    for (const [part, ms] of watch.parts) sums.set(part, (sums.get(part) ?? 0) + ms);
  });
  const total = times.reduce((sum, ms) => sum + ms, 0);
  return {
    steps: times.length,
    stepMs: total / times.length,
    medianMs: times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? NaN,
    partsMs: Object.fromEntries([...sums].map(([part, ms]) => [part, ms / times.length])),
    tokensPerSecond: (1000 * tokens) / total,
  };
}
