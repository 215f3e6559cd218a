/** Builders of workflow ids and task queue names: the only place where they are spelled. */

export const QUEUE_PREFIX = 'stagewright';

/** Same recipe name and same plan hash = the same curriculum. */
export function curriculumId(recipe: string, planHash: string): string {
  return `${curriculumIdPrefix(recipe)}${planHash.slice(0, 16)}`;
}
/** All curricula of a recipe start with it. */
export function curriculumIdPrefix(recipe: string): string {
  return `stagewright/curriculum/${recipe}/`;
}
export function stageId(key: string): string {
  return `stagewright/stage/${key}`;
}
export function evaluationId(key: string): string {
  return `stagewright/evaluation/${key}`;
}
/** The making of a derived data set. */
export function dataId(key: string): string {
  return `stagewright/data/${key}`;
}

/** Where a run's work goes: queues of their own for each kind, or one queue (named by the prefix) for all but hosts' own. */
export interface Queues {
  readonly queuePrefix: string;
  readonly oneQueue?: boolean;
}

/** Workflows. */
export function controlQueue(prefix = QUEUE_PREFIX): string {
  return `${prefix}-control`;
}
/** Data, store and evaluation activities. */
export function cpuQueue(prefix = QUEUE_PREFIX): string {
  return `${prefix}-cpu`;
}
/** `acquireGpu` of a class of hosts. */
export function classQueue(hostClass: string, prefix = QUEUE_PREFIX): string {
  return `${prefix}-gpu-${hostClass}`;
}
/** Everything that must run on one host. */
export function hostQueue(host: string, prefix = QUEUE_PREFIX): string {
  return `${prefix}-host-${host}`;
}

/** Search attributes, all of type Keyword. They are optional: only those that the namespace has registered are written. */
export const SEARCH_ATTRIBUTES = {
  recipe: 'StagewrightRecipe',
  stage: 'StagewrightStage',
  /** The model that is trained. */
  backbone: 'StagewrightBackbone',
  status: 'StagewrightStatus',
} as const;
