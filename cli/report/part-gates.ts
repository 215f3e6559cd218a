/** Whether the gates held: what each asked, what was measured, and what was decided. */
import { percent } from './accuracy-text.js';
import type { GateFigure } from './gates.js';
import { html, type Html } from './html.js';

export function gatesPart(gates: readonly GateFigure[], historyMissing: string | null): Html {
  if (gates.length === 0)
    return html`<p>The recipe has no gates: each stage began as soon as the one before was done.</p>`;
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Gates">
      <table>
        <thead>
          <tr>
            <th scope="col">after stage</th>
            <th scope="col">verdict</th>
            <th scope="col">gate</th>
            <th scope="col">asked for</th>
            <th scope="col" class="num">measured</th>
            <th scope="col">decided in the run</th>
          </tr>
        </thead>
        <tbody>
          ${gates.map(gateRow)}
        </tbody>
      </table>
    </div>
    ${historyMissing === null ? null : html`<p class="note">Who decided what is not here: ${historyMissing}.</p>`}`;
}

function gateRow({ stage, gate, bound, measured, verdict, decided }: GateFigure): Html {
  return html`<tr>
    <th scope="row">${stage}</th>
    <td>${verdictWords(verdict)}</td>
    <td class="wrap">${gate}</td>
    <td>${bound}</td>
    <td class="num">${measuredWords(measured)}</td>
    <td class="wrap">${decided === null ? '–' : `${decided.state}: ${decided.detail}`}</td>
  </tr>`;
}

function verdictWords(verdict: GateFigure['verdict']): Html {
  switch (verdict) {
    case 'held':
      return html`<span class="ok">✓ held</span>`;
    case 'failed':
      return html`<span class="bad">✗ failed</span>`;
    case 'unmeasured':
      return html`not measured yet`;
    case 'asks a person':
      return html`asks a person`;
  }
}

function measuredWords(measured: GateFigure['measured']): Html {
  if (measured === null) return html`–`;
  const { value, n, interval } = measured;
  return html`<b>${value.toFixed(4)}</b>
    <span class="interval"
      >${interval === null ? '' : `[${percent(interval[0])} %, ${percent(interval[1])} %], `}n = ${n}</span
    >`;
}
