/**
 * Many seeds of the demo's recipes, through the product itself: `npm run seeds -- --seeds 1-10 [--arms staged,merged,visual-only]`.
 * Prints every seed and the 95 % t intervals over seeds; none is dropped. A seed whose base misses the floors fails the run. What
 * is trained already is reused, so it can be interrupted and started again.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import CliTable from 'cli-table3';
import { ROOT } from '../cli/root.js';
import { PLAIN_TABLE } from '../cli/tables.js';
import { canonicalJson } from '../core/canonical-json.js';
import { evaluationSummarySchema, type EvaluationSummary } from '../core/evaluation.js';
import type { Plan } from '../core/plan.js';
import { tInterval } from '../core/t-interval.js';
import { planSeed, runPlans } from './run-plans.js';
import { parseSeeds } from './seed-list.js';

const ARMS = ['staged', 'merged', 'visual-only'] as const;
type Arm = (typeof ARMS)[number];
/** All arms train on questions as they come; what the funnel changes is funnel.ts's. */
const RECIPES: Record<Arm, (seed: number) => Parameters<typeof planSeed>> = {
  staged: (seed) => ['digits-staged', seed, 'unfiltered'],
  merged: (seed) => ['digits-merged', seed],
  'visual-only': (seed) => ['digits-visual-only', seed],
};
const FLOORS = { perception: 0.7, captionAt: 0.95, format: 0.9, visualLow: 0.15, visualHigh: 0.7 };
const say = (text: string): void => void process.stderr.write(`seeds: ${text}\n`);

interface Point {
  readonly seed: number;
  /** Arm and stage, e.g. `staged/visual`; the shared base is `base`. */
  readonly model: string;
  readonly perception: number;
  readonly textual: number;
  readonly visual: number;
  readonly caption_at: number;
  readonly format: number;
  readonly by_digit: Readonly<Record<string, number>>;
  readonly by_letter: Readonly<Record<string, number>>;
}

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1-10' },
    arms: { type: 'string', default: ARMS.join(',') },
    home: { type: 'string', default: '.stagewright/seeds' },
    out: { type: 'string' },
  },
});
const home = resolve(ROOT, values.home);
const seeds = parseSeeds(values.seeds);
const arms = ARMS.filter((arm) => values.arms.split(',').includes(arm));
const plans: { arm: Arm; plan: Plan }[] = [];
for (const seed of seeds) for (const arm of arms) plans.push({ arm, plan: await planSeed(...RECIPES[arm](seed)) });

await runPlans(
  plans.map(({ plan }) => plan),
  home,
  say,
);

const points = [
  ...new Map(plans.flatMap(({ arm, plan }) => pointsOf(arm, plan)).map((p) => [`${p.seed} ${p.model}`, p])).values(),
];
points.sort((a, b) => a.seed - b.seed || a.model.localeCompare(b.model));
if (values.out !== undefined) writeFileSync(values.out, points.map((point) => `${canonicalJson(point)}\n`).join(''));
process.stdout.write(`${table(points)}\n\n${differences(points)}\n`);
const failed = floorsMissed(points);
for (const miss of failed) process.stdout.write(`FLOOR MISSED: ${miss}\n`);
process.stdout.write(`${seeds.length} seeds, ${failed.length} floors missed\n`);
process.exitCode = failed.length === 0 ? 0 : 1;

function pointsOf(arm: Arm, plan: Plan): Point[] {
  return plan.evaluations.map(({ key, stage }) => {
    const file = join(home, 'store', 'evaluations', key, 'summary.json');
    const summary = evaluationSummarySchema.parse(JSON.parse(readFileSync(file, 'utf8')));
    return pointOf(plan.seed, stage === 'base' ? 'base' : `${arm}/${stage}`, summary);
  });
}

function pointOf(seed: number, model: string, summary: EvaluationSummary): Point {
  const share = ({ n, correct } = { n: 0, correct: 0 }): number => correct / n;
  const shares = (of: Record<string, { n: number; correct: number }>): Record<string, number> =>
    Object.fromEntries(Object.entries(of).map(([name, tally]) => [name, round(share(tally))]));
  return {
    seed,
    model,
    perception: round(share(summary.by_capability['perception'])),
    textual: round(share(summary.by_capability['textual_reasoning'])),
    visual: round(share(summary.by_capability['visual_reasoning'])),
    caption_at: round(share(summary.by_kind['caption_at'])),
    format: round(summary.format / summary.n),
    by_digit: shares(summary.by_digit),
    by_letter: shares(summary.by_letter),
  };
}

function round(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}

function table(rows: readonly Point[]): string {
  const models = [...new Set(rows.map((p) => p.model))];
  const grid = new CliTable({
    head: ['seed', ...models.map((m) => `${m} p/t/v`), 'base caption', 'base format'],
    ...PLAIN_TABLE,
  });
  const cell = (p: Point | undefined): string =>
    p === undefined ? '' : [p.perception, p.textual, p.visual].map((x) => x.toFixed(3)).join(' ');
  for (const seed of new Set(rows.map((p) => p.seed))) {
    const of = (model: string): Point | undefined => rows.find((p) => p.seed === seed && p.model === model);
    const base = of('base');
    grid.push([
      String(seed),
      ...models.map((m) => cell(of(m))),
      base?.caption_at.toFixed(3) ?? '',
      base?.format.toFixed(3) ?? '',
    ]);
  }
  return `accuracy on held-out scenes: perception, textual, visual\n${grid.toString()}`;
}

function differences(rows: readonly Point[]): string {
  const last = { staged: 'staged/visual', merged: 'merged/merged', 'visual-only': 'visual-only/visual' };
  const pairs = [
    [last.staged, 'base'],
    ['staged/perception', 'base'],
    [last.staged, last.merged],
    [last.staged, last['visual-only']],
    [last.merged, last['visual-only']],
  ] as const;
  const lines = pairs.flatMap(([a, b]) =>
    (['visual', 'perception', 'textual'] as const).flatMap((metric) => {
      const values = seeds.flatMap((seed) => {
        const of = (model: string): number | undefined =>
          rows.find((p) => p.seed === seed && p.model === model)?.[metric];
        const [x, y] = [of(a), of(b)];
        return x === undefined || y === undefined ? [] : [100 * (x - y)];
      });
      if (values.length < 2) return [];
      const { mean, low, high, n } = tInterval(values);
      const signed = (v: number): string => (v >= 0 ? '+' : '') + v.toFixed(1);
      const above = values.filter((v) => v > 0).length;
      return [
        `${a} - ${b}, ${metric}: ${signed(mean)} [${signed(low)}, ${signed(high)}] points, ${above} of ${n} seeds above 0`,
      ];
    }),
  );
  return `differences over seeds, 95 % t interval\n${lines.join('\n')}`;
}

function floorsMissed(rows: readonly Point[]): string[] {
  return rows
    .filter((p) => p.model === 'base')
    .flatMap((p) => [
      ...(p.perception < FLOORS.perception ? [`seed ${p.seed}: base perception ${p.perception}`] : []),
      ...(p.caption_at < FLOORS.captionAt ? [`seed ${p.seed}: base caption at ${p.caption_at}`] : []),
      ...(p.format < FLOORS.format ? [`seed ${p.seed}: base format ${p.format}`] : []),
      ...(p.visual < FLOORS.visualLow || p.visual > FLOORS.visualHigh
        ? [`seed ${p.seed}: base visual ${p.visual}`]
        : []),
    ]);
}
