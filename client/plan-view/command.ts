/** The command that a trainer will be given, rendered by its backend. What only a run knows stands as `<run>`, `<epoch>`, `<sha256>`. */
import { join } from 'node:path';
import type { HashedFile } from '../../core/checkpoint.js';
import type { PlannedStage } from '../../core/plan.js';
import type { Backend, RenderInput } from '../../runner/backends/backend.js';
import { WEIGHTS_FILE } from '../../runner/backends/onnx.js';
import type { TrainerProfile } from '../../core/trainer-profile.js';
import { throughPrefix } from '../../runner/prefix.js';
import { DEFAULT_PROFILE } from '../../runner/trainer-profiles.js';
import { layout } from '../../store/layout.js';
import { modelFolder } from '../../store/models.js';
import type { Progress } from './store-facts.js';

export interface Places {
  /** Folder of the store. */
  readonly store: string;
  readonly hostFolder: string;
  /** File of trainers' profiles of the client's own environment, which a worker may have other ones of. */
  readonly trainers?: string | null;
}

export interface RenderedCommand {
  readonly command: { readonly argv: string[]; readonly cwd: string };
  readonly overrides: Record<string, string>;
}

/** No run has it: its folder stands for the one that a run will claim. */
const NO_EPOCH = 0;
const UNKNOWN_SHA256 = '0'.repeat(64);

export interface Told {
  /** Progress of the stage that it starts from; null = from scratch. */
  readonly parent: Progress | null;
  /** Null = the client's environment has none for the trainer. */
  readonly profile: TrainerProfile | null;
}

export async function renderCommand(
  stage: PlannedStage,
  backend: Backend,
  places: Places,
  { parent, profile }: Told,
): Promise<RenderedCommand> {
  const inStore = (path: string): string =>
    join(places.store, path).replace(`/epochs/${NO_EPOCH}/`, '/epochs/<epoch>/');
  const runFolder = join(places.hostFolder, 'runs', '<run>');
  const rendered = backend.render({
    stage,
    modelFolder: await modelFolder(stage.model),
    data: { folder: inStore(layout.data(stage.data.key)), rows_sha256: UNKNOWN_SHA256 },
    parent: parentOf(stage, parent, inStore),
    resume: null,
    outputs: {
      metrics: inStore(layout.metrics(stage.key, NO_EPOCH)),
      checkpoints: inStore(layout.checkpoints(stage.key, NO_EPOCH)),
      export: inStore(layout.export(stage.key, NO_EPOCH)),
    },
    runFolder,
    profile: profile ?? DEFAULT_PROFILE,
    prepared: null,
    devices: [],
    marker: '<run>',
  });
  const overrides = Object.entries(backend.overrides?.(rendered.job) ?? {}).map(([name, value]) => [
    name,
    value === UNKNOWN_SHA256 ? '<sha256>' : value,
  ]);
  const values = { marker: '<run>', devices: ['<devices>'], runFolder, store: places.store };
  const train = profile === null ? rendered.train : throughPrefix(rendered.train, profile, values);
  return {
    command: { argv: [...train.argv], cwd: train.cwd },
    overrides: Object.fromEntries(overrides) as Record<string, string>,
  };
}

function parentOf(
  { parent }: PlannedStage,
  progress: Progress | null,
  inStore: (path: string) => string,
): RenderInput['parent'] {
  if (parent === null) return null;
  if (progress?.state === 'done') {
    const { export: weights } = progress.result;
    return { folder: inStore(join(layout.stage(parent), weights.root)), files: weights.files };
  }
  const expected: HashedFile = { path: WEIGHTS_FILE, size: 0, sha256: UNKNOWN_SHA256 };
  return { folder: inStore(layout.export(parent, NO_EPOCH)), files: [expected] };
}
