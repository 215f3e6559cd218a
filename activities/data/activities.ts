/** `prepareData`: a data set is in the store whole and checked, or not at all. What rows hold is the generators' business. */
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { canonicalJson } from '../../core/canonical-json.js';
import { DATA_FILE, REFUSED_FILE, type DataRecord } from '../../core/data/record.js';
import { StagewrightError } from '../../core/failures.js';
import { checkGolds } from '../../core/verify/check-golds.js';
import type { PlannedData } from '../../core/plan.js';
import { digestCaptions } from '../../store/captions.js';
import { sha256File } from '../../store/digest.js';
import { digestFolder } from '../../store/folder-digest.js';
import { loadRows, ROWS_FILE } from '../../store/rows.js';
import type { Store } from '../../store/store.js';
import type { DataActivities } from '../contracts.js';
import { materialiseCaptions } from './captions.js';
import { readDataRecord } from './data-record.js';
import { guarded } from '../support/failures.js';
import { withHeartbeat } from '../support/heartbeat.js';
import { materialiseDigits } from './digits-dataset.js';

export function createDataActivities(store: Store): DataActivities {
  return guarded<DataActivities>({
    prepareData: (data) => withHeartbeat(() => prepare(store, data)),
    checkPassRates: (data) => withHeartbeat(() => checkPassRates(store, data)),
    findData: (key) =>
      withHeartbeat(async () => {
        const record = await readDataRecord(store, key);
        return record === null ? null : { rows: record.rows };
      }),
  });
}

async function prepare(store: Store, data: PlannedData): Promise<{ rows: number }> {
  const known = await readDataRecord(store, data.key);
  if (known !== null) return { rows: known.rows };
  await store.publishData(data.key, async (folder) => {
    const made = await fill(store, data, folder);
    const record: DataRecord = { ...made, rows_sha256: await sha256File(join(folder, ROWS_FILE)) };
    await writeFile(join(folder, DATA_FILE), `${canonicalJson(record)}\n`);
  });
  const made = await readDataRecord(store, data.key);
  if (made === null) throw new StagewrightError('Internal', `data set ${data.name} was published without its record`);
  return { rows: made.rows };
}

/**
 * Rows of the parts one set after the other. Ids and pictures get the part's number before them: two parts may use the same ones,
 * and names of sets are no part of a key.
 */
async function unite(store: Store, { name, parts = [] }: PlannedData, folder: string): Promise<number> {
  const lines: string[] = [];
  for (const [i, part] of parts.entries()) {
    await prepare(store, part);
    const from = await store.findData(part.key);
    if (from === null)
      throw new StagewrightError('Internal', `part ${part.name} of data set ${name} is not in the store`);
    const copied = new Set<string>();
    for (const { row } of await loadRows(from)) {
      for (const image of row.images) {
        if (copied.has(image)) continue;
        copied.add(image);
        await mkdir(dirname(join(folder, String(i), image)), { recursive: true });
        await copyFile(join(from, image), join(folder, String(i), image));
      }
      lines.push(canonicalJson({ ...row, id: `${i}/${row.id}`, images: row.images.map((image) => `${i}/${image}`) }));
    }
  }
  await writeFile(join(folder, ROWS_FILE), lines.map((line) => `${line}\n`).join(''));
  return (await loadRows(folder)).length;
}

async function checkPassRates(store: Store, data: PlannedData): Promise<{ rows: number }> {
  await prepare(store, data);
  const folder = await store.findData(data.key);
  if (folder === null) throw new StagewrightError('Internal', `data set ${data.name} is not in the store`);
  const rows = await loadRows(folder);
  const without = rows.filter(({ row }) => row.pass_rate === undefined);
  const [first] = without;
  if (first !== undefined)
    throw new StagewrightError(
      'DataInvalid',
      `data set ${data.name}: ${without.length} of ${rows.length} rows have no pass_rate, the first is ${first.row.id}; ` +
        'ordering by difficulty needs one in each row',
      { row: first.row.id },
    );
  return { rows: rows.length };
}

/** Of rows, each checked; of captions also of what was kept aside. */
async function fill(
  store: Store,
  data: PlannedData,
  folder: string,
): Promise<Pick<DataRecord, 'rows' | 'refused' | 'refused_sha256'>> {
  const { derivation, folder: own, name } = data;
  if (derivation.generator === 'union') return { rows: await unite(store, data, folder) };
  if (derivation.generator === 'digits') {
    await materialiseDigits(derivation, folder);
    return { rows: checkGolds(name, await loadRows(folder)) };
  }
  if (derivation.generator !== 'folder' && derivation.generator !== 'captions')
    throw new StagewrightError('Internal', `data set ${name} is made by the data workflow, not at once`);
  if (own === null) throw new StagewrightError('RecipeInvalid', `data set ${name} names no folder`);
  const digest = derivation.generator === 'captions' ? digestCaptions : digestFolder;
  const assertPlanned = async (rows: string): Promise<void> => {
    if ((await digest(rows)) !== derivation.content_sha256)
      throw new StagewrightError(
        'DigestMismatch',
        `data set ${name}: ${own} has changed since the recipe was planned; plan it again`,
      );
  };
  await assertPlanned(own);
  if (derivation.generator === 'captions') {
    const made = await materialiseCaptions(name, own, folder);
    await assertPlanned(own);
    return { ...made, refused_sha256: await sha256File(join(folder, REFUSED_FILE)) };
  }
  // Where they are, so that faults name the files that a person wrote, and no path that leaves the folder is ever copied.
  const length = checkGolds(name, await loadRows(own));
  const text = await readFile(join(own, ROWS_FILE), 'utf8');
  for (const image of imagesOf(text)) {
    await mkdir(dirname(join(folder, image)), { recursive: true });
    await copyFile(join(own, image), join(folder, image));
  }
  await writeFile(join(folder, ROWS_FILE), text);
  // It may have been changed while it was copied.
  await assertPlanned(folder);
  return { rows: length };
}

const imagesSchema = z.object({ images: z.array(z.string()) });

/** digestFolder has read every line already. */
function imagesOf(rows: string): Set<string> {
  const lines = rows.split('\n').filter((line) => line.trim() !== '');
  return new Set(lines.flatMap((line) => imagesSchema.parse(JSON.parse(line)).images));
}
