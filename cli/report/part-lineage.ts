/** Lineage of the weights: the drawing, and the same as a table with keys, checkpoints and digests. */
import prettyBytes from 'pretty-bytes';
import type { RecipeFigures, StageFigures } from './figures.js';
import { html, type Html } from './html.js';
import { lineageChart } from './lineage-chart.js';
import { originWords } from './origin.js';
import type { Slot } from './slots.js';

export function lineagePart(slots: readonly Slot[], { stages }: RecipeFigures): Html {
  const chart = lineageChart(slots);
  const broken = stages.filter((stage) => stage.origin.kind === 'weights_only');
  const damaged = stages.some((stage) => stage.attempts.some((attempt) => attempt.passed_over.length > 0));
  return html`${
      chart === null
        ? html`<p>Nothing has been trained yet.</p>`
        : html`<figure>
            <div class="scroll drawing" tabindex="0" role="region" aria-label="Lineage of the weights, drawn">
              ${chart}
            </div>
            <ul class="legend">
              <li><i style="background:var(--c1)"></i>steps that count; one bar an attempt</li>
              <li><i style="background:var(--tail)"></i>overtaken</li>
              <li><span class="ring small"></span>checkpoint still kept</li>
              <li><span class="ring"></span>final, its weights exported</li>
              <li><span class="symbol">→</span>weights go on here</li>
              ${damaged ? html`<li><span class="symbol bad">✕</span>damaged, passed over</li>` : null}
              ${broken.length > 0 ? html`<li><span class="symbol bad">⇢</span>weights only: a break in lineage</li>` : null}
            </ul>
          </figure>`
    }
    ${broken.map((stage) => html`<p class="note"><b>Break in lineage</b>: ${stage.name} starts ${originWords(stage.origin)}.</p>`)}
    <div class="scroll" tabindex="0" role="region" aria-label="Lineage of the weights">
      <table>
        <thead>
          <tr>
            <th scope="col">stage</th>
            <th scope="col">key</th>
            <th scope="col">state</th>
            <th scope="col">starts</th>
            <th scope="col" class="num">steps that count</th>
            <th scope="col" class="num">attempts</th>
            <th scope="col">checkpoints kept</th>
            <th scope="col">exported weights</th>
          </tr>
        </thead>
        <tbody>
          ${stages.map(stageRow)}
        </tbody>
      </table>
    </div>`;
}

function stageRow(stage: StageFigures): Html {
  const { left, weights } = stage;
  const kept = stage.attempts.flatMap(({ epoch, checkpoints }) =>
    checkpoints.length === 0 ? [] : [`epoch ${epoch}: ${fewOf(checkpoints)}`],
  );
  const bytes = weights.reduce((sum, file) => sum + file.size, 0);
  const [main] = weights.toSorted((a, b) => b.size - a.size);
  return html`<tr>
    <th scope="row">${stage.name}</th>
    <td><code title="${stage.key}">${stage.key.slice(0, 12)}</code></td>
    <td>${stage.state}${left === null ? '' : ` at step ${left.step}`}</td>
    <td class="wrap">
      ${originWords(stage.origin)}${stage.changes.length === 0 ? null : html`<br /><span class="interval">${changeWords(stage)}</span>`}
    </td>
    <td class="num">${stepWords(stage)}</td>
    <td class="num">${stage.attempts.length}</td>
    <td class="wrap">${kept.join('; ') || '–'}</td>
    <td>
      ${
        main === undefined
          ? '–'
          : html`${prettyBytes(bytes)},
              <code title="${main.path}: sha256 ${main.sha256}">${main.sha256.slice(0, 12)}</code>`
      }
    </td>
  </tr>`;
}

/** An amended stage counts on from where the one before was left. */
function stepWords({ origin, counted_steps, planned_steps }: StageFigures): string {
  const before = origin.kind === 'continues' ? `${origin.step} + ` : '';
  return `${before}${counted_steps} of ${planned_steps}`;
}

/** Ends of a long list, and how many there are. */
function fewOf(steps: readonly number[]): string {
  if (steps.length <= 5) return steps.join(', ');
  return `${steps.slice(0, 2).join(', ')}, …, ${steps.slice(-2).join(', ')} (${steps.length})`;
}

function changeWords({ changes }: StageFigures): string {
  return changes
    .map(({ setting, from, to }) => `${setting} ${JSON.stringify(from)} → ${JSON.stringify(to)}`)
    .join('; ');
}
