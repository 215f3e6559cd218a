/** The store and the host folder: there, writable, with space, and the ones that earlier runs used. */
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { access, constants, rmdir, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import prettyBytes from 'pretty-bytes';
import { readLaunch } from '../../runner/run-folder.js';
import { layout } from '../../store/layout.js';
import { STORE_FILE, syncFolder } from '../../store/objects.js';
import { openStore, type Store } from '../../store/store.js';
import { fail, pass, warn, type Finding, type Patient } from './finding.js';

const GB = 1e9;
const SCARCE_BYTES = 10 * GB;
const HARDLY_ANY_BYTES = 0.2 * GB;
const SKEW_MS = 5_000;

/** A real exclusive create, fsync, rename and delete, where claims and manifests are made the same way. */
export async function checkStore({ settings }: Patient): Promise<Finding[]> {
  if (!existsSync(join(settings.store, STORE_FILE))) return notBegun(settings.store);
  const store = await openStore(settings.store, { create: false });
  const key = `doctor/${randomBytes(9).toString('hex')}`;
  const { objects } = store;
  try {
    const [first, second] = [await objects.putExclusive(key, 'a'), await objects.putExclusive(key, 'b')];
    const { mtimeMs } = await stat(objects.path(key));
    await objects.putReplace(key, 'c');
    const text = (await objects.get(key))?.toString();
    if (!first || second || text !== 'c')
      return [
        fail(
          `the file system of ${store.root} does not create exclusively (first ${String(first)}, second ${String(second)}, then "${text ?? ''}")`,
          'put the store on one that does: a local one, or NFS 3 or newer with hard links',
        ),
      ];
    return [
      pass(`${store.root} is there and takes exclusive creates, fsync and rename`),
      ...skew(mtimeMs - Date.now()),
    ];
  } finally {
    await objects.delete(key);
    await rmdir(objects.path('doctor')).catch(() => undefined);
    await syncFolder(store.root).catch(() => undefined);
  }
}

function skew(ms: number): Finding[] {
  const seconds = (Math.abs(ms) / 1000).toFixed(0);
  return Math.abs(ms) < SKEW_MS
    ? []
    : [
        warn(
          `the clocks of the store and of this host differ by ${seconds} s`,
          'run a time service on both; ages in lists and in gc go by them',
        ),
      ];
}

async function notBegun(root: string): Promise<Finding[]> {
  let at = root;
  while (!existsSync(at) && dirname(at) !== at) at = dirname(at);
  const writable = await access(at, constants.W_OK).then(
    () => true,
    () => false,
  );
  if (!writable)
    return [
      fail(
        `there is no store at ${root}, and ${at} may not be written`,
        'set STAGEWRIGHT_STORE to a folder that may be',
      ),
    ];
  return [
    warn(
      `there is no store at ${root} yet`,
      'the first worker begins one; if there should be one, mount it or correct STAGEWRIGHT_STORE',
    ),
  ];
}

/** Runs of this host whose stages the store does not know: most often a mount that is missing. */
export async function checkStoreIsTheOne({ settings }: Patient): Promise<Finding[]> {
  const runs = join(settings.hostFolder, 'runs');
  if (!existsSync(runs)) return [];
  const store = existsSync(join(settings.store, STORE_FILE))
    ? await openStore(settings.store, { create: false })
    : null;
  let known = 0;
  const strange: string[] = [];
  for (const name of readdirSync(runs)) {
    const launch = readLaunch(join(runs, name));
    if (launch === null || launch.store !== settings.store) continue;
    if (store !== null && (await knows(store, launch.key))) known += 1;
    else strange.push(launch.key.slice(0, 12));
  }
  if (strange.length === 0)
    return known === 0 ? [] : [pass(`the store knows the stages of this host’s ${known} earlier runs`)];
  return [
    fail(
      `the store ${settings.store} looks new: it does not know ${strange.length} of the stages that were trained here (${strange.slice(0, 3).join(', ')})`,
      'is its file system mounted? Start no worker before it is: stages would be trained again',
    ),
  ];
}

async function knows(store: Store, key: string): Promise<boolean> {
  return (await store.objects.list(layout.stage(key))).length > 0;
}

export async function checkSpace({ settings }: Patient): Promise<Finding[]> {
  const places = { 'the store': settings.store, 'the host folder': settings.hostFolder };
  const findings: Finding[] = [];
  for (const [what, folder] of Object.entries(places)) findings.push(await spaceOf(what, folder));
  const database = join(settings.home, 'temporal.db');
  if (existsSync(database)) {
    const { size } = await stat(database);
    findings.push(await spaceOf(`the local server’s database (${prettyBytes(size)})`, database));
  }
  return findings;
}

async function spaceOf(what: string, path: string): Promise<Finding> {
  let at = path;
  while (!existsSync(at) && dirname(at) !== at) at = dirname(at);
  const { bavail, bsize, files, ffree } = await statfs(at);
  const free = bavail * bsize;
  const words = `${prettyBytes(free)} are free for ${what} (${path})`;
  if (free < HARDLY_ANY_BYTES)
    return fail(words, 'free some (stagewright gc --dry-run says what could go), or move it');
  if (files > 0 && ffree / files < 0.01)
    return warn(`${words}, but fewer than 1 % of its inodes`, 'remove small files');
  return free < SCARCE_BYTES ? warn(words, 'stagewright gc --dry-run says what could go') : pass(words);
}
