/** Shared by the tests of the onnx trainer: jobs over the tiny model and rows of the digits task, in a temporary folder. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { materialiseDigits } from '../../activities/data/digits-dataset.js';
import type { HashedFile } from '../../core/checkpoint.js';
import type { DigitsDerivation } from '../../core/digits/derivation.js';
import { metricsLineSchema, type MetricsLine } from '../../core/metrics.js';
import { onnxJobSchema, type OnnxJob } from '../../core/onnx-job.js';
import { rlvrTrainingSchema, sftTrainingSchema } from '../../core/training.js';

export const repository = resolve(import.meta.dirname, '../..');
export const graphsOf = (size: 'tiny' | 'demo'): string => join(repository, 'models/graphs', size);
const DIST = resolve(process.env.STAGEWRIGHT_DIST ?? join(repository, 'dist'));

export const sha256 = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');
export const temporaryFolder = (): string => mkdtempSync(join(tmpdir(), 'stagewright-onnx-'));

export interface Data {
  readonly folder: string;
  readonly rows_sha256: string;
}

export async function makeData(folder: string, more: Partial<DigitsDerivation> = {}): Promise<Data> {
  const { rows_sha256 } = await materialiseDigits(
    {
      generator: 'digits',
      version: 1,
      digits_sha256: sha256(join(repository, 'data/digits.csv.gz')),
      split: 'base',
      seed: 1000,
      count: 40,
      mix: { at: 2, text_sum: 1, visual_sum: 1 },
      label_noise: 0,
      camera_noise: 0.1,
      ...more,
    },
    folder,
  );
  return { folder, rows_sha256 };
}

export function modelOf(size: 'tiny' | 'demo'): OnnxJob['model'] {
  const folder = graphsOf(size);
  return { folder, sha256: sha256(join(folder, 'model.json')) };
}

export interface JobSettings {
  readonly size?: 'tiny' | 'demo';
  readonly sft?: Record<string, unknown>;
  readonly rlvr?: Record<string, unknown>;
  readonly order?: OnnxJob['data']['order'];
  readonly more?: Partial<Pick<OnnxJob, 'seed' | 'threads' | 'save_every_steps' | 'resume' | 'init' | 'verifier'>>;
}

/** A job whose outputs are below `out`. Small and quick unless told otherwise; `sft` unless `rlvr` is given. */
export function makeJob(
  out: string,
  data: Data,
  { size = 'tiny', sft, rlvr, order = 'shuffled', more }: JobSettings,
): OnnxJob {
  const objective =
    rlvr === undefined
      ? { kind: 'sft', training: sftTrainingSchema.parse({ steps: 6, learning_rate: 3e-3, batch_size: 16, ...sft }) }
      : {
          kind: 'rlvr',
          training: rlvrTrainingSchema.parse({ steps: 6, learning_rate: 1e-3, batch_size: 4, rollouts: 4, ...rlvr }),
        };
  return onnxJobSchema.parse({
    schema: 'stagewright/onnx-job@1',
    model: modelOf(size),
    objective,
    data: { ...data, order },
    seed: 1001,
    init: { kind: 'scratch' },
    resume: null,
    threads: 1,
    save_every_steps: 2,
    output: { metrics: join(out, 'metrics.jsonl'), checkpoints: join(out, 'checkpoints'), export: join(out, 'export') },
    ...more,
  });
}

export function filesOf(folder: string): HashedFile[] {
  return readdirSync(folder)
    .sort()
    .map((path) => ({ path, size: statSync(join(folder, path)).size, sha256: sha256(join(folder, path)) }));
}

/** The `resume` of a job that goes on from the checkpoint of `step` under `out`. */
export function resumeFrom(out: string, step: number): NonNullable<OnnxJob['resume']> {
  const folder = join(out, 'checkpoints', `step-${step}`);
  return { folder, step, files: filesOf(folder) };
}

export function readMetrics(job: OnnxJob): MetricsLine[] {
  return readFileSync(job.output.metrics, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => metricsLineSchema.parse(JSON.parse(line)));
}

/** Metrics without what depends on the clock. */
export const mathOf = (line: MetricsLine): unknown => ({ ...line, seconds: 0, tokens_per_second: 0 });

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Last line on standard error, parsed; undefined without one. */
  readonly error: { type: string; message: string; details: Record<string, unknown> } | undefined;
}

/** Runs the compiled program (`STAGEWRIGHT_DIST`, else dist/). @param onStart gets the pid. */
export function runTrainer(
  command: 'train' | 'export',
  job: OnnxJob | string,
  env: Record<string, string> = {},
  onStart?: (pid: number) => void,
): Promise<Ended> {
  const own = typeof job === 'string' ? undefined : temporaryFolder();
  const file = typeof job === 'string' ? job : join(own ?? '', 'job.json');
  if (own !== undefined) writeFileSync(file, JSON.stringify(job));
  return new Promise((settle) => {
    const child = execFile(
      process.execPath,
      [join(DIST, 'trainers/onnx/main.js'), command, file],
      { env: { ...process.env, ...env } },
      (error, _stdout, stderr) => {
        if (own !== undefined) rmSync(own, { recursive: true });
        const last = stderr.trim().split('\n').at(-1) ?? '';
        settle({
          code: error === null ? 0 : typeof error.code === 'number' ? error.code : null,
          signal: error?.signal ?? null,
          error: last.startsWith('{') ? (JSON.parse(last) as Ended['error']) : undefined,
        });
      },
    );
    if (child.pid !== undefined) onStart?.(child.pid);
  });
}
