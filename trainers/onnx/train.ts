/**
 * `train`: from a job to metrics and checkpoints. Everything that the job points at is checked before the first step. A stop asked
 * for by `signal` ends after the current step, with a checkpoint.
 */
import { join } from 'node:path';
import { DIGITS_VERIFIER } from '../../core/digits/grade.js';
import { StagewrightError } from '../../core/failures.js';
import type { MetricsLine } from '../../core/metrics.js';
import type { OnnxJob } from '../../core/onnx-job.js';
import { checkGoldsFor } from '../../core/verify/check-golds.js';
import { rowGrader } from '../../core/verify/row-grader.js';
import { loadRows, ROWS_FILE, type LoadedRow } from '../../store/rows.js';
import { freshAdam, type AdamState } from './adam.js';
import { loadCheckpoint, saveCheckpoint } from './checkpoint.js';
import { DataOrder } from './data-order.js';
import { readVerified } from './digest.js';
import { GradientGraph, SampleGraph, ScoreGraph } from './graphs.js';
import { MetricsLog } from './metrics-log.js';
import { readModel, type Model } from './model-folder.js';
import { copyParameters, initialParameters, parametersFrom, type Parameter } from './parameters.js';
import { decodeSafetensors } from './safetensors.js';
import { noResponse, rlvrStep, sftStep, type StepInput } from './steps.js';
import { Stopwatch } from './stopwatch.js';

/** Called after each step, its checkpoint included; for the profile. */
export type StepListener = (line: MetricsLine, watch: Stopwatch) => void;

type Step = (input: StepInput) => Promise<MetricsLine>;

/** @throws StagewrightError naming what is wrong with job, data or disk. */
export async function train(job: OnnxJob, signal?: AbortSignal, onStep?: StepListener): Promise<'done' | 'stopped'> {
  const { training } = job.objective;
  const model = await readModel(job.model.folder, job.model.sha256);
  const spreadOver = job.data.order_per_epoch === 'spread' ? training.steps * training.batch_size : null;
  const order = new DataOrder((await readData(job)).map(orderable), job.data.order, job.seed, spreadOver);
  const start = await startingWeights(job, model);
  // A copy is needed only as the KL's reference; without resume the optimizer would else write into it.
  const state = await resumedState(job, model, start);
  const takeStep = await loadStep(job, model, start);

  const position = order.position(state.step, training.batch_size);
  if (state.position !== undefined && state.position.rows !== position.rows)
    throw new StagewrightError(
      'RecipeInvalid',
      `the checkpoint of step ${state.step} has consumed ${state.position.rows} rows; the job's batch size makes ${position.rows}`,
    );
  if (state.step > training.steps)
    throw new StagewrightError(
      'RecipeInvalid',
      `resume.step ${state.step} is beyond the ${training.steps} steps of the job`,
    );

  const metrics = MetricsLog.open(job.output.metrics);
  try {
    for (let step = state.step + 1; step <= training.steps; step++) {
      if (signal?.aborted === true && step === state.step + 1) return 'stopped';
      const watch = new Stopwatch();
      const rows = order.batch(step, training.batch_size).map(({ loaded }) => loaded);
      const line = await takeStep({
        step,
        seed: job.seed,
        rows,
        model,
        parameters: state.parameters,
        adam: state.adam,
        watch,
      });
      if (!Number.isFinite(line.loss) || !Number.isFinite(line.grad_norm))
        throw new StagewrightError(
          'TrainerExited',
          `step ${step}: loss ${line.loss}, gradient norm ${line.grad_norm}`,
          { step },
        );
      metrics.append(line);
      const stop = signal?.aborted === true;
      const last = step === training.steps;
      if (stop || last || step % job.save_every_steps === 0) {
        metrics.sync();
        await saveCheckpoint(job.output.checkpoints, {
          ...state,
          step,
          position: order.position(step, training.batch_size),
          seed: job.seed,
        });
        watch.lap('checkpoint');
      }
      onStep?.(line, watch);
      if (stop && !last) return 'stopped';
    }
  } finally {
    metrics.close();
  }
  return 'done';
}

interface OrderedRow {
  readonly id: string;
  readonly passRate: number | undefined;
  readonly loaded: LoadedRow;
}
const orderable = (loaded: LoadedRow): OrderedRow => ({ id: loaded.row.id, passRate: loaded.row.pass_rate, loaded });

/** All rows, each checked. */
async function readData(job: OnnxJob): Promise<LoadedRow[]> {
  await readVerified(join(job.data.folder, ROWS_FILE), { sha256: job.data.rows_sha256 }, 'rows');
  const rows = await loadRows(job.data.folder);
  const without = job.objective.kind === 'sft' ? rows.find((row) => row.response === undefined) : undefined;
  if (without !== undefined) throw noResponse(without);
  if (job.verifier !== undefined) checkGoldsFor(job.data.folder, rows, job.verifier.name);
  return rows;
}

async function startingWeights({ init, seed }: OnnxJob, model: Model): Promise<Parameter[]> {
  if (init.kind === 'scratch') return initialParameters(model.parameters, seed);
  // Retried, not failed: before the next attempt the parent's export is verified again and repaired.
  const bytes = await readVerified(init.file, { sha256: init.sha256 }, 'initial weights', 'TrainerExited');
  return parametersFrom(model.parameters, decodeSafetensors(bytes, init.file), init.file);
}

interface State {
  readonly step: number;
  readonly parameters: Parameter[];
  readonly adam: AdamState;
  readonly position?: { readonly rows: number };
}

async function resumedState(job: OnnxJob, model: Model, start: readonly Parameter[]): Promise<State> {
  const fresh = (): State => ({ step: 0, parameters: copyParameters(start), adam: freshAdam(model.parameters) });
  // Negative control of the kill campaign, never set otherwise: train from step 1 as if nothing had been asked, to prove that the
  // runner's guard (first trained step = manifest + 1) notices.
  if (process.env.STAGEWRIGHT_TEST_IGNORE_RESUME === '1') return fresh();
  if (job.resume === null) return fresh();
  return loadCheckpoint(job.resume, model.parameters, job.seed, 'TrainerExited');
}

/** The step function of the job's objective, with only the graphs that it needs. */
async function loadStep(
  { objective, threads, verifier }: OnnxJob,
  model: Model,
  reference: readonly Parameter[],
): Promise<Step> {
  const gradient = await GradientGraph.load(model, threads);
  if (objective.kind === 'sft') return (input) => sftStep(input, { gradient }, objective.training);
  const grader = rowGrader(verifier ?? DIGITS_VERIFIER);
  const graphs = {
    gradient,
    sample: await SampleGraph.load(model, threads),
    score: await ScoreGraph.load(model, threads),
  };
  return (input) => rlvrStep(input, graphs, reference, objective.training, grader);
}
