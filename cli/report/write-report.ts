/** Reads the store for a few plans and gives the tables as text and the HTML file. */
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Planned } from '../../client/plan-file.js';
import { ROOT } from '../root.js';
import { accuracyByRecipe, accuracyByStage, type KindCapabilities } from './accuracy.js';
import { accuracyText } from './accuracy-text.js';
import { reportPage, type RecipePart } from './page.js';
import { readAnswers, readResults, type RecipeResults } from './results.js';
import { readSamples } from './samples.js';

/** @returns the tables for a terminal and the absolute path of the file, which is replaced whole */
export async function writeReport(
  store: string,
  planned: readonly Planned[],
  out: string,
  title: string,
): Promise<{ text: string; file: string }> {
  const recipes: RecipePart[] = [];
  const kinds = new Map<string, string>();
  for (const { plan, text } of planned) {
    const results = await readResults(store, plan, text);
    for (const [kind, capability] of await readKinds(store, results)) kinds.set(kind, capability);
    recipes.push({ results, tables: accuracyByStage(results, kinds), samples: await readSamples(store, results) });
  }
  const all = recipes.map((r) => r.results);
  const comparison = all.length > 1 ? accuracyByRecipe(all, kinds) : [];
  const page = await reportPage({ title, madeAt: new Date(), versions: versions(), recipes, comparison });
  const file = resolve(out);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(`${file}.part`, page);
  await rename(`${file}.part`, file);
  const text = [
    ...recipes.flatMap(({ results, tables }) =>
      tables.map((t) => accuracyText(t, `${results.plan.recipe}, after each stage,`)),
    ),
    ...comparison.map((t) => accuracyText(t, 'Recipes side by side (last stages),')),
  ].join('\n\n');
  return { text, file };
}

/** Capability of each kind of question, from the answers of the first evaluation of each data set. */
async function readKinds(store: string, { stages }: RecipeResults): Promise<KindCapabilities> {
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
  const installed = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    version: string;
    dependencies: Record<string, string>;
  };
  const dependency = (name: string): string => installed.dependencies[name] ?? '?';
  return {
    stagewright: installed.version,
    'onnxruntime-node': dependency('onnxruntime-node'),
    Temporal: dependency('@temporalio/worker'),
    'Node.js': process.versions.node,
    machine: `${process.platform}-${process.arch}`,
  };
}
