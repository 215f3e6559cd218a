/** Reads the store (and, where there is one, the server) for a few plans; gives tables as text, figures as JSON, and the HTML file. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import type { Planned } from '../../client/plan-file.js';
import type { Plan } from '../../core/plan.js';
import { openStore, type Store } from '../../store/store.js';
import { ROOT } from '../root.js';
import { accuracyByRecipe, type AccuracyTable, type KindCapabilities } from './accuracy.js';
import { accuracyText } from './accuracy-text.js';
import { recipeFigures, type RecipeFigures } from './figures.js';
import { funnelText } from './funnel-text.js';
import type { RunHistory } from './history.js';
import { reportPage, type RecipePart } from './page.js';
import { readAnswers, readResults, type RecipeResults } from './results.js';
import { readSamples } from './samples.js';

export interface ReportOptions {
  /** Folder of the store. */
  readonly store: string;
  readonly planned: readonly Planned[];
  /** The HTML file; replaced whole. */
  readonly out: string;
  readonly title: string;
  /** Of the terminal that the text is for; without it the tables are as wide as they are. */
  readonly width?: number | undefined;
  /** What a server knows of a plan's run; without it the page says that this part is missing. */
  readonly history?: (plan: Plan) => Promise<RunHistory>;
}
export interface ReportFigures {
  readonly schema: 'stagewright/report@1';
  readonly title: string;
  readonly made_at: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly recipes: readonly RecipeFigures[];
  readonly comparison: readonly AccuracyTable[];
}
export interface Report {
  /** Tables for a terminal. */
  readonly text: string;
  /** Absolute path of the HTML. */
  readonly file: string;
  readonly figures: ReportFigures;
}

const NO_SERVER = { kind: 'missing', why: 'no server was asked' } as const;

/** @throws StagewrightError StoreUnreachable where there is no store, Internal naming a stored file that breaks its schema. */
export async function writeReport({
  store: folder,
  planned,
  out,
  title,
  width,
  history,
}: ReportOptions): Promise<Report> {
  const store = await openStore(folder, { create: false });
  const parts: RecipePart[] = [];
  const kinds = new Map<string, string>();
  for (const { plan, text, recipe } of planned) {
    const run = history === undefined ? NO_SERVER : await history(plan);
    const results = await readResults(store, plan, text, run.kind === 'read' ? run.plans : []);
    for (const [kind, capability] of await readKinds(store, results)) kinds.set(kind, capability);
    const figures = recipeFigures(results, kinds, run);
    parts.push({ recipe, results, figures, samples: await readSamples(store, results) });
  }
  const all = parts.map((part) => part.results);
  const funnels: string[] = [];
  for (const { plan } of all) {
    const kept = await funnelText(store, plan);
    if (kept !== null) funnels.push(kept);
  }
  const comparison = all.length > 1 ? accuracyByRecipe(all, kinds) : [];
  const madeAt = new Date();
  const page = await reportPage({ title, madeAt, versions: versions(), recipes: parts, comparison });
  const file = resolve(out);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(`${file}.part`, page);
  await rename(`${file}.part`, file);
  const text = [
    ...parts.flatMap(({ figures }) =>
      figures.accuracy.map((t) => accuracyText(t, `${figures.recipe}, after each stage,`, width)),
    ),
    ...comparison.map((t) => accuracyText(t, 'Recipes side by side (last stages),', width)),
    ...funnels,
  ].join('\n\n');
  const recipes = parts.map((part) => part.figures);
  const figures = {
    schema: 'stagewright/report@1',
    title,
    made_at: madeAt.toISOString(),
    versions: versions(),
    recipes,
    comparison,
  } as const;
  return { text, file, figures };
}

/** Capability of each kind of question, from the answers of the first evaluation of each data set. */
async function readKinds(store: Store, { stages }: RecipeResults): Promise<KindCapabilities> {
  const kinds = new Map<string, string>();
  const seen = new Set<string>();
  for (const { evaluation, summary } of stages.flatMap((s) => s.evaluations)) {
    if (summary === null || seen.has(evaluation.data.key)) continue;
    seen.add(evaluation.data.key);
    for (const { kind, capability } of await readAnswers(store, evaluation.key)) kinds.set(kind, capability);
  }
  return kinds;
}

function versions(): Record<string, string> {
  const require = createRequire(import.meta.url);
  const own = z.object({ version: z.string() });
  const installed = (name: string): string => own.parse(require(`${name}/package.json`)).version;
  return {
    stagewright: own.parse(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))).version,
    'onnxruntime-node': installed('onnxruntime-node'),
    'Temporal SDK': installed('@temporalio/worker'),
    'Node.js': process.versions.node,
    machine: `${process.platform}-${process.arch}`,
  };
}
