/** What came in, what became of it and why: a chart that narrows, and the table of its numbers. */
import * as Plot from '@observablehq/plot';
import type { Funnel, RowOutcome } from '../../core/data/record.js';
import { html, type Html } from '../report/html.js';
import { fitText, svg } from '../report/svg.js';
import { FATE_COLORS, FATES, number, shareOf } from './words.js';

/** Further reasons are one bar. */
const BARS = 8;
/** Of a narrow screen, nearly: labels stand above their bars, so that they may be long. */
const WIDTH = 460;
const BAR = 42;

interface Loss {
  readonly outcome: Exclude<RowOutcome, 'kept'>;
  readonly reason: string;
  readonly rows: number;
}

export function funnelPart({ rows, reasons, unknown_share }: Funnel): Html {
  const fates = (['kept', 'dropped', 'unknown', 'refused'] as const).filter((fate) => rows[fate] > 0);
  return html`<dl class="headlines">
      <div>
        <dt>rows that came in</dt>
        <dd><b>${number(rows.in)}</b></dd>
      </div>
      ${fates.map(
        (fate) =>
          html`<div>
            <dt>${fate}</dt>
            <dd>
              <b>${number(rows[fate])}</b>
              <span class="interval">${shareOf(rows[fate], rows.in)}; ${FATES[fate]}</span>
            </dd>
          </div>`,
      )}
    </dl>
    ${rows.in === 0 ? html`<p>Nothing came in.</p>` : chart(rows, reasons)} ${reasonTable(rows.in, reasons)}
    ${
      rows.unknown === 0
        ? null
        : html`<p class="note">
            ${shareOf(unknown_share * rows.in, rows.in)} of the rows have no usable answer: they count as neither right
            nor wrong and are not in the set.
          </p>`
    }`;
}

function chart(rows: Funnel['rows'], reasons: Funnel['reasons']): Html {
  let left = rows.in;
  const bars = [
    { label: 'came in', fate: 'in', from: 0, to: rows.in, rows: rows.in },
    ...gathered(reasons).map(({ outcome, reason, rows: lost }) => {
      left -= lost;
      return { label: reason, fate: outcome, from: left, to: left + lost, rows: lost };
    }),
    { label: 'kept', fate: 'kept', from: 0, to: rows.kept, rows: rows.kept },
  ].map((bar, i) => ({ ...bar, at: String(i) }));
  const said = bars.map(({ label, rows: n }) => `${label}: ${n}`).join('; ');
  const drawn = svg('What became of the rows', said, {
    width: WIDTH,
    height: bars.length * BAR + 24,
    marginLeft: 1,
    marginRight: 64,
    marginTop: 10,
    marginBottom: 4,
    x: { domain: [0, rows.in], axis: null },
    y: { domain: bars.map(({ at }) => at), axis: null, paddingInner: 0.5, paddingOuter: 0.4 },
    color: { domain: ['in', ...Object.keys(FATE_COLORS)], range: ['var(--tail)', ...Object.values(FATE_COLORS)] },
    marks: [
      Plot.barX(bars, { x1: 'from', x2: 'to', y: 'at', fill: 'fate' }),
      Plot.text(bars, {
        x: 'to',
        y: 'at',
        text: ({ rows: n }: { rows: number }) => number(n),
        textAnchor: 'start',
        dx: 6,
        fill: 'currentColor',
      }),
      Plot.text(bars, {
        x: 0,
        y: 'at',
        text: ({ label }: { label: string }) => fitText(label, WIDTH),
        textAnchor: 'start',
        dy: -20,
        fill: 'currentColor',
      }),
      Plot.ruleX([0], { stroke: 'var(--line)' }),
    ],
  });
  return html`<figure class="block">
    ${drawn} ${legend(bars.map(({ fate }) => fate))}
    <figcaption>Each bar takes away what is above it; what is left at the end is the set.</figcaption>
  </figure>`;
}

function legend(fates: readonly string[]): Html {
  const shown = (Object.keys(FATE_COLORS) as RowOutcome[]).filter((fate) => fates.includes(fate));
  return html`<ul class="legend">
    ${shown.map((fate) => html`<li><i style="background: ${FATE_COLORS[fate]}"></i>${fate}: ${FATES[fate]}</li>`)}
  </ul>`;
}

function gathered(reasons: Funnel['reasons']): Loss[] {
  if (reasons.length <= BARS) return [...reasons];
  const rest = reasons.slice(BARS - 1);
  const most = rest[0]?.outcome ?? 'dropped';
  return [
    ...reasons.slice(0, BARS - 1),
    { outcome: most, reason: `${rest.length} other reasons`, rows: rest.reduce((sum, { rows }) => sum + rows, 0) },
  ];
}

function reasonTable(all: number, reasons: Funnel['reasons']): Html | null {
  if (reasons.length === 0) return null;
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Why rows are not in the set">
    <table>
      <caption>
        Why rows are not in the set
      </caption>
      <thead>
        <tr>
          <th scope="col">reason</th>
          <th scope="col">fate</th>
          <th scope="col" class="num">rows</th>
          <th scope="col" class="num">of all</th>
        </tr>
      </thead>
      <tbody>
        ${reasons.map(
          ({ reason, outcome, rows }) =>
            html`<tr>
              <th scope="row" class="wrap">${reason}</th>
              <td>${outcome}</td>
              <td class="num">${number(rows)}</td>
              <td class="num">${shareOf(rows, all)}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}
