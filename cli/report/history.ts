/** Asks a server what it knows of a curriculum: its status, and the histories of the curriculum and its stages. */
import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { call, isUnanswered } from '../../client/connection.js';
import { curriculumId, stageId } from '../../core/ids.js';
import type { Plan } from '../../core/plan.js';
import { curriculumStatusSchema, type CurriculumStatus } from '../../core/states.js';
import { curriculumStatusQuery } from '../../workflows/messages.js';
import { readRun, type ReadHistory, type RunEvent } from './run-events.js';

export type RunHistory =
  | { readonly kind: 'missing'; readonly why: string }
  | {
      readonly kind: 'read';
      readonly workflowId: string;
      /** Null where no worker answers the query. */
      readonly status: CurriculumStatus | null;
      /** In the order of time. */
      readonly events: readonly RunEvent[];
      readonly plans: readonly Plan[];
    };

/** Runs of one workflow, each continued as the next: more than this is read from the newest on. */
const MOST_RUNS = 50;

export async function readHistory(client: Client, asked: Plan): Promise<RunHistory> {
  const workflowId = curriculumId(asked.recipe, asked.hash);
  try {
    const own = await readRuns(client, workflowId, null);
    if (own === null) return { kind: 'missing', why: `the server knows no curriculum ${workflowId}` };
    const plans = own.plans.length > 0 ? own.plans : [asked];
    const keys = new Map(plans.flatMap((plan) => plan.stages.map((stage) => [stage.key, stage.name] as const)));
    const stages = await Promise.all([...keys].map(([key, name]) => readRuns(client, stageId(key), name)));
    const events = [own, ...stages].flatMap((read) => read?.events ?? []);
    return { kind: 'read', workflowId, status: await readStatus(client, workflowId), events: merged(events), plans };
  } catch (error) {
    if (isUnanswered(error)) return { kind: 'missing', why: 'the server did not answer' };
    throw error;
  }
}

/** Null where the server has no such workflow, or has it no more. */
async function readRuns(client: Client, workflowId: string, stage: string | null): Promise<ReadHistory | null> {
  const runs: ReadHistory[] = [];
  let runId: string | undefined;
  do {
    const handle = client.workflow.getHandle(workflowId, runId);
    try {
      const history = await call(client, () => handle.fetchHistory());
      runs.unshift(await readRun(history, stage, client.options.loadedDataConverter));
    } catch (error) {
      if (!isUnknown(error)) throw error;
      break;
    }
    runId = runs[0]?.before ?? undefined;
  } while (runId !== undefined && runs.length < MOST_RUNS);
  if (runs.length === 0) return null;
  return { events: runs.flatMap((run) => run.events), plans: runs.flatMap((run) => run.plans), before: null };
}

async function readStatus(client: Client, workflowId: string): Promise<CurriculumStatus | null> {
  try {
    const status = await call(client, () => client.workflow.getHandle(workflowId).query(curriculumStatusQuery));
    const parsed = curriculumStatusSchema.safeParse(status);
    return parsed.success ? parsed.data : null;
  } catch (error) {
    if (isUnanswered(error) || isUnknown(error)) return null;
    throw error;
  }
}

/** Histories are asked for by the raw call: what is not there is gRPC's not found (5). */
function isUnknown(error: unknown): boolean {
  return error instanceof WorkflowNotFoundError || (error instanceof Error && 'code' in error && error.code === 5);
}

/** An update that the curriculum passed on to its stage is told once, by the stage. */
function merged(events: readonly RunEvent[]): RunEvent[] {
  const ofStages = new Set(events.filter((e) => e.stage !== null && e.id !== null).map((e) => e.id));
  return events
    .filter((e) => e.stage !== null || e.id === null || !ofStages.has(e.id))
    .sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
}
