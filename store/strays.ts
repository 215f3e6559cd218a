/**
 * What ended epochs left that no manifest and no result names: half-written checkpoints, prunes cut short, exports without a
 * result. It only finds them; live epochs are none of its business.
 */
import { listEpochFolders, readEnd } from './claims.js';
import { layout } from './layout.js';
import type { Manifests } from './manifests.js';
import type { Objects } from './objects.js';

/**
 * Store keys of folders, in a stable order.
 * @param running the epoch whose own runner asks: of it, only what lies below its newest manifest (a prune cut short)
 */
export async function findStrays(
  objects: Objects,
  manifests: Pick<Manifests, 'listManifests'>,
  key: string,
  running: number | null,
): Promise<string[]> {
  const strays: string[] = [];
  for (const epoch of await listEpochFolders(objects, key)) {
    if (running !== null && epoch > running) continue;
    const own = epoch === running;
    if (!own && (await readEnd(objects, key, epoch)) === null) continue;
    const committed = await manifests.listManifests(key, epoch);
    for (const name of await objects.list(layout.checkpoints(key, epoch))) {
      const step = Number(/^step-(\d+)$/.exec(name)?.[1] ?? NaN);
      if (committed.includes(step)) continue;
      if (own && !(step < (committed[0] ?? 0))) continue;
      strays.push(`${layout.checkpoints(key, epoch)}/${name}`);
    }
    if (own || (await objects.get(layout.result(key, epoch))) !== null) continue;
    if ((await objects.list(layout.export(key, epoch))).length > 0) strays.push(layout.export(key, epoch));
  }
  return strays;
}
