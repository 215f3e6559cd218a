/** The lease table on disk: changed under a lock, replaced as a whole. A process killed anywhere leaves the old table or the new. */
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import lockfile from 'proper-lockfile';
import { StagewrightError } from '../../../core/failures.js';
import { errorCode, faultOf, isMissing } from '../../../store/faults.js';
import { parseRecord, recordText } from '../../../store/records.js';
import { EMPTY_TABLE, leaseTableSchema, type LeaseTable } from './lease-table.js';

/** A holder that did not touch its lock for so long is dead: its section takes about a millisecond. */
const LOCK_STALE_MS = 5_000;
/** A section that took longer (its process was stopped) may have lost the lock and starts over instead of writing. */
const SECTION_LIMIT_MS = 2_000;

export interface LeaseFile {
  read(): LeaseTable;
  /** `change` is synchronous and may be called again; what it returns replaces the table. */
  change(change: (table: LeaseTable) => LeaseTable): Promise<LeaseTable>;
}

/** @throws StagewrightError NoPermission or DiskFull naming the file; Internal when it is damaged. */
export function openLeaseFile(hostFolder: string): LeaseFile {
  const file = join(hostFolder, 'leases.json');
  const guarded = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      throw faultOf(error, file);
    }
  };
  const read = (): LeaseTable =>
    guarded(() => {
      try {
        return parseRecord(readFileSync(file, 'utf8'), file, leaseTableSchema);
      } catch (error) {
        if (isMissing(error)) return EMPTY_TABLE;
        throw error;
      }
    });
  return {
    read,
    async change(change) {
      guarded(() => mkdirSync(hostFolder, { recursive: true }));
      for (let tries = 0; tries < 20; tries++) {
        const release = await lock(file);
        const since = performance.now();
        try {
          const before = read();
          const after = change(before);
          if (after === before) return after;
          const temporary = `${file}.tmp-${process.pid}`;
          guarded(() => writeSynced(temporary, recordText(after)));
          if (performance.now() - since > SECTION_LIMIT_MS) continue;
          guarded(() => renameSync(temporary, file));
          return after;
        } finally {
          await release().catch(() => undefined);
        }
      }
      throw new StagewrightError('NoFreeDevice', `${file} could not be changed: this host is too slow at the moment`);
    },
  };
}

async function lock(file: string): Promise<() => Promise<void>> {
  try {
    return await lockfile.lock(file, {
      realpath: false,
      stale: LOCK_STALE_MS,
      retries: { retries: 100, minTimeout: 20, maxTimeout: 200, randomize: true },
      onCompromised: () => undefined,
    });
  } catch (error) {
    if (errorCode(error) === 'ELOCKED')
      throw new StagewrightError('NoFreeDevice', `${file} stays locked by another process`, {}, { cause: error });
    throw faultOf(error, file);
  }
}

function writeSynced(file: string, text: string): void {
  const handle = openSync(file, 'w');
  try {
    writeSync(handle, text);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
