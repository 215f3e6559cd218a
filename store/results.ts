/**
 * Results of stages and the weights they export. A result is read from the highest epoch only: what a zombie publishes late is
 * never seen. It does not run exports: runner/ does.
 */
import { open, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { stageResultSchema, type StageResult } from '../core/checkpoint.js';
import { StagewrightError } from '../core/failures.js';
import { highestClaim } from './claims.js';
import { failPoint } from './fail-point.js';
import { faultOf } from './faults.js';
import { whyDamaged } from './file-check.js';
import { layout, staysInside } from './layout.js';
import { makeFolder, syncFolder, type Objects } from './objects.js';
import { createRecord, readRecord } from './records.js';

export interface DamagedFile {
  readonly file: string;
  readonly why: string;
}

export interface Results {
  /** Null while the highest epoch has none. */
  readResult(key: string): Promise<StageResult | null>;
  /** False when this epoch has a result already. */
  commitResult(result: StageResult): Promise<boolean>;
  /** Absolute folder of the exported weights. */
  exportFolder(result: Pick<StageResult, 'key' | 'export'>): string;
  /** Every exported file that is not what the result says; none = whole. Reads all bytes. */
  verifyExport(result: StageResult): Promise<DamagedFile[]>;
  /**
   * Puts the files of `folder`, exported again, in the place of the damaged ones, each whole. They must be the same bytes.
   * @throws StagewrightError ExportCorrupt naming the file that differs from the result.
   */
  replaceExport(result: StageResult, folder: string): Promise<void>;
}

export function createResults(objects: Objects): Results {
  const exportFolder: Results['exportFolder'] = ({ key, export: { root } }) => {
    if (!staysInside(root)) throw new StagewrightError('Internal', `export root ${root} leaves the stage's folder`);
    return join(objects.path(layout.stage(key)), root);
  };
  return {
    exportFolder,
    async readResult(key) {
      const highest = await highestClaim(objects, key);
      return highest === null ? null : readRecord(objects, layout.result(key, highest.epoch), stageResultSchema);
    },
    async commitResult(result) {
      failPoint('result-before');
      const created = await createRecord(
        objects,
        layout.result(result.key, result.epoch),
        stageResultSchema.parse(result),
      );
      failPoint('result-after');
      return created;
    },
    async verifyExport(result) {
      const damaged: DamagedFile[] = [];
      for (const entry of result.export.files) {
        const why = await whyDamaged(exportFolder(result), entry);
        if (why !== null) damaged.push({ file: entry.path, why });
      }
      return damaged;
    },
    async replaceExport(result, folder) {
      const target = exportFolder(result);
      for (const entry of result.export.files) {
        const why = await whyDamaged(folder, entry);
        if (why !== null)
          throw new StagewrightError(
            'ExportCorrupt',
            `stage ${result.key.slice(0, 12)}: ${entry.path}, exported again from step ${result.final.step}, has ${why}`,
            { key: result.key, file: entry.path },
          );
      }
      for (const { path } of result.export.files) {
        const to = join(target, path);
        try {
          const handle = await open(join(folder, path), 'r');
          await handle.sync().finally(() => handle.close());
          await makeFolder(dirname(to));
          await rename(join(folder, path), to);
          await syncFolder(dirname(to));
        } catch (error) {
          throw faultOf(error, to);
        }
      }
    },
  };
}
