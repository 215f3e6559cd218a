/**
 * What of a store no stage needs, and freeing it. The final checkpoint of a stage, pinned ones and the newest two whole ones stay;
 * a stage whose newest epoch has not ended is left alone, since its own runner keeps its retention. Exports, results, data sets,
 * evaluations and logs are never garbage: nobody can tell from a store who will ask for them.
 */
import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { CheckpointRef } from '../core/checkpoint.js';
import { bytesBelow } from './bytes.js';
import { ABANDONED_MS } from './folders.js';
import { failPoint } from './fail-point.js';
import { faultOf, isMissing } from './faults.js';
import { listStageKeys, liveEpochs, NEWEST, readStage, type CheckpointEntry, type StageEntry } from './inventory.js';
import { layout } from './layout.js';
import { canReach } from './removal.js';
import { newestWhole, refId } from './retention.js';
import { findStrays } from './strays.js';
import type { Store } from './store.js';

export interface GarbageOptions {
  /** This host's name: checkpoints that only another can read are left to it. */
  readonly host: string;
  /** Why an unfinished stage is to be left alone, though nothing runs; null when it is not. */
  readonly inUse?: (stage: Pick<StageEntry, 'key' | 'name'>) => string | null;
  /** Only this stage. */
  readonly key?: string;
}

interface Bytes {
  /** Absolute. */
  readonly path: string;
  readonly bytes: number;
}
export type Waste =
  | ({ readonly what: 'checkpoint' } & CheckpointRef & Bytes)
  /** A folder or file that belongs to no checkpoint, result or record. */
  | ({ readonly what: 'left-over' } & Bytes);

export interface Kept extends CheckpointRef {
  readonly bytes: number;
  /** `final`, `newest`, `pinned by ann: best so far`, ... */
  readonly why: readonly string[];
}

export interface StageGarbage {
  readonly key: string;
  readonly name: string | null;
  readonly waste: readonly Waste[];
  readonly kept: readonly Kept[];
  /** Why checkpoints that may be garbage are not in `waste`; null when there is no such thing. */
  readonly left_alone: string | null;
}

/** One stage after the other, so that what is freed first is known first. Nothing is deleted here. */
export async function* surveyGarbage(store: Store, options: GarbageOptions): AsyncGenerator<StageGarbage> {
  for (const key of await listStageKeys(store))
    if (options.key === undefined || options.key === key) yield await surveyStage(store, key, options);
}

/** Deletes what a survey of this moment found. Killed anywhere it leaves each checkpoint whole or gone; the next one goes on. */
export async function freeStage(store: Store, { key, waste }: StageGarbage, host: string): Promise<Waste[]> {
  const freed: Waste[] = [];
  await store.finishRemovals(key, host);
  for (const one of waste) {
    failPoint('gc-mid');
    if (one.what === 'checkpoint') {
      // Looked up each time: a person, or a stage that begins, may pin while bytes go.
      if ((await store.listPins(key)).some((pin) => refId(pin) === refId(one))) continue;
      await store.removeCheckpoint(key, one);
    } else await removeLeftOver(store, one);
    freed.push(one);
  }
  return freed;
}

export async function removeLeftOver(store: Store, { path }: Waste): Promise<void> {
  await store.objects.delete(relative(store.root, path));
}

/** Temporary files and half-made folders outside stages that nobody has touched for a day. */
export async function surveyLeftOvers(store: Store): Promise<Waste[]> {
  const folders: string[] = [layout.dataSets, layout.evaluations];
  for (const key of await store.objects.list(layout.evaluations)) folders.push(layout.evaluation(key));
  return abandoned(store, folders);
}

/** What gc never frees, by kind, in bytes. */
export async function surveyRest(store: Store): Promise<{ what: string; bytes: number; why: string }[]> {
  const at = (key: string): Promise<number> => bytesBelow(store.objects.path(key));
  let exports = 0;
  for (const key of await listStageKeys(store)) {
    const result = await store.readResult(key).catch(() => null);
    if (result !== null) exports += result.export.files.reduce((sum, { size }) => sum + size, 0);
  }
  return [
    { what: 'exported weights', bytes: exports, why: 'later stages start from them' },
    { what: 'data sets', bytes: await at(layout.dataSets), why: 'any recipe may name them again' },
    { what: 'shards of data sets', bytes: await at(layout.dataWork), why: 'what is being made goes on from them' },
    { what: 'journaled answers', bytes: await at(layout.answers), why: 'no model is asked the same thing twice' },
    { what: 'evaluations', bytes: await at(layout.evaluations), why: 'gates and reports read their answers' },
  ];
}

async function surveyStage(store: Store, key: string, options: GarbageOptions): Promise<StageGarbage> {
  const stage = await readStage(store, key);
  const { name, claim, state } = stage;
  const nothing = (left_alone: string | null, kept: Kept[] = []): StageGarbage => ({
    ...{ key, name, waste: [], left_alone, kept },
  });
  if (claim === null) return nothing(null);
  if (state === 'running')
    return nothing(`epoch ${claim.epoch} on ${claim.host} has not ended`, stage.checkpoints.map(keptAs('running')));
  const used = state === 'ended' ? (options.inUse?.(stage) ?? null) : null;
  if (used !== null) return nothing(used, stage.checkpoints.map(keptAs('in use')));

  const lineage = stage.checkpoints.filter(({ counts }) => counts);
  const newest = await newestWhole(store, key, lineage, NEWEST);
  const enough = newest.whole >= NEWEST;
  const stays = new Set(newest.refs.map(refId));
  const kept: Kept[] = [];
  const waste: Waste[] = [];
  let scarce = false;
  for (const entry of stage.checkpoints) {
    const why = reasons(store, entry, stays, options.host);
    const unsure = why.length === 0 && !enough;
    if (unsure) scarce = true;
    if (unsure) why.push(`fewer than ${NEWEST} newer ones are whole`);
    if (why.length > 0) kept.push(keptAs(...why)(entry));
    else waste.push({ what: 'checkpoint', path: pathOf(store, entry), ...sized(entry) });
  }
  for (const stray of await findStrays(store.objects, store, key, null))
    waste.push(await leftOver(store.objects.path(stray)));
  waste.push(...(await abandoned(store, await foldersOf(store, key))));
  return { key, name, waste, kept, left_alone: scarce ? `only ${newest.whole} of its checkpoints are whole` : null };
}

function reasons(store: Store, entry: CheckpointEntry, stays: ReadonlySet<string>, host: string): string[] {
  const why: string[] = [];
  if (entry.final) why.push('final');
  if (stays.has(refId(entry))) why.push('newest');
  for (const pin of entry.pins) why.push(pin.needed_by === null ? `pinned by ${pin.actor}: ${pin.reason}` : pin.reason);
  if (entry.manifest !== null && !canReach(entry.manifest, host)) why.push(`on ${entry.manifest.reach} alone`);
  // A foreign one's files are known by its manifest only.
  if (entry.manifest === null && !existsSync(store.objects.path(layout.checkpoint(entry.key, entry.epoch, entry.step))))
    why.push('its manifest is damaged, and nothing else names its files');
  return why;
}

const sized = ({ epoch, step, bytes }: CheckpointEntry): CheckpointRef & { bytes: number } => ({ epoch, step, bytes });
const keptAs =
  (...why: string[]) =>
  (entry: CheckpointEntry): Kept => ({ ...sized(entry), why });

function pathOf(store: Store, { key, epoch, step, manifest }: CheckpointEntry): string {
  return manifest === null ? store.objects.path(layout.manifest(key, epoch, step)) : store.checkpointFolder(manifest);
}

/** Where a killed process may have left temporary files: the stage's own folders, live epochs apart. */
async function foldersOf(store: Store, key: string): Promise<string[]> {
  const live = await liveEpochs(store, key);
  const epochs = (await store.objects.list(layout.epochs(key))).map(Number).filter((epoch) => !live.includes(epoch));
  return [
    ...[layout.stage(key), layout.pins(key), layout.removals(key), layout.epochs(key)],
    ...epochs.flatMap((epoch) => [layout.epoch(key, epoch), layout.manifests(key, epoch)]),
  ];
}

const TEMPORARY = /^(\.tmp-|\.partial-|export-work-|export-again-)/;

async function abandoned(store: Store, folders: readonly string[]): Promise<Waste[]> {
  const found: Waste[] = [];
  for (const folder of folders) {
    const at = store.objects.path(folder);
    const names = await readdir(at).catch((error: unknown) => {
      if (isMissing(error)) return [];
      throw faultOf(error, at);
    });
    for (const name of names.filter((one) => TEMPORARY.test(one)).sort()) {
      const path = join(at, name);
      const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Date.now() }));
      if (Date.now() - mtimeMs < ABANDONED_MS) continue;
      found.push(await leftOver(path));
    }
  }
  return found;
}

async function leftOver(path: string): Promise<Waste> {
  return { what: 'left-over', path, bytes: await bytesBelow(path) };
}
