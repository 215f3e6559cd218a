/** What came out: accuracies with their intervals, as headline figures, a chart and a table. */
import { accuracyChart, words } from './accuracy-chart.js';
import { cellText, percent } from './accuracy-text.js';
import type { AccuracyRow, AccuracyTable } from './accuracy.js';
import { html, type Html } from './html.js';
import type { Slot } from './slots.js';
import { colorOf } from './svg.js';

export function outcomePart(tables: readonly AccuracyTable[], slots: readonly Slot[]): Html {
  if (tables.length === 0) return html`<p>Nothing was evaluated: the recipe has no evaluation.</p>`;
  const colors = new Map(
    slots.flatMap((slot) => slot.stages.map(({ stage }) => [stage.capability, colorOf(slot.index)] as const)),
  );
  return html`${tables.map(
    (table) =>
      html`<div class="pair">
          <figure>
            ${accuracyChart(table, colors) ?? html`<p>Not evaluated yet.</p>`}
            <figcaption>% right on ${table.data} after each stage. Bars: 95 % Wilson interval.</figcaption>
          </figure>
          ${headlines(table)}
        </div>
        ${accuracyTables(table)}`,
  )}`;
}

/** The last evaluated stage beside the first, a figure for each capability. */
function headlines({ columns, rows, data }: AccuracyTable): Html {
  const figures = rows
    .filter((row) => row.level === 0)
    .flatMap((row) => {
      const found = row.cells.flatMap((cell, i) => (cell === null ? [] : [{ cell, column: columns[i] ?? '' }]));
      const [first] = found;
      const last = found.at(-1);
      return first === undefined || last === undefined ? [] : [{ label: words(row.label), first, last }];
    });
  return html`<dl class="headlines">
    ${figures.map(({ label, first, last }) => {
      const gain = 100 * (last.cell.share - first.cell.share);
      return html`<div>
        <dt>${label}</dt>
        <dd>
          <b>${percent(last.cell.share)} %</b>
          <span class="interval">[${percent(last.cell.low)}, ${percent(last.cell.high)}], n = ${last.cell.n}</span>
          <span class="interval"
            >${
              last.column === first.column
                ? `after ${last.column}, on ${data}`
                : `${signed(gain)} points since ${first.column} (${percent(first.cell.share)} %)`
            }</span
          >
        </dd>
      </div>`;
    })}
  </dl>`;
}

export function signed(value: number): string {
  const text = Math.abs(value).toFixed(1);
  return Number(text) === 0 ? '±0.0' : `${value > 0 ? '+' : '−'}${text}`;
}

/** Rows of a table; those by digit and letter are folded away below it. */
export function accuracyTables(table: AccuracyTable): Html {
  return html`${accuracyTable(table, table.rows)}
  ${
    table.details.length === 0
      ? null
      : html`<details>
          <summary>By digit and by letter</summary>
          ${accuracyTable(table, table.details)}
        </details>`
  }
  ${
    table.lengths.length === 0
      ? null
      : html`<details>
          <summary>Length of the answers</summary>
          ${lengthTable(table)}
        </details>`
  }`;
}

function lengthTable({ data, columns, lengths }: AccuracyTable): Html {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Length of the answers on ${data}">
    <table>
      <caption>
        Mean tokens of an answer on ${data}, end of sequence included
      </caption>
      <thead>
        <tr>
          <th scope="col"></th>
          <th scope="col" class="num">n</th>
          ${columns.map((c) => html`<th scope="col" class="num">${c}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${lengths.map(
          ({ label, n, means }, i) =>
            html`<tr class="level${i === 0 ? 0 : 1}">
              <th scope="row">${words(label)}</th>
              <td class="num">${n}</td>
              ${means.map((mean) => html`<td class="num">${mean === null ? '–' : mean.toFixed(1)}</td>`)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

function accuracyTable({ data, columns }: AccuracyTable, rows: readonly AccuracyRow[]): Html {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Accuracy on ${data}">
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
              <th scope="row">${words(row.label)}</th>
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
