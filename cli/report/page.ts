/**
 * The report: one HTML file that opens offline. Read from the top: what was asked, what came out, did the gates hold, curves,
 * answers, lineage, failures, versions. Puts the parts together; each part is made elsewhere.
 */
import type { Recipe } from '../../core/recipe.js';
import type { AccuracyTable } from './accuracy.js';
import type { RecipeFigures } from './figures.js';
import { html, type Html } from './html.js';
import { askedPart } from './part-asked.js';
import { curvesPart } from './part-curves.js';
import { eventsPart } from './part-events.js';
import { framed, sectionPart, type Section } from './frame.js';
import { gatesPart } from './part-gates.js';
import { lineagePart } from './part-lineage.js';
import { accuracyTables, outcomePart } from './part-outcome.js';
import { versionsPart } from './part-versions.js';
import type { RecipeResults } from './results.js';
import { sampleCards } from './sample-cards.js';
import type { Sample } from './samples.js';
import { slotsOf } from './slots.js';

export interface RecipePart {
  readonly recipe: Recipe;
  readonly results: RecipeResults;
  readonly figures: RecipeFigures;
  readonly samples: readonly Sample[];
}
export interface PageInput {
  readonly title: string;
  readonly madeAt: Date;
  readonly versions: Readonly<Record<string, string>>;
  readonly recipes: readonly RecipePart[];
  /** Recipes side by side; empty for one. */
  readonly comparison: readonly AccuracyTable[];
}

export async function reportPage({ title, madeAt, versions, recipes, comparison }: PageInput): Promise<string> {
  const several = recipes.length > 1;
  const parts = await Promise.all(
    recipes.map(async (part, i) => ({
      name: part.figures.recipe,
      id: `recipe-${i + 1}`,
      sections: await sectionsOf(part, versions, several ? `r${i + 1}-` : ''),
    })),
  );
  const compared =
    comparison.length === 0
      ? null
      : { id: 'comparison', title: 'Recipes side by side', body: comparisonPart(comparison) };
  return framed({
    title,
    meta: html`made ${madeAt.toISOString().slice(0, 16).replace('T', ' ')} UTC by stagewright
    ${versions['stagewright'] ?? ''}`,
    links: [
      ...(compared === null ? [] : [compared]),
      ...parts.flatMap(({ name, id, sections }) => (several ? [{ id, title: name }] : sections)),
    ],
    main: html`${compared === null ? null : sectionPart(compared)}
    ${parts.map(
      ({ name, id, sections }) =>
        html`<div class="recipe" id="${id}">
          ${several ? html`<h1 class="of">Recipe ${name}</h1>` : null} ${sections.map(sectionPart)}
        </div>`,
    )}`,
  });
}

async function sectionsOf(
  { recipe, results, figures, samples }: RecipePart,
  versions: PageInput['versions'],
  prefix: string,
): Promise<Section[]> {
  const slots = slotsOf(results.stages);
  const { missing } = figures.history;
  const sections: Section[] = [
    { id: 'asked', title: 'What was asked', body: askedPart(results, figures, recipe) },
    { id: 'outcome', title: 'What came out', body: outcomePart(figures.accuracy, slots) },
    { id: 'gates', title: 'Did the gates hold?', body: gatesPart(figures.gates, missing) },
    { id: 'curves', title: 'Curves', body: curvesPart(slots) },
    {
      id: 'answers',
      title: 'Questions and answers',
      body:
        samples.length === 0
          ? html`<p>No held-out question has been answered yet.</p>`
          : html`<p>
                Held-out questions, chosen by rule: the first of each course in the order of the data. Words marked in
                an answer name a digit that is not there.
              </p>
              ${await sampleCards(samples)}`,
    },
    { id: 'lineage', title: 'Lineage of the weights', body: lineagePart(slots, figures) },
    { id: 'failures', title: 'Failures, and what was done about them', body: eventsPart(figures) },
    { id: 'versions', title: 'Versions, seeds and settings', body: versionsPart(results, versions) },
  ];
  return sections.map((section) => ({ ...section, id: `${prefix}${section.id}` }));
}

function comparisonPart(tables: readonly AccuracyTable[]): Html {
  return html`<p>Columns are the recipes’ last evaluated stages, beside the first stage of the first recipe.</p>
    ${tables.map(accuracyTables)}`;
}
