/**
 * From a planned stage and a grant to the launch file of its runner: everything by path and digest, checked on this host, and put
 * through the host's profile of the trainer.
 */
import { StagewrightError } from '../../core/failures.js';
import type { Launch } from '../../core/launch.js';
import { stageKeyMaterial } from '../../core/plan.js';
import { versionsOf } from '../../core/trainer-versions.js';
import type { Manifest } from '../../core/checkpoint.js';
import type { Backend, CheckpointFiles, RenderInput } from '../../runner/backends/backend.js';
import { findBackend } from '../../runner/backends/registry.js';
import { resumeFiles } from '../../runner/export-stage.js';
import { makeRunFolder, readLaunch } from '../../runner/run-folder.js';
import { DEFAULT_PROFILE } from '../../runner/trainer-profiles.js';
import { asLaunched, timersOf } from './launch-profile.js';
import { layout } from '../../store/layout.js';
import { modelFolder } from '../../store/models.js';
import type { TrainInput } from '../contracts.js';
import { findWhole } from '../../store/find-checkpoint.js';
import { readDataRecord } from '../data/data-record.js';
import { runFolderOf, type TrainingContext } from './context.js';

/** @throws StagewrightError when the data, the model, the trainer's version or the checkpoint is not what the plan says. */
export async function renderLaunch(context: TrainingContext, input: TrainInput, marker: string): Promise<Launch> {
  const { settings, store } = context;
  const { stage, grant, parent } = input;
  const runFolder = runFolderOf(settings, marker);
  // Launched already: attach to it as it was. What it resumed from may have been pruned since.
  const launched = readLaunch(runFolder);
  if (launched?.epoch === grant.epoch) return launched;
  const backend = await findBackend(stage.trainer.name);
  const versions = versionsOf(backend);
  if (!versions.includes(stage.trainer.version))
    throw new StagewrightError(
      'DigestMismatch',
      `stage ${stage.name}: the plan names trainer ${stage.trainer.name} ${stage.trainer.version}, this host has ${versions.join(', ')}`,
    );
  await store.describeStage(stage.key, { name: stage.name, material: stageKeyMaterial(stage) });
  const continues = grant.resumeFrom === null ? await continuesFrom(context, input) : null;
  const at = (key: string): string => store.objects.path(key);
  const profile = (await context.profiles()).of(stage.trainer);
  const given: Omit<RenderInput, 'prepared'> = {
    stage,
    profile: profile ?? DEFAULT_PROFILE,
    modelFolder: await modelFolder(stage.model),
    data: await dataOf(context, input),
    parent: parent === null ? null : { folder: store.exportFolder(parent), files: parent.export.files },
    resume: await resumeOf(context, input, { backend, continues }),
    outputs: {
      metrics: at(layout.metrics(stage.key, grant.epoch)),
      checkpoints: at(layout.checkpoints(stage.key, grant.epoch)),
      export: at(layout.export(stage.key, grant.epoch)),
    },
    runFolder,
    devices: grant.devices,
    marker,
  };
  makeRunFolder(runFolder);
  const prepared = (await backend.prepare?.(given)) ?? null;
  const values = { marker, devices: grant.devices, runFolder, store: settings.store };
  return {
    schema: 'stagewright/launch@1',
    key: stage.key,
    epoch: grant.epoch,
    owner: grant.owner,
    host: settings.host,
    marker,
    devices: [...grant.devices],
    store: settings.store,
    run_folder: runFolder,
    backend: backend.name,
    ...asLaunched(backend.render({ ...given, prepared }), profile, values),
    trainer: stage.trainer,
    planned_steps: stage.objective.training.steps,
    resume_from: grant.resumeFrom,
    continues,
    reach: 'shared',
    keep_checkpoints: stage.checkpoints.keep,
    timers: timersOf(settings.timers, profile),
  };
}

async function dataOf({ store }: TrainingContext, { stage }: TrainInput): Promise<RenderInput['data']> {
  const folder = await store.findData(stage.data.key);
  const record = await readDataRecord(store, stage.data.key);
  if (folder === null || record === null)
    throw new StagewrightError(
      'Internal',
      `data set ${stage.data.name} (${stage.data.key.slice(0, 12)}) is not in the store`,
    );
  return { folder, rows_sha256: record.rows_sha256 };
}

/** An amended stage without a checkpoint of its own goes on from the one that it was planned to continue. */
async function continuesFrom({ store }: TrainingContext, { stage }: TrainInput): Promise<Launch['continues']> {
  const { continues } = stage;
  if (continues === undefined) return null;
  const { checkpoint } = await findWhole(store, continues.key, null, continues.step);
  const reason = `stage ${stage.name} goes on from it`;
  // Pinned: the stage that trained it may run again under another curriculum, and its retention would take it.
  if (
    checkpoint !== null &&
    (await store.pinCheckpoint({ ...checkpoint, actor: 'stagewright', reason, needed_by: stage.key })) !== 'gone'
  )
    return checkpoint;
  throw new StagewrightError(
    'ExportCorrupt',
    `stage ${stage.name} continues step ${continues.step} of stage ${continues.key.slice(0, 12)}, which has no whole checkpoint of that step`,
    { key: continues.key, step: continues.step },
  );
}

async function resumeOf(
  { store }: TrainingContext,
  { stage, grant }: TrainInput,
  { backend, continues }: { readonly backend: Backend; readonly continues: Launch['continues'] },
): Promise<CheckpointFiles | null> {
  const from = continues ?? (grant.resumeFrom === null ? null : { key: stage.key, ...grant.resumeFrom });
  if (from === null) return null;
  const manifest = await store.readManifest(from.key, from);
  if (manifest === null)
    throw new StagewrightError(
      'RunnerLost',
      `the manifest of step ${from.step} is gone; a new attempt looks for another`,
    );
  const why = backend.cannotResume?.(manifest.topology, stage) ?? null;
  if (why !== null)
    throw new StagewrightError(
      'TopologyChanged',
      `stage ${stage.name} cannot resume from step ${manifest.step}: ${why}. Run it again with what the checkpoint was written by ` +
        `(${describeTopology(manifest)}), or start it over`,
      { key: from.key, step: manifest.step },
    );
  return resumeFiles(store, manifest);
}

function describeTopology({ topology }: Manifest): string {
  return Object.entries(topology)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
}
