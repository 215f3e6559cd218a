/**
 * Looking up results and checkpoints, and handing weights over: bytes are checked where one stage's weights become another's
 * start.
 */
import { hostname } from 'node:os';
import { Context } from '@temporalio/activity';
import type { StageResult } from '../../core/checkpoint.js';
import { StagewrightError } from '../../core/failures.js';
import { checkpointWeightsKey } from '../../core/plan.js';
import { amendedKey } from '../../core/plan-again.js';
import { exportCheckpoint } from '../../runner/export-checkpoint.js';
import { repairExport } from '../../runner/repair-export.js';
import { failPoint } from '../../store/fail-point.js';
import { findWhole } from '../../store/find-checkpoint.js';
import type { Store } from '../../store/store.js';
import type { FoundCheckpoints, StoreActivities } from '../contracts.js';
import { guarded } from '../support/failures.js';
import { withHeartbeat } from '../support/heartbeat.js';

export function createStoreActivities(store: Store): StoreActivities {
  return guarded<StoreActivities>({
    findResult: (key) => withHeartbeat(() => store.readResult(key)),
    takeOver: (key) => withHeartbeat(() => takeOver(store, key)),
    findCheckpoint: (input) => withHeartbeat(() => findCheckpoint(store, input)),
    exportCheckpoint: ({ stage, checkpoint }) =>
      withHeartbeat((signal) => {
        const { workflowId: workflow_id, runId: run_id } = Context.current().info.workflowExecution ?? {
          workflowId: 'none',
          runId: 'none',
        };
        // The attempt is no part of it: a retried activity goes on under its own claim.
        const owner = { workflow_id, run_id, attempt: 1 };
        return exportCheckpoint(store, { checkpoint, name: stage.name, owner, host: hostname(), signal });
      }),
  });
}

type Asked = Parameters<StoreActivities['findCheckpoint']>[0];

async function findCheckpoint(store: Store, { stage, step, hold_for: holder }: Asked): Promise<FoundCheckpoints> {
  const found = await findWhole(store, stage.key, stage.continues ?? null, step);
  const { checkpoint } = found;
  if (checkpoint === null || holder === undefined) return found;
  const continues = { key: checkpoint.key, step: checkpoint.step };
  const handOver = holder === 'hand_over';
  const needed_by = handOver
    ? checkpointWeightsKey(continues)
    : amendedKey(stage, { set: holder, continues, weights: null });
  const reason = handOver ? 'its weights were handed over' : `stage ${stage.name}, amended, goes on from it`;
  const pinned = await store.pinCheckpoint({ ...checkpoint, actor: 'stagewright', reason, needed_by });
  // Retention of the stage that still trains took it at the same moment.
  return pinned === 'gone' ? { ...found, checkpoint: null } : found;
}

async function takeOver(store: Store, key: string): Promise<StageResult> {
  const result = await store.readResult(key);
  if (result === null) throw new StagewrightError('Internal', `stage ${key} has no result to hand over`);
  failPoint('take-over');
  const damaged = await store.verifyExport(result);
  if (damaged.length > 0) await repairExport(store, result, damaged);
  return result;
}
