/** What was asked: the recipe in its own words, and a table of its stages. */
import { describeGate } from '../../core/gate.js';
import { describeOrder } from '../../core/order.js';
import type { PlannedStage } from '../../core/plan.js';
import type { Recipe } from '../../core/recipe.js';
import { duration } from '../progress-text.js';
import { words } from './accuracy-chart.js';
import { wasChanged, type RecipeFigures } from './figures.js';
import { html, type Html } from './html.js';
import type { RecipeResults } from './results.js';

export function askedPart(results: RecipeResults, figures: RecipeFigures, recipe: Recipe): Html {
  const { asked } = results;
  const evaluated = [...new Set(asked.evaluations.map((e) => e.data.name))];
  return html`${recipe.description === undefined ? null : html`<p class="lead">${recipe.description}</p>`}
    <p>
      A curriculum of ${count(asked.stages.length, 'stage')} on model <b>${recipe.model}</b>, seed
      ${asked.seed}${evaluated.length === 0 ? ', not evaluated' : html`, evaluated on ${evaluated.join(', ')}`}.
    </p>
    <p>${courseWords(figures, recipe)}</p>
    <div class="scroll" tabindex="0" role="region" aria-label="Stages as they were asked for">
      <table>
        <thead>
          <tr>
            <th scope="col">stage</th>
            <th scope="col">capability</th>
            <th scope="col">objective</th>
            <th scope="col">starts from</th>
            <th scope="col">data, order</th>
            <th scope="col" class="num">steps</th>
            <th scope="col" class="num">batch</th>
            <th scope="col" class="num">learning rate</th>
            <th scope="col" class="num">KL coefficient</th>
            <th scope="col">gates</th>
          </tr>
        </thead>
        <tbody>
          ${asked.stages.map((stage) => stageRow(stage, asked.stages))}
        </tbody>
      </table>
    </div>
    ${
      wasChanged(results)
        ? html`<p class="note">
            <b>The run was changed under way</b>: what follows shows the plan as it holds now; Lineage says what goes on
            from where.
          </p>`
        : null
    }`;
}

function stageRow(stage: PlannedStage, all: readonly PlannedStage[]): Html {
  const { training } = stage.objective;
  const parent = all.find((s) => s.key === stage.parent);
  return html`<tr>
    <th scope="row">${stage.name}</th>
    <td>${words(stage.capability)}</td>
    <td>${stage.objective.kind === 'rlvr' ? 'RLVR (GRPO)' : 'SFT'}</td>
    <td>${stage.parent === null ? 'scratch' : (parent?.name ?? stage.parent.slice(0, 12))}</td>
    <td>${stage.data.name}, ${words(describeOrder(stage.order))}</td>
    <td class="num">${training.steps}</td>
    <td class="num">${training.batch_size}${'rollouts' in training ? ` × ${training.rollouts}` : ''}</td>
    <td class="num">${training.learning_rate}</td>
    <td class="num">${'kl_coefficient' in training ? training.kl_coefficient : '–'}</td>
    <td class="wrap">${(stage.gates ?? []).map((gate) => describeGate(gate)).join('; ') || '–'}</td>
  </tr>`;
}

/** How it went, in two sentences, for one who reads no further. */
export function courseWords({ stages }: RecipeFigures, { prices }: Pick<Recipe, 'prices'>): string {
  const planned = stages.filter((s) => s.state !== 'superseded');
  const done = planned.filter((s) => s.state === 'done').length;
  const superseded = stages.length - planned.length;
  const skipped = planned.filter((s) => s.state === 'skipped').length;
  const sum = (of: (stage: RecipeFigures['stages'][number]) => number): number => stages.reduce((a, s) => a + of(s), 0);
  const counted = sum((s) => s.counted_steps);
  const overtaken = sum((s) => s.overtaken_steps);
  const seconds = sum((s) => s.all_seconds);
  const attempts = sum((s) => s.attempts.length);
  const states = [
    `${done} of ${planned.length} stages ${done === 1 ? 'is' : 'are'} done`,
    ...(skipped > 0 ? [`${skipped} skipped`] : []),
    ...(superseded > 0 ? [`${superseded} amended under way`] : []),
  ].join(', ');
  const cost =
    prices === undefined
      ? ''
      : `, about ${((seconds / 3600) * prices.device_hour).toFixed(2)} ${prices.currency} at ${prices.device_hour} ${prices.currency} a device hour`;
  const again =
    overtaken === 0
      ? 'No step was trained twice.'
      : `${count(overtaken, 'step')} beyond a checkpoint ${overtaken === 1 ? 'was' : 'were'} overtaken by a later attempt.`;
  return `${states}: ${count(counted, 'step')} in ${count(attempts, 'attempt')}, ${duration(seconds)} of training${cost}. ${again}`;
}

export function count(n: number, what: string): string {
  return `${n.toLocaleString('en-US').replaceAll(',', ' ')} ${what}${n === 1 ? '' : 's'}`;
}
