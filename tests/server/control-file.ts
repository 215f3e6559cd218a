/** What the files of control tests begin with: workers over a script with two whole checkpoints, and curricula of two stages on them. */
import { randomInt } from 'node:crypto';
import { afterAll, beforeAll, expect, inject } from 'vitest';
import type { Gate } from '../../core/gate.js';
import { stageId } from '../../core/ids.js';
import { sealStage, type Plan, type PlannedStage } from '../../core/plan.js';
import type { stageWorkflow } from '../../workflows/stage.js';
import { key, startCurriculum, until, type CurriculumHandle, type StageHandle } from './control-support.js';
import { evaluationOf, openBench, planOf, stageOf, type Bench } from './harness.js';
import { Script, type Act } from './scripted-activities.js';

export const by = { actor: 'ann', reason: 'why' };
export const rate = { 'training.learning_rate': 0.01 };
export const refusal = (words: string): { refused: string } => ({ refused: expect.stringContaining(words) as string });

export interface Started {
  readonly handle: CurriculumHandle;
  readonly first: PlannedStage;
  readonly second: PlannedStage;
  readonly plan: Plan;
  /** Workflow of the first stage. */
  readonly stage: StageHandle;
}
export interface ControlFile {
  readonly bench: Bench;
  readonly script: Script;
  /** Resolves when a stage of this name is at work. */
  readonly trains: (name: string) => Promise<true>;
  /** Two stages with real keys (a change outside the key must leave them), both evaluated on `rows`. */
  readonly start: (name: string, acts: Act[], gates?: Gate[]) => Promise<Started>;
}

/** Call once, at the top of a file: it opens before its tests and closes after them. */
export function controlFile(): ControlFile {
  const script = new Script();
  let opened: Bench | undefined;
  const bench = (): Bench => opened ?? expect.fail('the bench opens before the tests');
  beforeAll(async () => {
    script.checkpoints = [
      { epoch: 1, step: 4 },
      { epoch: 1, step: 8 },
    ];
    opened = await openBench(inject('temporalAddress'), script);
  });
  afterAll(() => opened?.close());
  return {
    script,
    get bench() {
      return bench();
    },
    trains: (name) => until(async () => script.training.has(name)),
    async start(name, acts, gates = []) {
      script.actsOf.set(name, acts);
      script.actsOf.set(`${name}-next`, []);
      const seed = randomInt(2 ** 31);
      const first = sealStage({ ...stageOf(key(), name), gates, seed });
      const second = sealStage({ ...stageOf(key(), `${name}-next`, first.key), seed });
      const evaluations = [evaluationOf(first, key()), evaluationOf(second, key())];
      const plan = { ...planOf(name, [first, second], key()), evaluations };
      const handle = await startCurriculum(bench(), plan);
      const stage: StageHandle = bench().client.workflow.getHandle<typeof stageWorkflow>(stageId(first.key));
      return { handle, first, second, plan, stage };
    },
  };
}
