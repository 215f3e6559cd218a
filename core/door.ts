/**
 * The package's door `./core`: recipes, plans and keys, states and failures as plain data and pure functions. Safe in workflows, in
 * browsers and in Node alike; no I/O, nothing of Temporal.
 */
export { recipeSchema, type Recipe, type Stage, type Variant } from './recipe.js';
export { recipeComplaints } from './recipe-checks.js';
export { resolveVariant, variantNames } from './variants.js';
export {
  planRecipe,
  planSchema,
  plannedEvaluationSchema,
  plannedStageSchema,
  stageKeyMaterial,
  type CheckpointOf,
  type Plan,
  type PlanFacts,
  type PlannedData,
  type PlannedEvaluation,
  type PlannedStage,
} from './plan.js';
export { planViewSchema, type PlanView } from './plan-view.js';
export { planAgain, planChangeSchema, type PlanChange } from './plan-again.js';
export {
  describeGate,
  gateSchema,
  measuredSchema,
  whyFailed,
  type Gate,
  type Measured,
  type MeasuredGate,
} from './gate.js';
export { describeOrder, orderSchema, type Order } from './order.js';
export {
  curriculumStatusSchema,
  stageStatusSchema,
  type CurriculumState,
  type CurriculumStatus,
  type GateStatus,
  type Question,
  type StageState,
  type StageStatus,
} from './states.js';
export {
  CURRICULUM_UPDATES,
  judgeCurriculum,
  judgeStage,
  STAGE_UPDATES,
  type CurriculumUpdate,
  type Judged,
  type StageUpdate,
} from './control.js';
export {
  manifestSchema,
  stageResultSchema,
  type CheckpointRef,
  type Manifest,
  type StageResult,
} from './checkpoint.js';
export {
  evaluationSummarySchema,
  gradedAnswerSchema,
  type EvaluationSummary,
  type GradedAnswer,
} from './evaluation.js';
export { metricsLineSchema, type MetricsLine } from './metrics.js';
export { FAILURES, isFailureType, StagewrightError, type FailureType } from './failures.js';
export {
  classQueue,
  controlQueue,
  cpuQueue,
  curriculumId,
  evaluationId,
  hostQueue,
  QUEUE_PREFIX,
  SEARCH_ATTRIBUTES,
  stageId,
  type Queues,
} from './ids.js';
export { canonicalJson, derivationKey } from './canonical-json.js';
export { verify } from './verify/verify.js';
export { verifierNamed, VERIFIERS, type Verifier, type VerifierName } from './verify/verifiers.js';
export { verifySettingsSchema, type VerifySettings } from './verify/settings.js';
export {
  REASONS,
  VERIFIER_VERSION,
  type Item as VerifyItem,
  type Result as VerifyResult,
  type Verdict as VerifyVerdict,
} from './verify/contract.js';
