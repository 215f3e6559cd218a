/** Holds a disturbed run against the undisturbed one, from the evidence in their stores. It runs nothing. */
import { canonicalJson } from '../core/canonical-json.js';
import type { Plan } from '../core/plan.js';
import { readStage, wrongResumes, type StageEvidence } from './evidence.js';
import type { Found } from './processes.js';

export interface Disturbance {
  readonly aimed: boolean;
  readonly phase: string;
  readonly victim: string;
  readonly damage: string | null;
}
export interface Case {
  readonly plan: Plan;
  /** Store folders. */
  readonly reference: string;
  readonly disturbed: string;
  readonly done: readonly Disturbance[];
  readonly kills: number;
  readonly left: readonly Found[];
}

export function judge({ plan, reference, disturbed, done, kills, left }: Case): {
  problems: string[];
  summary: string;
} {
  const problems: string[] = [];
  const damages = done.filter((d) => d.damage !== null).length;
  const aimed = done.filter((d) => d.aimed).length;
  const trained = { planned: 0, actual: 0, resumes: 0, passedOver: 0 };
  for (const stage of plan.stages) {
    const quiet = readStage(reference, stage.key);
    const shaken = readStage(disturbed, stage.key);
    if (quiet.exported === null) problems.push(`stage ${stage.name}: the undisturbed run has no result`);
    else if (shaken.exported === null || canonicalJson(shaken.exported) !== canonicalJson(quiet.exported))
      problems.push(
        `stage ${stage.name}: export differs from the undisturbed run's: ${JSON.stringify(shaken.exported)}`,
      );
    problems.push(...wrongResumes(shaken));
    count(trained, stage.objective.training.steps, shaken);
  }
  // Lost work is at most one checkpoint interval for each kill, and one more for each damaged checkpoint.
  const interval = Math.max(...plan.stages.map((s) => s.checkpoints.save_every_steps));
  const bound = trained.planned + (done.length + damages) * interval;
  if (trained.actual > bound)
    problems.push(`${trained.actual} steps were trained; at most ${bound} may be (${trained.planned} planned)`);
  if (done.length < kills) problems.push(`the run ended after ${done.length} of ${kills} kills`);
  if (kills >= 3 && aimed * 3 < done.length) problems.push(`only ${aimed} of ${done.length} kills were aimed`);
  for (const process of left) problems.push(`process ${process.pid} was left: ${process.command.slice(0, 120)}`);
  const summary =
    `campaign ${problems.length === 0 ? 'passed' : 'failed'}: ${done.length} kills (${aimed} aimed), ` +
    `by phase ${tally(done.map((d) => d.phase))}, by victim ${tally(done.map((d) => d.victim))}; ${damages} checkpoints damaged, ` +
    `${trained.passedOver} passed over; ${trained.resumes} resumes, all exports ${problems.some((p) => p.includes('export')) ? 'NOT ' : ''}equal; ` +
    `${trained.actual} steps trained for ${trained.planned} planned (at most ${bound}); ${left.length} processes left`;
  return { problems, summary };
}

function count(
  trained: { planned: number; actual: number; resumes: number; passedOver: number },
  steps: number,
  stage: StageEvidence,
): void {
  trained.planned += steps;
  for (const epoch of stage.epochs) {
    trained.actual += epoch.steps.length;
    trained.passedOver += epoch.passedOver;
    if (epoch.resumedAt > 0) trained.resumes += 1;
  }
}

function tally(names: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return `{${[...counts].map(([name, n]) => `${name}: ${n}`).join(', ')}}`;
}
