/** Activities of derived sets: each is a function of this folder with its heartbeat. Which set is made when is the workflow's. */
import { Context } from '@temporalio/activity';
import { shardProgressSchema, type ShardProgress, type SpentSoFar } from '../../../core/data/work.js';
import type { Store } from '../../../store/store.js';
import type { InferenceActivities } from '../../contracts.js';
import { guarded } from '../../support/failures.js';
import { withDetails, withHeartbeat } from '../../support/heartbeat.js';
import type { Answerers } from './answerers.js';
import { assemble } from './assemble.js';
import { planWork } from './plan-work.js';
import { runShard } from './shard.js';

export function createInferenceActivities(store: Store, answerers: Answerers): InferenceActivities {
  return guarded<InferenceActivities>({
    planData: (data) => withHeartbeat(() => planWork(store, data)),
    runDataShard: (input) => {
      const before = spentBefore();
      return withDetails<Awaited<ReturnType<typeof runShard>>, ShardProgress>((signal, onProgress) =>
        runShard(input, { store, answerers, signal, before, onProgress }),
      );
    },
    assembleData: (data) =>
      withDetails<{ rows: number }, { rows: number }>((signal, tell) =>
        assemble(store, data, { signal, onRow: (rows) => tell({ rows }) }),
      ),
  });
}

/** What an earlier try of this activity had spent when it was last heard of: its answers are journaled, and were paid for. */
function spentBefore(): SpentSoFar | null {
  const parsed = shardProgressSchema.safeParse(Context.current().info.heartbeatDetails);
  if (!parsed.success) return null;
  const { requests, prompt_tokens, completion_tokens, cost } = parsed.data;
  return { requests, reused: 0, prompt_tokens, completion_tokens, cost };
}
