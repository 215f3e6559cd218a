/**
 * The store: what is durable about stages, data and evaluations, on a file system that all hosts see. This file only puts its
 * parts together and knows how a store begins.
 */
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { createEpochs, type Epochs } from './epochs.js';
import { errorCode, faultOf, unreachable } from './faults.js';
import { createFolders, type Folders } from './folders.js';
import { createForeign, type Foreign } from './foreign.js';
import { layout } from './layout.js';
import { createManifests, type Manifests } from './manifests.js';
import { fileObjects, makeFolder, STORE_FILE, type Objects } from './objects.js';
import { createPins, type Pins } from './pins.js';
import { createRecord, recordText } from './records.js';
import { createRemoval, type Removal } from './removal.js';
import { createResults, type Results } from './results.js';
import { createRetention, type Retention } from './retention.js';

export interface Store extends Epochs, Manifests, Foreign, Results, Pins, Removal, Retention, Folders {
  readonly root: string;
  readonly objects: Objects;
  /** What a stage's key hashes, for people. */
  describeStage(key: string, material: unknown): Promise<void>;
}

/**
 * Opens the store at `root`, and begins one there unless `create` is false.
 * @throws StagewrightError StoreUnreachable, NoPermission or DiskFull.
 */
export async function openStore(root: string, { create = true }: { readonly create?: boolean } = {}): Promise<Store> {
  const at = resolve(root);
  if (create) await begin(at);
  const store = storeAt(at);
  if ((await store.objects.get(STORE_FILE)) === null) throw unreachable(at, `${STORE_FILE} is not there`);
  return store;
}

/** The same without a look at it: for whoever opens it before the first use. */
export function storeAt(root: string): Store {
  const at = resolve(root);
  const objects = fileObjects(at);
  const manifests = createManifests(objects);
  const results = createResults(objects);
  const pins = createPins(objects, results);
  const removal = createRemoval(objects, manifests);
  return {
    root: at,
    objects,
    ...manifests,
    ...createEpochs(objects, manifests),
    ...createForeign(objects, manifests),
    ...results,
    ...pins,
    ...removal,
    ...createRetention(objects, manifests, pins, removal),
    ...createFolders(objects),
    describeStage: async (key, material) => {
      await createRecord(objects, layout.keyMaterial(key), material);
    },
  };
}

async function begin(root: string): Promise<void> {
  const file = resolve(root, STORE_FILE);
  try {
    await makeFolder(root);
    await writeFile(file, recordText({ schema: 'stagewright/store@1' }), { flag: 'wx' }).catch((error: unknown) => {
      if (errorCode(error) !== 'EEXIST') throw error;
    });
  } catch (error) {
    throw faultOf(error, file);
  }
}
