/** What models were asked, what they answered, and what that took. */
import type { Funnel, ModelTally, WorkRecord } from '../../core/data/record.js';
import { html, type Html } from '../report/html.js';
import { modelName, number, shareOf, unknownWords } from './words.js';

export function modelsPart({ models }: Funnel, work: WorkRecord | null): Html {
  return html`${
    models.length === 0
      ? html`<p>No model was asked.</p>`
      : html`<div class="scroll" tabindex="0" role="region" aria-label="Models">
          <table>
            <caption>
              Over everything that the set rests on, answers of the journal included
            </caption>
            <thead>
              <tr>
                <th scope="col">model</th>
                <th scope="col">asked for</th>
                ${['questions', 'answers', 'cut off', 'prompt tokens', 'answer tokens', 'a row'].map(
                  (name) => html`<th scope="col" class="num">${name}</th>`,
                )}
                <th scope="col">without an answer</th>
              </tr>
            </thead>
            <tbody>
              ${models.map(modelRow)}
            </tbody>
          </table>
        </div>`
  }
  ${work === null ? null : workFacts(work)}`;
}

function modelRow(tally: ModelTally): Html {
  const { identity, asked, questions, answers, cut, unknown, prompt_tokens, completion_tokens } = tally;
  const reasons = Object.entries(unknown).sort(([a], [b]) => (a < b ? -1 : 1));
  return html`<tr>
    <th scope="row" class="wrap">${modelName(identity)}</th>
    <td>${asked.join(', ')}</td>
    <td class="num">${number(questions)}</td>
    <td class="num">${number(answers)}</td>
    <td class="num">${number(cut)} <span class="interval">${shareOf(cut, answers)}</span></td>
    <td class="num">${number(prompt_tokens)}</td>
    <td class="num">${number(completion_tokens)}</td>
    <td class="num">${answers === 0 ? '–' : (completion_tokens / answers).toFixed(1)}</td>
    <td class="wrap">
      ${reasons.length === 0 ? '–' : reasons.map(([reason, n]) => `${n} ${unknownWords(reason)}`).join('; ')}
    </td>
  </tr>`;
}

function workFacts({ requests, reused, prompt_tokens, completion_tokens, cost, made_at }: WorkRecord): Html {
  const facts: readonly (readonly [string, string])[] = [
    ['requests sent for this copy', number(requests)],
    ['answers from the journal', number(reused)],
    ['prompt tokens of those sent', number(prompt_tokens)],
    ['answer tokens of those sent', number(completion_tokens)],
    ['cost, by the worker’s prices', cost === null ? 'no price is set' : cost.toFixed(2)],
    ['made', `${made_at.slice(0, 16).replace('T', ' ')} UTC`],
  ];
  return html`<dl class="facts">
    ${facts.map(
      ([name, value]) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`;
}
