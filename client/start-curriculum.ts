/**
 * Starts a plan, or attaches to the run that is at it. Another plan of the same recipe that still runs is refused, or replaced
 * when that was asked for. It does not watch.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { controlQueue, curriculumId, curriculumIdPrefix } from '../core/ids.js';
import type { Plan } from '../core/plan.js';
import type { Settings } from '../workers/settings.js';
import type { CurriculumInput } from '../workflows/messages.js';
import { call, isUnanswered } from './connection.js';
import { StagewrightError } from '../core/failures.js';
import { refuseBlocked } from './plan-view/blocked.js';
import { readSearchAttributes, switchedOff } from './search-attributes.js';

export interface Started {
  readonly workflowId: string;
  readonly runId: string;
  readonly attached: boolean;
}

export async function startCurriculum(
  client: Client,
  plan: Plan,
  settings: Settings,
  { replace, say }: { replace: boolean; say: (text: string) => void },
): Promise<Started> {
  const workflowId = curriculumId(plan.recipe, plan.hash);
  const running = await isRunning(client, workflowId);
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
