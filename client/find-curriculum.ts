/**
 * Which run a person means: a recipe's file, its name, or a workflow id; the only open one where nothing is said. And which stage of
 * it: its name, or the first letters of its key.
 */
import { existsSync } from 'node:fs';
import type { Client } from '@temporalio/client';
import { StagewrightError } from '../core/failures.js';
import { curriculumId, curriculumIdPrefix } from '../core/ids.js';
import { hint } from '../core/nearest-name.js';
import { planFile } from './plan-file.js';

const ANY = 'stagewright/curriculum/';
/** Names of recipes are gathered from so many runs. */
const LOOK_BACK = 200;

export interface Listed {
  readonly workflowId: string;
  readonly runId: string;
  /** Of the recipe, its variant included. */
  readonly recipe: string;
  /** Temporal's, in lower case: `running`, `completed`, `failed`, `canceled`, `terminated`. */
  readonly state: string;
  readonly started: Date;
  readonly ended: Date | null;
}

export interface FindOptions {
  /** Of the recipe that is meant by file or name. */
  readonly variant?: string | undefined;
  /** Take a stage's workflow id too. */
  readonly stages?: boolean;
  /** Told when another run is taken than the one that the file describes. */
  readonly say?: (text: string) => void;
}

/** Open ones first, then newest first; of all recipes without a name. */
export async function listCurricula(client: Client, recipe?: string, limit = 20): Promise<Listed[]> {
  const prefix = recipe === undefined ? ANY : curriculumIdPrefix(recipe);
  const query = `WorkflowType = 'curriculumWorkflow' AND WorkflowId STARTS_WITH '${prefix}'`;
  const found: Listed[] = [];
  for await (const { workflowId, runId, status, startTime, closeTime } of client.workflow.list({ query })) {
    const name = workflowId.slice(ANY.length, workflowId.lastIndexOf('/'));
    found.push({
      workflowId,
      runId,
      recipe: name,
      state: status.name.toLowerCase(),
      started: startTime,
      ended: closeTime ?? null,
    });
    if (found.length >= limit) break;
  }
  const open = ({ state }: Listed): number => (state === 'running' ? 0 : 1);
  return found.sort((a, b) => open(a) - open(b) || b.started.getTime() - a.started.getTime());
}

/**
 * @param meant undefined = the only run that is open
 * @returns the id of a curriculum's workflow, or of a stage's where one was named
 * @throws StagewrightError UnknownName when there is none, or more than one without a name; RecipeInvalid for a broken file
 */
export async function findCurriculum(client: Client, meant?: string, options: FindOptions = {}): Promise<string> {
  if (meant === undefined || meant === '') return theOpenOne(client);
  if (meant.startsWith(ANY) || (options.stages === true && meant.startsWith('stagewright/stage/'))) return meant;
  if (existsSync(meant)) return ofFile(client, meant, options);
  const name = options.variant === undefined ? meant : `${meant}.${options.variant}`;
  if (!/^[a-z0-9][a-z0-9._-]*$/u.test(name))
    throw new StagewrightError('UnknownName', `there is no file "${meant}", and no recipe can have that name`);
  const [newest] = await listCurricula(client, name, 1);
  if (newest !== undefined) return newest.workflowId;
  const names = [...new Set((await listCurricula(client, undefined, LOOK_BACK)).map((one) => one.recipe))];
  throw new StagewrightError(
    'UnknownName',
    `no run of a recipe "${name}" was ever started on this server, and there is no file of that name; ${hint(name, names)}`,
  );
}

async function theOpenOne(client: Client): Promise<string> {
  const open = (await listCurricula(client, undefined, LOOK_BACK)).filter((one) => one.state === 'running');
  const [one, ...more] = open;
  if (one === undefined)
    throw new StagewrightError('UnknownName', 'nothing runs on this server; `stagewright list` shows what ran');
  if (more.length > 0)
    throw new StagewrightError(
      'UnknownName',
      `${open.length} runs are open; say which: ${open.map((run) => run.recipe).join(', ')}`,
    );
  return one.workflowId;
}

/** The run of the file's plan; else, since the file may have been changed or run with another seed, the newest of its recipe. */
async function ofFile(client: Client, file: string, { variant, say }: FindOptions): Promise<string> {
  const { plan } = await planFile(file, { variant });
  const exact = curriculumId(plan.recipe, plan.hash);
  const runs = await listCurricula(client, plan.recipe, LOOK_BACK);
  const [newest] = runs;
  if (newest === undefined)
    throw new StagewrightError(
      'UnknownName',
      `recipe ${plan.recipe} (${file}) was never started on this server; start it with: stagewright run ${file}${variant === undefined ? '' : ` --variant ${variant}`}`,
    );
  const same = runs.find((run) => run.workflowId === exact);
  if (same !== undefined && (same.state === 'running' || newest.state !== 'running')) return exact;
  if (same === undefined || newest.workflowId !== exact)
    say?.(`${file} is not what runs (it was changed, or run with another seed); meaning ${newest.workflowId}`);
  return newest.workflowId;
}

/** A stage among those of a run. @throws StagewrightError UnknownName with the nearest right name */
export function pickStage<T extends { readonly name: string; readonly key: string }>(
  stages: readonly T[],
  meant: string,
): T {
  const found =
    // The newest first: an amended stage has the name of the one that it superseded.
    [...stages].reverse().find((stage) => stage.name === meant) ??
    stages.find((stage) => meant.length >= 4 && stage.key.startsWith(meant));
  if (found !== undefined) return found;
  const names = [...new Set(stages.map((stage) => stage.name))];
  throw new StagewrightError('UnknownName', `no stage "${meant}"; ${hint(meant, names)}`);
}
