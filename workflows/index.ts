/** All workflows that a worker serves: the entry of the bundle. */
export { curriculumWorkflow } from './curriculum.js';
export { dataWorkflow } from './data.js';
export { evaluationWorkflow } from './evaluation.js';
export { stageWorkflow } from './stage.js';
