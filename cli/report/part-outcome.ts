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
  const rows = lengths.map(({ label, n, means }, i) => ({
    label,
    level: i === 0 ? 0 : 1,
    n,
    cells: means.map((mean) => html`<td class="num">${mean === null ? '–' : mean.toFixed(1)}</td>`),
  }));
  return columnsTable(
    `Length of the answers on ${data}`,
    `Mean tokens of an answer on ${data}, end of sequence included`,
    columns,
    rows,
  );
}

function accuracyTable({ data, columns }: AccuracyTable, rows: readonly AccuracyRow[]): Html {
  return columnsTable(
    `Accuracy on ${data}`,
    `% right on ${data}, 95 % Wilson interval`,
    columns,
    rows.map(({ label, level, cells }) => ({
      label,
      level,
      n: cells.find((cell) => cell !== null)?.n ?? null,
      cells: cells.map((cell) => numberCell(cellText(cell))),
    })),
  );
}

interface Row {
  readonly label: string;
  readonly level: number;
  readonly n: number | null;
  readonly cells: readonly Html[];
}

/** A column for each model, a row for each kind of question. */
function columnsTable(what: string, caption: string, columns: readonly string[], rows: readonly Row[]): Html {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${what}">
    <table>
      <caption>
        ${caption}
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
          ({ label, level, n, cells }) =>
            html`<tr class="level${level}">
              <th scope="row">${words(label)}</th>
              <td class="num">${n}</td>
              ${cells}
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
