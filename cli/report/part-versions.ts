/** Versions, seeds and digests: what one needs to do it again; all settings of each stage, and the recipe as it was written. */
import type { PlannedData } from '../../core/plan.js';
import { redact } from '../../core/secrets.js';
import { html, type Html } from './html.js';
import type { RecipeResults, StageResults } from './results.js';

export function versionsPart(
  { asked, plan, text, stages }: RecipeResults,
  versions: Readonly<Record<string, string>>,
): Html {
  const facts: readonly (readonly [string, Html | string])[] = [
    ...Object.entries(versions),
    ['recipe', plan.recipe],
    ['seed', String(plan.seed)],
    ['plan', digest(plan.hash)],
    ...(asked.hash === plan.hash ? [] : [['plan as asked for', digest(asked.hash)] as const]),
  ];
  const data = [
    ...new Map(
      stages.flatMap((s) => [s.stage.data, ...s.evaluations.map((e) => e.evaluation.data)]).map((d) => [d.key, d]),
    ).values(),
  ];
  return html`<dl class="facts">
      ${facts.map(
        ([name, value]) =>
          html`<div>
            <dt>${name}</dt>
            <dd>${value}</dd>
          </div>`,
      )}
    </dl>
    <div class="scroll" tabindex="0" role="region" aria-label="Versions of each stage">
      <table>
        <thead>
          <tr>
            <th scope="col">stage</th>
            <th scope="col">trainer</th>
            <th scope="col">model</th>
            <th scope="col">verifier</th>
            <th scope="col" class="num">seed</th>
            <th scope="col">data</th>
          </tr>
        </thead>
        <tbody>
          ${stages.map(stageRow)}
        </tbody>
      </table>
    </div>
    <div class="scroll" tabindex="0" role="region" aria-label="Data sets">
      <table>
        <thead>
          <tr>
            <th scope="col">data set</th>
            <th scope="col">key</th>
            <th scope="col">derivation</th>
          </tr>
        </thead>
        <tbody>
          ${data.map(dataRow)}
        </tbody>
      </table>
    </div>
    <details>
      <summary>All settings of each stage</summary>
      ${stages.map(({ stage }) => {
        const { name, key, objective, order, execution, checkpoints, gates, continues } = stage;
        const settings = {
          training: objective.training,
          order,
          seed: stage.seed,
          execution,
          checkpoints,
          gates,
          continues,
        };
        return html`<h4>${name} <code>${key.slice(0, 12)}</code></h4>
          <pre>${JSON.stringify(settings, null, 2)}</pre>`;
      })}
    </details>
    <details>
      <summary>The recipe’s file</summary>
      <pre>${redact(text)}</pre>
    </details>`;
}

function stageRow({ stage: { name, trainer, model, verifier, seed, data } }: StageResults): Html {
  return html`<tr>
    <th scope="row">${name}</th>
    <td>${trainer.name} ${trainer.version}</td>
    <td>${model.name} ${digest(model.sha256)}</td>
    <td>${verifier === null ? '–' : `${verifier.name} ${verifier.version}`}</td>
    <td class="num">${seed}</td>
    <td>${data.name} ${digest(data.key)}</td>
  </tr>`;
}

function dataRow({ name, key, derivation }: PlannedData): Html {
  return html`<tr>
    <th scope="row">${name}</th>
    <td>${digest(key)}</td>
    <td class="wrap"><code>${JSON.stringify(derivation)}</code></td>
  </tr>`;
}

function digest(sha256: string): Html {
  return html`<code title="${sha256}">${sha256.slice(0, 12)}</code>`;
}
