/** The runner program: `node dist/runner/main.js <launch.json>`. One epoch of one stage; started detached by launcher.ts. */
import { openSync, closeSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { StagewrightError } from '../core/failures.js';
import type { Launch, Outcome } from '../core/launch.js';
import { failPoint } from '../store/fail-point.js';
import { errorCode } from '../store/faults.js';
import { openStore, type Store } from '../store/store.js';
import { findBackend } from './backends/registry.js';
import { failed } from './exit-verdict.js';
import { logToStderr as log } from './log.js';
import { startTimeOf, sweep } from './processes.js';
import { startRenewal, type Renewal } from './renewal.js';
import { readLaunchFile, runFiles } from './run-folder.js';
import { runStage } from './run-stage.js';
import { openStateFile, type StateFile } from './state-file.js';
import { watchStopRequest, type StopRequest } from './stop-request.js';

/** For the last words to a store that is away; afterwards the epoch lapses by its time to live. */
const END_LIMIT_MS = 10_000;

async function main(launchFile: string): Promise<void> {
  failPoint('runner-start');
  const launch = readLaunchFile(launchFile);
  if (!isFirst(launch)) return;
  const state = openStateFile(
    launch.run_folder,
    {
      schema: 'stagewright/runner-state@1',
      marker: launch.marker,
      pid: process.pid,
      start_time: startTimeOf(process.pid) ?? '',
      phase: 'starting',
      trainer_pid: null,
      step: launch.resume_from?.step ?? null,
      planned_steps: launch.planned_steps,
      steps_per_second: null,
      last_manifest: launch.resume_from,
      outcome: null,
    },
    (error) => log('cannot write the state file', error),
  );
  const stopRequest = watchStopRequest(launch);
  log(`runner of stage ${launch.key.slice(0, 12)}, epoch ${launch.epoch}, pid ${process.pid}`);
  const outcome = await run(launch, state, stopRequest);
  log(`ended: ${outcome.kind === 'failed' ? `${outcome.type}: ${outcome.message}` : JSON.stringify(outcome)}`);
  state.update({ phase: 'ended', outcome });
  state.close();
  stopRequest.close();
}

async function run(launch: Launch, state: StateFile, stopRequest: StopRequest): Promise<Outcome> {
  let renewal: Renewal | null = null;
  let store: Store | null = null;
  try {
    const backend = await findBackend(launch.backend);
    store = await storeOf(launch, stopRequest);
    if (store === null) return { kind: 'stopped', reason: stopRequest.reason() ?? 'requested' };
    renewal = startRenewal(store, launch, log);
    return await end(store, launch, await runStage({ launch, backend, store, state, renewal, stopRequest, log }));
  } catch (error) {
    log('the runner failed', error);
    await sweep(launch.marker);
    const type = error instanceof StagewrightError ? error.type : 'Internal';
    const outcome = failed(type, error instanceof Error ? error.message : String(error));
    return store === null ? outcome : await end(store, launch, outcome);
  } finally {
    await renewal?.stop();
  }
}

/** Null when it was told to stop before the store answered. */
async function storeOf(launch: Launch, stopRequest: StopRequest): Promise<Store | null> {
  for (;;) {
    try {
      return await openStore(launch.store, { create: false });
    } catch (error) {
      if (!(error instanceof StagewrightError) || error.type !== 'StoreUnreachable') throw error;
      if (stopRequest.reason() !== null) return null;
      log('waiting for the store', error);
      await delay(launch.timers.renew_ms);
    }
  }
}

async function end(store: Store, launch: Launch, outcome: Outcome): Promise<Outcome> {
  const deadline = performance.now() + END_LIMIT_MS;
  const how = outcome.kind === 'failed' ? outcome.type : outcome.kind;
  for (;;) {
    try {
      await store.endEpoch(launch.key, launch.epoch, how);
      return outcome;
    } catch (error) {
      log('cannot end the epoch in the store', error);
      if (performance.now() > deadline) return outcome;
      await delay(500);
    }
  }
}

/** An epoch is one runner launch: a second runner of it ends at once and says nothing. */
function isFirst({ run_folder, epoch }: Launch): boolean {
  try {
    closeSync(openSync(runFiles.started(run_folder, epoch), 'wx'));
    return true;
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
    log('another runner of this epoch was started');
    return false;
  }
}

const [, , launchFile] = process.argv;
if (launchFile === undefined) {
  process.stderr.write('usage: node dist/runner/main.js <launch.json>\n');
  process.exit(2);
}
main(launchFile).then(
  () => process.exit(0),
  (error: unknown) => {
    log('the runner failed', error);
    process.exit(1);
  },
);
