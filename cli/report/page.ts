/** The report: one offline HTML file. Puts the parts together; each part is made elsewhere. */
import { html, type Html } from './html.js';
import { accuracyChart, CURVES, curveChart } from './charts.js';
import { cellText } from './accuracy-text.js';
import type { AccuracyRow, AccuracyTable } from './accuracy.js';
import { sampleCards } from './sample-cards.js';
import type { Sample } from './samples.js';
import { settingsPart } from './settings-part.js';
import type { RecipeResults } from './results.js';
import { STYLE } from './style.js';

export interface RecipePart {
  readonly results: RecipeResults;
  readonly tables: readonly AccuracyTable[];
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
  const parts: Html[] = [];
  for (const part of recipes) parts.push(await recipePart(part, recipes.length > 1));
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title}</title>
        <style>
          ${STYLE}
        </style>
      </head>
      <body>
        <header>
          <h1>${title}</h1>
          <p class="meta">
            made ${madeAt.toISOString().slice(0, 16).replace('T', ' ')} UTC ·
            ${Object.entries(versions)
              .map(([name, version]) => `${name} ${version}`)
              .join(' · ')}
          </p>
        </header>
        <main>
          ${
            comparison.length === 0
              ? null
              : html`<section>
                  <h2>Recipes side by side</h2>
                  <p>All start from the same base; columns are their last stages.</p>
                  ${comparison.map(tablePart)}
                </section>`
          }
          ${parts}
        </main>
      </body>
    </html> `;
  return page.text;
}

async function recipePart({ results, tables, samples }: RecipePart, several: boolean): Promise<Html> {
  const curves = [
    ...CURVES.map((curve) => figure(curve.title, curveChart(results, curve, 'rlvr'))),
    ...CURVES.map((curve) => figure(`${curve.title}, supervised`, curveChart(results, curve, 'sft'))),
  ];
  return html`<section class="recipe">
    <h2>${several ? `Recipe ${results.plan.recipe}` : 'Accuracy after each stage'}</h2>
    ${tables.map(
      (table) =>
        html`<div class="pair">
          <figure>
            ${accuracyChart(table)}
            <figcaption>Accuracy on ${table.data} after each stage. Bars: 95 % Wilson interval.</figcaption>
          </figure>
          <div>${tablePart(table)}</div>
        </div>`,
    )}
    <h3>Curves</h3>
    <p>Thin: every step. Bold: mean of 9 steps. Dashed rules: where a stage begins. “Supervised”: SFT stages.</p>
    <div class="charts">${curves}</div>
    ${
      samples.length === 0
        ? null
        : html`<h3>Held-out questions and the model’s answers</h3>
            ${await sampleCards(samples)}`
    }
    <h3>Settings</h3>
    ${settingsPart(results)}
  </section>`;
}

function figure(title: string, chart: Html | null): Html | null {
  return chart === null
    ? null
    : html`<figure>
        <h4>${title}</h4>
        ${chart}
      </figure>`;
}

/** Rows of a table; those by digit and letter are folded away below it. */
function tablePart(table: AccuracyTable): Html {
  return html`${accuracyTable(table, table.rows)}
  ${
    table.details.length === 0
      ? null
      : html`<details>
          <summary>By digit and by letter</summary>
          ${accuracyTable(table, table.details)}
        </details>`
  }`;
}

function accuracyTable({ data, columns }: AccuracyTable, rows: readonly AccuracyRow[]): Html {
  return html`<div class="scroll">
    <table>
      <caption>
        % right on ${data}, 95 % Wilson interval
      </caption>
      <thead>
        <tr>
          <th scope="col"></th>
          <th scope="col" class="num">n</th>
          ${columns.map((c) => html`<th scope="col" class="num">${c}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) =>
            html`<tr class="level${row.level}">
              <th scope="row">${row.label.replaceAll('_', ' ')}</th>
              <td class="num">${row.cells.find((c) => c !== null)?.n ?? ''}</td>
              ${row.cells.map((cell) => numberCell(cellText(cell)))}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

function numberCell(text: string): Html {
  const [share, interval] = text.split(' [');
  return html`<td class="num">
    <b>${share ?? ''}</b>${interval === undefined ? null : html` <span class="interval">[${interval}</span>`}
  </td>`;
}
