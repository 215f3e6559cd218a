/**
 * The package's door `.`: plugins for a Worker of one's own, the ready Worker, settings, and what a client does. Node only; workflows
 * import from `stagewright/workflow`.
 */
export { stagewrightPlugins } from './workers/plugins/all.js';
export { compose, ComposedPlugin, type AnyPlugin } from './workers/plugins/compose.js';
export { DomainPlugin } from './workers/plugins/domain-plugin.js';
export {
  ControlPlugin,
  DataPlugin,
  EvaluationPlugin,
  StorePlugin,
  type StoreSettings,
} from './workers/plugins/domains.js';
export { InferencePlugin, type InferencePluginSettings } from './workers/plugins/inference.js';
export { TrainingPlugin, type TrainingPluginSettings } from './workers/plugins/training.js';

export { TracingPlugin } from './workers/telemetry/tracing-plugin.js';

export { bundlePath } from './workers/bundle.js';
export { ROLES, type Role } from './workers/roles.js';
export { runWorker } from './workers/run-worker.js';
export { readSettings, type Settings } from './workers/settings.js';
export { readServer, type ServerSettings } from './workers/server-settings.js';
export { defineSettings, type GivenSettings } from './workers/settings-object.js';

export { verifyStage, pinStep, unpinStep, type Checked, type CheckedPart } from './client/checkpoints.js';
export { collectGarbage, stagesInUse, type CollectOptions, type GarbageReport } from './client/collect-garbage.js';
export { connect } from './client/connection.js';
export { controlRun, type Control, type Controlled } from './client/control.js';
export { openCurves, type CurveReader } from './client/curves.js';
export { exportWeights, type Exported, type ExportOptions, type Provenance } from './client/export-weights.js';
export { findCurriculum, listCurricula, pickStage, type FindOptions, type Listed } from './client/find-curriculum.js';
export { planFile, type Planned, type PlanOptions } from './client/plan-file.js';
export { refuseBlocked } from './client/plan-view/blocked.js';
export { viewPlan, viewVariants, type ViewOptions } from './client/plan-view/view.js';
export { readRecipe, readVariantNames } from './client/recipe-file.js';
export { readStatus, type Ended } from './client/read-status.js';
export { readSearchAttributes, registerSearchAttributes, type AttributeStates } from './client/search-attributes.js';
export { takeSnapshot, type Live, type Snapshot } from './client/snapshot.js';
export { cancelAndWait, openCurricula, startCurriculum, type Started } from './client/start-curriculum.js';
export { openStageLog, type StageLog } from './client/stage-logs.js';
export { findOneStage, findStages, type NamedStage } from './client/store-stages.js';
export { watchCurriculum, type WatchEnd, type Watcher, type WatchOptions } from './client/watch.js';

export { openStore, type Store } from './store/store.js';
export { StagewrightError, type FailureType } from './core/failures.js';
