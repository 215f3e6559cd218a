/** Checkpoints of a store for people: verifying their bytes, and pinning one by its step. */
import type { CheckpointRef } from '../core/checkpoint.js';
import { StagewrightError } from '../core/failures.js';
import { readStage, type CheckpointEntry, type StageEntry } from '../store/inventory.js';
import { canReach } from '../store/removal.js';
import { refId } from '../store/retention.js';
import type { Store } from '../store/store.js';
import type { NamedStage } from './store-stages.js';

export type Checked =
  | { readonly kind: 'whole' }
  | { readonly kind: 'damaged'; readonly file: string; readonly why: string }
  /** Only another host sees its files. */
  | { readonly kind: 'elsewhere'; readonly why: string };

export interface CheckedPart extends NamedStage {
  readonly what: 'checkpoint' | 'export';
  readonly epoch: number;
  readonly step: number;
  readonly verdict: Checked;
}

/**
 * Reads every byte: of own checkpoints and exports by sha256; of foreign ones by size and header digest, and by sha256 where their
 * sidecar is there.
 * @param all also those that are not final, newest or pinned
 */
export async function* verifyStage(
  store: Store,
  key: string,
  { all, host }: { readonly all: boolean; readonly host: string },
): AsyncGenerator<CheckedPart> {
  const stage = await readStage(store, key);
  const { name, result } = stage;
  for (const entry of stage.checkpoints) {
    if (!all && !entry.newest && !entry.final && entry.pins.length === 0) continue;
    const { epoch, step } = entry;
    yield { key, name, what: 'checkpoint', epoch, step, verdict: await check(store, entry, host) };
  }
  if (result === null) return;
  const [damage] = await store.verifyExport(result);
  const verdict: Checked = damage === undefined ? { kind: 'whole' } : { kind: 'damaged', ...damage };
  yield { key, name, what: 'export', epoch: result.epoch, step: result.step, verdict };
}

async function check(store: Store, { manifest, key, epoch, step }: CheckpointEntry, host: string): Promise<Checked> {
  if (manifest === null) {
    const reason = await whyUnreadable(store, key, { epoch, step });
    return { kind: 'damaged', file: `manifests/${step}.json`, why: reason };
  }
  if (!canReach(manifest, host)) return { kind: 'elsewhere', why: `its files are on ${manifest.reach} alone` };
  const hashed = manifest.kind === 'foreign' && (await store.readSidecar(manifest)) !== null;
  return hashed ? store.verifyForHandover(manifest) : store.verifyCheckpoint(manifest);
}

async function whyUnreadable(store: Store, key: string, ref: CheckpointRef): Promise<string> {
  try {
    return (await store.readManifest(key, ref)) === null ? 'it is gone' : 'it could not be read';
  } catch (error) {
    if (error instanceof StagewrightError && error.type === 'Internal') return error.message;
    throw error;
  }
}

/** The checkpoint of a step that a resume would read. @throws StagewrightError UnknownName listing the steps that there are */
export async function checkpointAt(store: Store, { key, name }: NamedStage, step: number): Promise<CheckpointEntry> {
  const stage = await readStage(store, key);
  const found = stage.checkpoints.find((entry) => entry.step === step);
  if (found !== undefined) return found;
  throw new StagewrightError(
    'UnknownName',
    `stage ${name ?? key} has no checkpoint of step ${step}; ${stepsOf(stage)}`,
  );
}

function stepsOf({ checkpoints }: StageEntry): string {
  const steps = [...new Set(checkpoints.map(({ step }) => step))].sort((a, b) => b - a);
  return steps.length === 0 ? 'it has none' : `it has those of ${steps.join(', ')}`;
}

export interface By {
  readonly actor: string;
  readonly reason: string;
}

/** False when it was pinned already. @throws StagewrightError UnknownName */
export async function pinStep(store: Store, stage: NamedStage, step: number, by: By): Promise<boolean> {
  const { key, epoch } = await checkpointAt(store, stage, step);
  const pinned = await store.pinCheckpoint({ key, epoch, step, ...by });
  if (pinned === 'gone')
    throw new StagewrightError('UnknownName', `the checkpoint of step ${step} was deleted at this very moment`);
  return pinned === 'pinned';
}

/**
 * False when nobody had pinned it. @throws StagewrightError UnknownName, or UpdateRefused where a stage holds it
 * @param force also take away what other stages hold
 */
export async function unpinStep(store: Store, stage: NamedStage, step: number, force = false): Promise<boolean> {
  const entry = await checkpointAt(store, stage, step);
  if ((await store.unpinCheckpoint(stage.key, entry, { stages: force })) > 0) return true;
  const held = (await store.listPins(stage.key)).find((pin) => refId(pin) === refId(entry));
  if (held === undefined) return false;
  throw new StagewrightError(
    'UpdateRefused',
    `the checkpoint of step ${step} is held by another stage: ${held.reason} (${held.needed_by?.slice(0, 12) ?? ''}). --force takes that away too`,
  );
}
