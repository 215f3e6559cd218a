/** Which curriculum or stage a person means: a recipe's file, its name, a workflow id; a stage's name or the first letters of its key. */
import { existsSync } from 'node:fs';
import type { Client } from '@temporalio/client';
import { curriculumId, curriculumIdPrefix } from '../core/ids.js';
import type { StageStatus } from '../core/states.js';
import { StagewrightError } from '../core/failures.js';
import { planFile } from './plan-file.js';
import { takeSnapshot } from './snapshot.js';

export interface Listed {
  readonly workflowId: string;
  readonly state: string;
  readonly started: Date;
}

/** Newest first; all recipes without a name. */
export async function listCurricula(client: Client, recipe?: string, limit = 20): Promise<Listed[]> {
  const prefix = recipe === undefined ? 'stagewright/curriculum/' : curriculumIdPrefix(recipe);
  const query = `WorkflowType = 'curriculumWorkflow' AND WorkflowId STARTS_WITH '${prefix}'`;
  const found: Listed[] = [];
  for await (const { workflowId, status, startTime } of client.workflow.list({ query })) {
    found.push({ workflowId, state: status.name.toLowerCase(), started: startTime });
    if (found.length >= limit) break;
  }
  return found.sort((a, b) => b.started.getTime() - a.started.getTime());
}

/** @throws StagewrightError UnknownName when there is none. */
export async function findCurriculum(client: Client, meant: string): Promise<string> {
  if (meant.startsWith('stagewright/curriculum/')) return meant;
  if (existsSync(meant)) {
    const { plan } = await planFile(meant);
    return curriculumId(plan.recipe, plan.hash);
  }
  if (!/^[a-z0-9._-]+$/u.test(meant))
    throw new StagewrightError('UnknownName', `there is no file "${meant}", and no recipe can have that name`);
  const [newest] = await listCurricula(client, meant, 1);
  if (newest === undefined)
    throw new StagewrightError('UnknownName', `no curriculum of a recipe "${meant}" was ever started on this server`);
  return newest.workflowId;
}

/** Looks through the curricula of the server, newest first. @throws StagewrightError UnknownName when none has the stage. */
export async function findStage(client: Client, meant: string, recipe?: string): Promise<StageStatus> {
  const ids =
    recipe === undefined
      ? (await listCurricula(client)).map((c) => c.workflowId)
      : [await findCurriculum(client, recipe)];
  const names = new Set<string>();
  for (const id of ids) {
    const { status } = await takeSnapshot(client, id);
    for (const stage of status.stages) {
      if (stage.name === meant || (meant.length >= 4 && stage.key.startsWith(meant))) return stage;
      names.add(stage.name);
    }
  }
  throw new StagewrightError('UnknownName', `no stage "${meant}"; known: ${[...names].join(', ') || 'none'}`);
}
