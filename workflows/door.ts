/**
 * The package's door `./workflow`: what a workflow of one's own imports, and what its file re-exports so that a worker serves it.
 * Sandbox-safe: nothing here reaches Node.
 */
export { byDifficulty } from './blocks/by-difficulty.js';
export { capabilityCurriculum, type CurriculumOptions } from './blocks/capability-curriculum.js';
export { createDesk } from './blocks/desk.js';
export { evaluate, type EvaluateOptions } from './blocks/evaluate.js';
export { gate, type Decision, type Desk, type GateOutcome, type GateSubject } from './blocks/gate.js';
export {
  filterPerception,
  plannedSet,
  scoreDifficulty,
  synthesize,
  type MadeData,
  type MakeDataOptions,
} from './blocks/make-data.js';
export { runStage, type RunStageOptions, type StageOutcome, type StageWeights } from './blocks/run-stage.js';
/** Children of the blocks: a worker of one's own serves them only if its workflow file re-exports them. */
export { curriculumWorkflow, dataWorkflow, evaluationWorkflow, stageWorkflow } from './index.js';
export {
  answerUpdate,
  curriculumPlanQuery,
  curriculumStatusQuery,
  curriculumUpdates,
  dataStatusQuery,
  dataUpdates,
  gateUpdates,
  stageStatusQuery,
  stageUpdates,
  type CurriculumEnd,
  type CurriculumInput,
  type DataEnd,
  type DataInput,
  type EvaluationInput,
  type Placement,
  type StageEnd,
  type StageInput,
} from './messages.js';
export type { Gate } from '../core/gate.js';
export type { Order } from '../core/order.js';
export type { Plan, PlannedData, PlannedEvaluation, PlannedStage } from '../core/plan.js';
export type { DataStatus } from '../core/data/work.js';
export type { CurriculumStatus, StageStatus } from '../core/states.js';
