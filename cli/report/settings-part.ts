/** Settings, keys, seeds and the course of each stage, and the recipe as it was written. */
import type { StageResults, RecipeResults } from './results.js';
import { html, type Html } from './html.js';

export function settingsPart({ plan, text, stages }: RecipeResults): Html {
  return html`<p>Recipe <b>${plan.recipe}</b>, seed ${plan.seed}, plan <code>${plan.hash.slice(0, 16)}</code>.</p>
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th scope="col">stage</th>
            <th scope="col">key</th>
            <th scope="col">objective</th>
            <th scope="col" class="num">steps</th>
            <th scope="col" class="num">batch</th>
            <th scope="col" class="num">learning rate</th>
            <th scope="col" class="num">seed</th>
            <th scope="col">data</th>
            <th scope="col">trainer</th>
            <th scope="col">model</th>
            <th scope="col">launches</th>
          </tr>
        </thead>
        <tbody>
          ${stages.map(stageRow)}
        </tbody>
      </table>
    </div>
    <details>
      <summary>All settings of each stage</summary>
      ${stages.map(
        ({ stage }) =>
          html`<h4>${stage.name}</h4>
            <pre>
${JSON.stringify({ ...stage.objective.training, order: stage.order, verifier: stage.verifier, data: stage.data.derivation }, null, 2)}</pre>`,
      )}
    </details>
    <details>
      <summary>The recipe’s file</summary>
      <pre>${text}</pre>
    </details>`;
}

function stageRow({ stage, epochs, result }: StageResults): Html {
  const { training } = stage.objective;
  return html`<tr>
    <th scope="row">${stage.name}</th>
    <td><code title="${stage.key}">${stage.key.slice(0, 12)}</code></td>
    <td>${stage.objective.kind}</td>
    <td class="num">${training.steps}</td>
    <td class="num">${training.batch_size}${'rollouts' in training ? ` × ${training.rollouts}` : ''}</td>
    <td class="num">${training.learning_rate}</td>
    <td class="num">${stage.seed}</td>
    <td>${stage.data.name}</td>
    <td>${stage.trainer.name} ${stage.trainer.version}</td>
    <td><code title="${stage.model.sha256}">${stage.model.name}</code></td>
    <td>${course(epochs, result !== null)}</td>
  </tr>`;
}

function course(epochs: StageResults['epochs'], done: boolean): string {
  if (epochs.length === 0) return 'not started';
  const from = epochs.slice(1).map((e) => (e.resume_from === null ? 'the start' : `step ${e.resume_from.step}`));
  const words = epochs.length === 1 ? '1' : `${epochs.length}: resumed from ${from.join(', ')}`;
  return done ? words : `${words}; not finished`;
}
