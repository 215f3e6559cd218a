/** `data.json` beside the rows of a published set: written last, after every row was checked. */
import { DATA_FILE, dataRecordSchema, type DataRecord } from '../../core/data/record.js';
import { layout } from '../../store/layout.js';
import { readRecord } from '../../store/records.js';
import type { Store } from '../../store/store.js';

/** The record of a data set that is in the store, or null. */
export async function readDataRecord(store: Store, key: string): Promise<DataRecord | null> {
  return readRecord(store.objects, `${layout.data(key)}/${DATA_FILE}`, dataRecordSchema);
}
