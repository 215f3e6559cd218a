/** How the set is spread: pass rates and answer letters as bars, kinds of rows as a table. */
import * as Plot from '@observablehq/plot';
import { html, type Html } from '../report/html.js';
import { svg } from '../report/svg.js';
import { number, shareOf } from './words.js';
import type { DataSet } from './read-set.js';

const WIDTH = 460;
const HEIGHT = 230;

interface Bar {
  readonly label: string;
  readonly rows: number;
}

export function shapePart({ tally, funnel }: DataSet): Html {
  const rates = ratesOf(tally.tenths, funnel?.pass_rates ?? null);
  const letters = Object.entries(funnel?.letters ?? tally.letters).map(([label, rows]) => ({ label, rows }));
  return html`<div class="charts block">
      ${rates === null ? null : bars('Pass rates', rates.bars, rates.words, 'var(--c1)')}
      ${letters.length === 0 ? null : bars('Right answers by letter', letters, letterWords(letters), 'var(--c3)')}
    </div>
    ${kindTable(tally)}`;
}

/** Of all rows that were scored, where a funnel says so; else of the rows of the set. */
function ratesOf(
  tenths: readonly number[] | null,
  scored: { readonly samples: number; readonly rows: readonly number[] } | null,
): { bars: Bar[]; words: string } | null {
  if (scored !== null)
    return {
      bars: scored.rows.map((rows, right) => ({ label: String(right), rows })),
      words: `All rows that were scored, kept or not, by how many of ${scored.samples} samples were right.`,
    };
  if (tenths === null) return null;
  return {
    bars: tenths.map((rows, i) => ({ label: i === tenths.length - 1 ? '1' : (i / 10).toFixed(1), rows })),
    words: 'Rows of the set by their pass rate: from this tenth up to the next; 1 is every sample right.',
  };
}

function letterWords(letters: readonly Bar[]): string {
  const all = letters.reduce((sum, { rows }) => sum + rows, 0);
  const most = [...letters].sort((a, b) => b.rows - a.rows)[0];
  return `Rows of the set that have options. The most frequent letter, ${most?.label ?? '–'}, is right in ${shareOf(most?.rows ?? 0, all)}.`;
}

function bars(title: string, data: readonly Bar[], words: string, color: string): Html {
  const said = data.map(({ label, rows }) => `${label}: ${rows}`).join('; ');
  const many = data.length > 12;
  const drawn = svg(title, said, {
    width: WIDTH,
    height: HEIGHT,
    marginLeft: 12,
    marginRight: 12,
    marginTop: 22,
    marginBottom: 26,
    x: {
      type: 'band',
      domain: data.map(({ label }) => label),
      label: null,
      tickSize: 0,
      padding: 0.2,
      tickFormat: (label: string, i: number) => (many && i % Math.ceil(data.length / 9) !== 0 ? '' : label),
    },
    y: { axis: null, domain: [0, Math.max(1, ...data.map(({ rows }) => rows))] },
    marks: [
      Plot.barY(data, { x: 'label', y: 'rows', fill: color }),
      Plot.text(many ? data.filter(({ rows }) => rows > 0) : data, {
        x: 'label',
        y: 'rows',
        text: ({ rows }: Bar) => number(rows),
        dy: -8,
        fill: 'currentColor',
        fontSize: many ? 9 : 12,
      }),
      Plot.ruleY([0], { stroke: 'var(--line)' }),
    ],
  });
  return html`<figure>
    <h3>${title}</h3>
    ${drawn}
    <figcaption>${words}</figcaption>
  </figure>`;
}

function kindTable({ kinds, rows }: DataSet['tally']): Html | null {
  if (kinds.length === 0) return null;
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Kinds of rows">
    <table>
      <caption>
        Kinds of rows
      </caption>
      <thead>
        <tr>
          <th scope="col">capability</th>
          <th scope="col">kind</th>
          <th scope="col" class="num">rows</th>
          <th scope="col" class="num">of all</th>
        </tr>
      </thead>
      <tbody>
        ${kinds.map(
          (one) =>
            html`<tr>
              <th scope="row">${one.capability}</th>
              <td>${one.kind}</td>
              <td class="num">${number(one.rows)}</td>
              <td class="num">${shareOf(one.rows, rows)}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}
