/** gc of a store: what may go by the store, less what curricula on the server still want. */
import type { Client } from '@temporalio/client';
import { stageId } from '../core/ids.js';
import {
  freeStage,
  removeLeftOver,
  surveyGarbage,
  surveyLeftOvers,
  surveyRest,
  type GarbageOptions,
  type StageGarbage,
  type Waste,
} from '../store/garbage.js';
import type { Store } from '../store/store.js';
import { isUnanswered } from './connection.js';
import { takeSnapshot } from './snapshot.js';
import { openCurricula } from './start-curriculum.js';

export interface GarbageReport {
  /** Nothing was deleted: `freed` is what would be. */
  readonly dry_run: boolean;
  readonly freed_bytes: number;
  readonly stages: readonly (Omit<StageGarbage, 'waste'> & { readonly freed: readonly Waste[] })[];
  /** Outside stages. */
  readonly left_overs: readonly Waste[];
  /** What gc never frees. */
  readonly rest: readonly { readonly what: string; readonly bytes: number; readonly why: string }[];
}

export interface CollectOptions extends GarbageOptions {
  readonly dryRun: boolean;
  readonly onStage?: (stage: GarbageReport['stages'][number]) => void;
}

/** @throws StagewrightError of the store; what was freed before stays freed */
export async function collectGarbage(store: Store, options: CollectOptions): Promise<GarbageReport> {
  const { dryRun, host, onStage } = options;
  const stages: GarbageReport['stages'][number][] = [];
  for await (const found of surveyGarbage(store, options)) {
    const { waste, ...rest } = found;
    const stage = { ...rest, freed: dryRun ? waste : await freeStage(store, found, host) };
    stages.push(stage);
    onStage?.(stage);
  }
  const left_overs = options.key === undefined ? await surveyLeftOvers(store) : [];
  if (!dryRun) for (const one of left_overs) await removeLeftOver(store, one);
  const freed = [...stages.flatMap((stage) => stage.freed), ...left_overs];
  return {
    dry_run: dryRun,
    freed_bytes: freed.reduce((sum, { bytes }) => sum + bytes, 0),
    stages,
    left_overs,
    rest: await surveyRest(store),
  };
}

/**
 * Why an unfinished stage must be left alone although no runner has it: its workflow is open (paused, parked, queued), or an open
 * curriculum has a stage of its name. By name, since an amended stage that was not launched yet goes on from a checkpoint of one
 * that has another key.
 */
export async function stagesInUse(client: Client): Promise<NonNullable<GarbageOptions['inUse']>> {
  const open = new Set<string>();
  const query = `WorkflowType = 'stageWorkflow' AND ExecutionStatus = 'Running'`;
  for await (const { workflowId } of client.workflow.list({ query })) open.add(workflowId);
  const wanted = new Map<string, string>();
  const silent: string[] = [];
  for (const id of await openCurricula(client)) {
    try {
      const { status } = await takeSnapshot(client, id);
      for (const { name } of status.stages) wanted.set(name, id);
    } catch (error) {
      if (!isUnanswered(error)) throw error;
      silent.push(id);
    }
  }
  return ({ key, name }) => {
    if (open.has(stageId(key))) return 'its workflow is open: paused, waiting or queued';
    const by = name === null ? undefined : wanted.get(name);
    if (by !== undefined) return `${by} runs and has a stage of this name`;
    const [first] = silent;
    return first === undefined ? null : `${first} runs, and no worker answers what it wants`;
  };
}
