/** A damaged export is made again from the final checkpoint, to the same bytes; it parks only when that is damaged too. */
import { readFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { launchOrAttach, watchRun } from '../../runner/launcher.js';
import { repairExport } from '../../runner/repair-export.js';
import { layout } from '../../store/layout.js';
import { claim, KEY, launchOf, temporaryFolder, temporaryStore } from '../support/runs.js';

it('is repaired from the final checkpoint, or says that both are damaged', async () => {
  const store = await temporaryStore();
  const launch = await launchOf(store, await claim(store), await temporaryFolder());
  await launchOrAttach(launch);
  await watchRun(launch);
  const result = await store.readResult(KEY);
  if (result === null) throw new Error('no result');
  const model = join(store.exportFolder(result), 'model.txt');
  const before = readFileSync(model, 'utf8');

  truncateSync(model, 10);
  await repairExport(store, result, await store.verifyExport(result));
  expect(readFileSync(model, 'utf8')).toBe(before);
  expect(await store.verifyExport(result)).toEqual([]);
  expect((await store.objects.list(layout.epoch(KEY, 1))).filter((name) => name.startsWith('export'))).toEqual([
    'export',
  ]);

  truncateSync(model, 10);
  truncateSync(store.objects.path(`${layout.checkpoint(KEY, 1, 20)}/weights.txt`), 10);
  await expect(repairExport(store, result, await store.verifyExport(result))).rejects.toMatchObject({
    type: 'ExportCorrupt',
    message: expect.stringContaining('weights.txt: 10 bytes instead of') as string,
  });
});
