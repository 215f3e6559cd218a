/**
 * Starts a plan, or attaches to the run that is at it. Another plan of the same recipe that still runs is refused, or replaced
 * when that was asked for. It does not watch.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { controlQueue, curriculumId, curriculumIdPrefix } from '../core/ids.js';
import { planSchema, type Plan } from '../core/plan.js';
import type { Settings } from '../workers/settings.js';
import { CHANGED_PLAN_MEMO, curriculumPlanQuery, type CurriculumInput } from '../workflows/messages.js';
import { call, isUnanswered } from './connection.js';
import { StagewrightError } from '../core/failures.js';
import { refuseBlocked } from './plan-view/blocked.js';
import { readSearchAttributes, switchedOff } from './search-attributes.js';

/** Each try waits for a worker as long as a call may take. */
const ASK_TIMES = 4;

export interface Started {
  readonly workflowId: string;
  readonly runId: string;
  readonly attached: boolean;
}

export interface StartOptions {
  /** Cancel another plan of this recipe that still runs. */
  readonly replace: boolean;
  /** The plan as it is, without what an earlier run of it was changed to. */
  readonly anew?: boolean;
  readonly say: (text: string) => void;
}

/**
 * An earlier run of the same plan that was amended or whose stage was skipped, and that has ended, is gone on with as it was changed
 * to: its superseded stages would else train on with the settings that a person rejected.
 */
export async function startCurriculum(
  client: Client,
  planned: Plan,
  settings: Settings,
  { replace, anew = false, say }: StartOptions,
): Promise<Started> {
  const workflowId = curriculumId(planned.recipe, planned.hash);
  const running = await isRunning(client, workflowId);
  const changed = running || anew ? null : await changedPlan(client, workflowId);
  if (changed !== null)
    say(
      'the earlier run of this recipe was changed (amended, or a stage skipped); it goes on as it was changed to. --anew starts as the recipe says',
    );
  const plan = changed ?? planned;
  if (!running) await refuseBlocked(plan, settings.store);
  const others = (await openCurricula(client, plan.recipe)).filter((id) => id !== workflowId);
  if (others.length > 0 && !replace) throw refusal(plan.recipe, others);
  for (const id of others) {
    say(`cancelling ${id}; stages that are equal in the new plan are reused`);
    await cancelAndWait(client, id);
  }
  const attributes = await readSearchAttributes(client);
  const off = switchedOff(attributes, client.options.namespace);
  if (off !== null && !running) say(off);
  const input: CurriculumInput = {
    plan,
    queuePrefix: settings.queuePrefix,
    searchAttributes: [...attributes.usable],
  };
  const handle = await client.workflow.start('curriculumWorkflow', {
    workflowId,
    taskQueue: controlQueue(settings.queuePrefix),
    args: [input],
    workflowIdConflictPolicy: 'USE_EXISTING',
    workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    // So that a third run knows it of the second.
    ...(changed === null ? {} : { memo: { [CHANGED_PLAN_MEMO]: changed.hash } }),
  });
  return { workflowId, runId: handle.firstExecutionRunId, attached: running };
}

/** Ids of the recipe's curricula that run; of all recipes without a name. */
export async function openCurricula(client: Client, recipe?: string): Promise<string[]> {
  const prefix = recipe === undefined ? 'stagewright/curriculum/' : curriculumIdPrefix(recipe);
  const query = `WorkflowType = 'curriculumWorkflow' AND ExecutionStatus = 'Running' AND WorkflowId STARTS_WITH '${prefix}'`;
  const ids: string[] = [];
  for await (const found of client.workflow.list({ query })) ids.push(found.workflowId);
  return ids.sort();
}

/** Asks for the cancel and waits for the end, however long a trainer takes to save. */
export async function cancelAndWait(client: Client, workflowId: string): Promise<void> {
  const handle = client.workflow.getHandle(workflowId);
  await handle.cancel();
  while (await isRunning(client, workflowId)) await sleep(300);
}

/** The plan that the last run under this id ended with, where that is not the one that it began with. */
async function changedPlan(client: Client, workflowId: string): Promise<Plan | null> {
  const handle = client.workflow.getHandle(workflowId);
  try {
    const { memo } = await call(client, () => handle.describe());
    if (memo?.[CHANGED_PLAN_MEMO] === undefined) return null;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return null;
    throw error;
  }
  for (let tries = 1; ; tries++) {
    try {
      return planSchema.parse(await call(client, () => handle.query(curriculumPlanQuery)));
    } catch (error) {
      if (!isUnanswered(error)) throw error;
      if (tries < ASK_TIMES) continue;
      throw new StagewrightError(
        'ServerUnreachable',
        `the earlier run ${workflowId} was changed (amended, or a stage skipped), and no worker answers what to. ` +
          'Start one (stagewright up, or stagewright worker), or run with --anew to begin as the recipe says.',
      );
    }
  }
}

async function isRunning(client: Client, workflowId: string): Promise<boolean> {
  try {
    const { status } = await call(client, () => client.workflow.getHandle(workflowId).describe());
    return status.name === 'RUNNING';
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    if (isUnanswered(error)) return true;
    throw error;
  }
}

function refusal(recipe: string, others: readonly string[]): StagewrightError {
  return new StagewrightError(
    'AlreadyRuns',
    `another plan of recipe ${recipe} still runs: ${others.join(', ')}. ` +
      `Either watch it (stagewright watch ${others[0] ?? ''}), or run again with --replace: it is cancelled then, and stages that ` +
      'are equal in both plans are reused.',
  );
}
