/**
 * Appends lines durably, many at a time: one fsync for all that came within a moment. Each writer has files (segments) of its own,
 * so that no lock is needed and no host waits for another. Reading is tail.ts's; what the lines say is the caller's.
 */
import { randomBytes } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { failPoint } from './fail-point.js';
import { faultOf, unreachable } from './faults.js';
import { makeFolder, STORE_FILE, syncFolder, type Objects } from './objects.js';

export const SEGMENT_SUFFIX = '.jsonl';

export interface Place {
  /** Name of the segment in its folder. */
  readonly segment: string;
  readonly offset: number;
}

export interface AppendLog {
  /**
   * Resolves with the line's place once it is on the disk, and never before.
   * @throws StagewrightError DiskFull, NoPermission, StoreUnreachable: the line may be asked to be written again.
   */
  append(line: string): Promise<Place>;
  /** Whether this log wrote, or may be writing, the segment. */
  owns(segment: string): boolean;
  /** After what was appended before. */
  close(): Promise<void>;
}

export interface AppendLogOptions {
  /** Key of the folder in the store. */
  readonly folder: string;
  /** Whose segments they are: host and process, for people. */
  readonly owner: string;
  /** At most one fsync in this time; what comes while one is under way is written with the next. */
  readonly groupMs?: number;
  /** A longer segment is followed by another. Below 4 GiB: offsets fit 32 bits. */
  readonly segmentBytes?: number;
}

interface Waiting {
  readonly bytes: Buffer;
  readonly done: (place: Place) => void;
  readonly failed: (error: unknown) => void;
}

interface Segment {
  readonly name: string;
  readonly handle: FileHandle;
  bytes: number;
}

/** Nothing is created before the first line. */
export function appendLog(objects: Objects, options: AppendLogOptions): AppendLog {
  const { folder, owner, groupMs = 10, segmentBytes = 2 ** 30 } = options;
  // Random, since hosts may share a name and processes a number.
  const prefix = `${owner.replace(/[^A-Za-z0-9._-]/gu, '_')}-${randomBytes(6).toString('hex')}`;
  let waiting: Waiting[] = [];
  let segment: Segment | null = null;
  let number = 0;
  let draining: Promise<void> | null = null;
  let lastMs = -Infinity;

  const path = (name: string): string => objects.path(`${folder}/${name}`);

  const begin = async (): Promise<Segment> => {
    // An empty mount point in place of the store must not be written to.
    if ((await objects.get(STORE_FILE)) === null) throw unreachable(objects.root, `${STORE_FILE} is not there`);
    const name = `${prefix}-${(number += 1)}${SEGMENT_SUFFIX}`;
    await makeFolder(dirname(path(name)));
    const handle = await open(path(name), 'wx');
    segment = { name, handle, bytes: 0 };
    await syncFolder(dirname(path(name)));
    return segment;
  };

  const leave = async (): Promise<void> => {
    const left = segment;
    segment = null;
    await left?.handle.close().catch(() => undefined);
  };

  const commit = async (batch: readonly Waiting[]): Promise<void> => {
    const bytes = Buffer.concat(batch.map((one) => one.bytes));
    if (segment !== null && segment.bytes + bytes.length > segmentBytes) await leave();
    const to = segment ?? (await begin());
    await to.handle.writeFile(bytes);
    failPoint('append-written');
    await to.handle.datasync();
    let offset = to.bytes;
    to.bytes += bytes.length;
    for (const one of batch) {
      one.done({ segment: to.name, offset });
      offset += one.bytes.length;
    }
  };

  const drain = async (): Promise<void> => {
    while (waiting.length > 0) {
      const wait = lastMs + groupMs - performance.now();
      if (wait > 0) await sleep(wait);
      lastMs = performance.now();
      const batch = waiting;
      waiting = [];
      try {
        await commit(batch);
      } catch (error) {
        const at = segment?.name ?? '';
        // After a failed fsync nobody knows what of the file is on the disk: it is left as it is, and the next line begins another.
        await leave();
        const fault = faultOf(error, path(at));
        for (const one of batch) one.failed(fault);
      }
    }
    draining = null;
  };

  return {
    append: (line) =>
      new Promise((done, failed) => {
        waiting.push({ bytes: Buffer.from(`${line}\n`), done, failed });
        draining ??= drain();
      }),
    owns: (name) => name.startsWith(`${prefix}-`),
    close: async () => {
      while (draining !== null) await draining;
      await leave();
    },
  };
}
