/** Curves of training, by objective: a legend for all of them, then one chart a figure. */
import { count } from './part-asked.js';
import { CURVES, curveChart, hasTails, slotsOfKind, SMOOTH_STEPS } from './curve-charts.js';
import { html, type Html } from './html.js';
import type { Slot } from './slots.js';
import { colorOf } from './svg.js';

const KINDS = [
  { kind: 'rlvr', title: 'Reinforcement learning (RLVR, GRPO)' },
  { kind: 'sft', title: 'Supervised (SFT)' },
] as const;

export function curvesPart(slots: readonly Slot[]): Html {
  const groups = KINDS.flatMap(({ kind, title }) => {
    const charts = CURVES.flatMap((curve) => {
      const chart = curveChart(slots, kind, curve);
      return chart === null ? [] : [{ curve, chart }];
    });
    return charts.length === 0 ? [] : [{ kind, title, charts }];
  });
  if (groups.length === 0) return html`<p>No step has been logged yet.</p>`;
  return html`<p>Thin: every step. Bold: mean of ${SMOOTH_STEPS} steps. The axis counts steps within each stage.</p>
    ${groups.map(
      ({ kind, title, charts }) =>
        html`<h3>${title}</h3>
          ${legend(slotsOfKind(slots, kind))}
          <div class="charts">
            ${charts.map(
              ({ curve, chart }) =>
                html`<figure>
                  <h4>${curve.title} <span class="unit">${curve.unit}</span></h4>
                  ${chart}
                </figure>`,
            )}
          </div>`,
    )}`;
}

function legend(slots: readonly Slot[]): Html {
  const stages = slots.flatMap((slot) => slot.stages);
  const resumed = stages.some(
    ({ attempts, stage }) => stage.continues !== undefined || attempts.some((a) => a.claim.resume_from !== null),
  );
  const overtaken = stages.reduce((sum, s) => sum + s.splits.reduce((n, split) => n + split.tail.length, 0), 0);
  return html`<ul class="legend">
    ${slots.map((slot) => html`<li><i style="background:${colorOf(slot.index)}"></i>${slot.name}</li>`)}
    ${
      slots.some(hasTails)
        ? html`<li>
            <i style="background:var(--tail)"></i>overtaken: trained beyond the step that was gone on from
            (${count(overtaken, 'step')})
          </li>`
        : null
    }
    ${resumed ? html`<li><span class="symbol">▲</span>an attempt went on from here</li>` : null}
  </ul>`;
}
