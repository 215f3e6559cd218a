/** Looking results up, and handing them over: bytes are checked where one stage's weights become another's start. */
import type { StageResult } from '../../core/checkpoint.js';
import { StagewrightError } from '../../core/failures.js';
import { repairExport } from '../../runner/repair-export.js';
import { failPoint } from '../../store/fail-point.js';
import type { Store } from '../../store/store.js';
import type { StoreActivities } from '../contracts.js';
import { guarded } from '../support/failures.js';
import { withHeartbeat } from '../support/heartbeat.js';

export function createStoreActivities(store: Store): StoreActivities {
  return guarded<StoreActivities>({
    findResult: (key) => withHeartbeat(() => store.readResult(key)),
    takeOver: (key) => withHeartbeat(() => takeOver(store, key)),
  });
}

async function takeOver(store: Store, key: string): Promise<StageResult> {
  const result = await store.readResult(key);
  if (result === null) throw new StagewrightError('Internal', `stage ${key} has no result to hand over`);
  failPoint('take-over');
  const damaged = await store.verifyExport(result);
  if (damaged.length > 0) await repairExport(store, result, damaged);
  return result;
}
