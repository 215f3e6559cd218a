/** Reads of epochs: which exist, who claimed them, how they ended. An epoch exists when its claim.json does. */
import { epochClaimSchema, epochEndSchema, type EpochClaim, type EpochEnd } from '../core/checkpoint.js';
import { layout } from './layout.js';
import type { Objects } from './objects.js';
import { readRecord } from './records.js';

/** Numbers of the epoch folders, highest first; a folder may still lack its claim. */
export async function listEpochFolders(objects: Objects, key: string): Promise<number[]> {
  const names = await objects.list(layout.epochs(key));
  return names
    .filter((name) => /^[1-9][0-9]*$/.test(name))
    .map(Number)
    .sort((a, b) => b - a);
}

export function readClaim(objects: Objects, key: string, epoch: number): Promise<EpochClaim | null> {
  return readRecord(objects, layout.claim(key, epoch), epochClaimSchema);
}

export async function highestClaim(objects: Objects, key: string): Promise<EpochClaim | null> {
  for (const epoch of await listEpochFolders(objects, key)) {
    const claim = await readClaim(objects, key, epoch);
    if (claim !== null) return claim;
  }
  return null;
}

export function readEnd(objects: Objects, key: string, epoch: number): Promise<EpochEnd | null> {
  return readRecord(objects, layout.end(key, epoch), epochEndSchema);
}

/** Null when no epoch above `epoch` exists. Asks for existence only: also an unreadable claim fences. */
export async function newerEpoch(objects: Objects, key: string, epoch: number): Promise<number | null> {
  for (const candidate of await listEpochFolders(objects, key)) {
    if (candidate <= epoch) return null;
    if ((await objects.get(layout.claim(key, candidate))) !== null) return candidate;
  }
  return null;
}
