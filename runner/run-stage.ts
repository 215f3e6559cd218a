/**
 * One epoch of a stage, in the runner's process: start the trainer, watch its files, commit its checkpoints, stop it when asked or
 * fenced, export, publish the result. It decides how the epoch ended and leaves no process behind. Restarting is for others.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Manifest, StageResult } from '../core/checkpoint.js';
import { StagewrightError } from '../core/failures.js';
import type { Launch, Outcome } from '../core/launch.js';
import { failPoint } from '../store/fail-point.js';
import { syncTree } from '../store/folders.js';
import { layout } from '../store/layout.js';
import type { Store } from '../store/store.js';
import type { Backend, Json } from './backends/backend.js';
import { startChild, type Child } from './child.js';
import { createCommits, type Commits } from './commits.js';
import { endedEarly, failed, failureOf } from './exit-verdict.js';
import { checkpointFiles, hashFolder } from './export-stage.js';
import { liveMetrics } from './last-metrics.js';
import type { RunnerLog } from './log.js';
import { tailLines } from './metrics-tail.js';
import type { Renewal } from './renewal.js';
import { runFiles, writeWhole } from './run-folder.js';
import type { StateFile } from './state-file.js';
import { createStepGuard, type StepGuard } from './step-guard.js';
import type { StopReason, StopRequest } from './stop-request.js';

export interface RunParts {
  readonly launch: Launch;
  readonly backend: Backend;
  readonly store: Store;
  readonly state: StateFile;
  readonly renewal: Renewal;
  readonly stopRequest: StopRequest;
  readonly log: RunnerLog;
}

const FENCED: Outcome = { kind: 'stopped', reason: 'fenced' };

/** Never throws what the run could end with: a failure is an outcome. */
export async function runStage(parts: RunParts): Promise<Outcome> {
  const { launch, store, log } = parts;
  try {
    const early = await untilStoreAnswers(parts, () => mayBegin(parts));
    if (early !== null) return early;
    const guard = createStepGuard((launch.resume_from ?? launch.continues)?.step ?? null, launch.planned_steps);
    const commits = createCommits(store, launch, parts.backend, guard, parts.renewal, log);
    return (await train(parts, guard, commits)) ?? (await exportAndPublish(parts, commits));
  } catch (error) {
    if (error instanceof Interrupted) return error.outcome;
    log('the run failed', error);
    if (error instanceof StagewrightError)
      return failed(error.type, error.message, { ...error.details } as Record<string, Json>);
    return failed('Internal', error instanceof Error ? error.message : String(error));
  }
}

async function mayBegin({ launch, store, renewal }: RunParts): Promise<Outcome | null> {
  const { key, epoch } = launch;
  if ((await renewal.check()) || (await store.readEnd(key, epoch)) !== null) return FENCED;
  // For people, and for making the export again: the launch as the backend rendered it.
  await store.objects.putReplace(layout.job(key, epoch), JSON.stringify({ backend: launch.backend, job: launch.job }));
  return null;
}

/** Null when all planned steps are trained and their checkpoint is committed. */
async function train(parts: RunParts, guard: StepGuard, commits: Commits): Promise<Outcome | null> {
  const { launch, backend, store, state, renewal, stopRequest } = parts;
  const { timers } = launch;
  const metrics = tailLines(backend.outputs(launch.job).metrics);
  writeWhole(runFiles.trainJob(launch.run_folder), launch.job);
  const trainer = startChild(launch, launch.train, store.objects.path(layout.trainerLog(launch.key, launch.epoch)));
  state.update({ phase: 'training', trainer_pid: trainer.pid });
  let stopping: StopReason | null = null;
  const wrong: Error[] = [];

  const look = async (): Promise<void> => {
    const lines = metrics.read();
    for (const line of lines) {
      const step = backend.stepOf(line);
      if (step !== null) guard.see(step, performance.now());
    }
    const newest = lines.at(-1);
    const last_metrics = newest === undefined ? undefined : liveMetrics(newest);
    const trained = {
      step: guard.lastStep(),
      steps_per_second: guard.stepsPerSecond(),
      ...(last_metrics === undefined ? {} : { last_metrics }),
    };
    await commits.commitNew().catch((error: unknown) => {
      state.update(trained);
      throw error;
    });
    state.update({ ...trained, last_manifest: commits.newest(), committed: commits.committed() });
  };

  try {
    while (trainer.exit() === null && !renewal.fenced() && wrong.length === 0) {
      await look().catch((error: unknown) => {
        if (!isStoreAway(error)) wrong.push(error instanceof Error ? error : new Error(String(error)));
      });
      stopping ??= stopRequest.reason();
      if (stopping !== null && state.current().phase !== 'stopping') {
        state.update({ phase: 'stopping' });
        trainer.stop(timers.stop_grace_ms);
      }
      await Promise.race([delay(timers.poll_ms), trainer.exited]);
    }
  } finally {
    await destroy(trainer);
  }
  if (renewal.fenced()) return FENCED;
  if (wrong[0] !== undefined) throw wrong[0];
  // What it saved last is committed even when it is stopping; a stop must not wait for a store that is away, though.
  await untilStoreAnswers(parts, look, stopping ?? undefined);
  if (renewal.fenced()) return FENCED;
  if (stopping !== null) return { kind: 'stopped', reason: stopping };

  const exit = trainer.exit() ?? { code: null, signal: 'SIGKILL', error: null };
  if (exit.code !== 0) {
    const named = failureOf('the trainer', exit, trainer.log());
    return (await damagedStart(parts, named.message)) ?? named;
  }
  if (guard.lastStep() !== launch.planned_steps || commits.newest()?.step !== launch.planned_steps)
    return endedEarly(guard.lastStep(), launch.planned_steps, trainer.log());
  return null;
}

/** A trainer that failed on a damaged checkpoint is worth another attempt, which passes it over. */
async function damagedStart({ launch, store }: RunParts, message: string): Promise<Outcome | null> {
  const from = launch.resume_from === null ? launch.continues : { key: launch.key, ...launch.resume_from };
  if (from === null) return null;
  const manifest = await store.readManifest(from.key, from);
  if (manifest === null) return null;
  const verdict = await store.verifyCheckpoint(manifest);
  if (verdict.kind === 'whole') return null;
  return failed(
    'TrainerExited',
    `the checkpoint of step ${manifest.step} was damaged after it was chosen (${verdict.file}: ${verdict.why}); the trainer said: ${message}`,
    { file: verdict.file },
  );
}

async function exportAndPublish(parts: RunParts, commits: Commits): Promise<Outcome> {
  const { launch, backend, store, state, renewal, stopRequest } = parts;
  const { key, epoch } = launch;
  state.update({ phase: 'exporting', trainer_pid: null });
  const final = await untilStoreAnswers(parts, () => wholeFinal(parts, commits));
  if (final.kind !== 'whole') return final.outcome;

  const folder = backend.outputs(launch.job).export;
  const job = backend.exportJob(launch.job, checkpointFiles(store, final.manifest), folder);
  writeWhole(runFiles.exportJob(launch.run_folder), job);
  failPoint('export-before');
  const exporter = startChild(launch, launch.export, store.objects.path(layout.trainerLog(key, epoch)));
  state.update({ trainer_pid: exporter.pid });
  try {
    while (exporter.exit() === null && !renewal.fenced() && stopRequest.reason() === null)
      await Promise.race([delay(launch.timers.poll_ms), exporter.exited]);
  } finally {
    await destroy(exporter);
  }
  if (renewal.fenced()) return FENCED;
  const stop = stopRequest.reason();
  if (stop !== null) return { kind: 'stopped', reason: stop };
  const exit = exporter.exit();
  if (exit === null || exit.code !== 0)
    return failureOf('the export', exit ?? { code: null, signal: 'SIGKILL', error: null }, exporter.log());

  return untilStoreAnswers(parts, async () => {
    const files = await hashFolder(folder);
    await syncTree(folder);
    const { manifest } = final;
    const result: StageResult = {
      schema: 'stagewright/result@1',
      key,
      epoch,
      step: launch.planned_steps,
      final: { epoch: manifest.epoch, step: manifest.step },
      export: { root: layout.export(key, epoch).slice(layout.stage(key).length + 1), files },
      trainer: launch.trainer,
    };
    if (await renewal.check()) return FENCED;
    await store.commitResult(result);
    if (await renewal.check()) return FENCED;
    return { kind: 'done', result };
  });
}

type Final = { kind: 'whole'; manifest: Manifest } | { kind: 'damaged'; outcome: Outcome };

/** The final checkpoint, read once more: the export must never be made of damaged bytes. */
async function wholeFinal({ launch, store }: RunParts, commits: Commits): Promise<Final> {
  const ref = commits.newest();
  const manifest = ref === null ? null : await store.readManifest(launch.key, ref);
  const verdict = manifest === null ? null : await store.verifyCheckpoint(manifest);
  if (manifest !== null && verdict?.kind === 'whole') return { kind: 'whole', manifest };
  const why = verdict?.kind === 'damaged' ? `${verdict.file}: ${verdict.why}` : 'its manifest is gone';
  return {
    kind: 'damaged',
    outcome: failed('TrainerExited', `the final checkpoint (step ${launch.planned_steps}) is damaged: ${why}`),
  };
}

/** Repeats while the store is away, until it answers or the run must end. */
async function untilStoreAnswers<T>(parts: RunParts, work: () => Promise<T>, stopping?: StopReason): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isStoreAway(error)) throw error;
      const reason = stopping ?? parts.stopRequest.reason();
      if (reason !== null) throw new Interrupted({ kind: 'stopped', reason });
      if (parts.renewal.fenced()) throw new Interrupted(FENCED);
      await delay(parts.launch.timers.renew_ms);
    }
  }
}

/** Ends a run from within; never leaves this file. */
class Interrupted extends Error {
  constructor(readonly outcome: Outcome) {
    super('interrupted');
  }
}

function isStoreAway(error: unknown): boolean {
  return error instanceof StagewrightError && error.type === 'StoreUnreachable';
}

/** @throws StagewrightError StopIncomplete naming what survives. */
async function destroy(child: Child): Promise<void> {
  const left = await child.destroy();
  if (left.length > 0)
    throw new StagewrightError('StopIncomplete', `processes ${left.join(', ')} of the trainer cannot be ended`, {
      pids: left.map(String),
    });
}
