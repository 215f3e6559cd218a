/** Rows as cards: the picture, the question, what models said about it, and what became of it. */
import { join } from 'node:path';
import type { EvidenceAnswer, Funnel, RowOutcome } from '../../core/data/record.js';
import { IMAGE_MARK, type Row } from '../../core/row.js';
import { html, type Html } from '../report/html.js';
import { readPicture } from './picture.js';
import type { DataSet } from './read-set.js';
import { ASKED, modelName, unknownWords } from './words.js';

/** Of one row; the rest is counted. */
const MOST_ANSWERS = 4;
const LONGEST = 360;

export interface SampleOptions {
  /** Where pictures of rows that were kept aside lie: the folder of the set that they came from; null when it is not here. */
  readonly inputFolder: string | null;
}

export async function samplesPart(set: DataSet, { inputFolder }: SampleOptions): Promise<Html> {
  const models = set.funnel?.models ?? [];
  const kept = await Promise.all(
    set.kept.map(({ row, answers }) => card({ row, folder: set.folder, fate: 'kept', detail: null, answers, models })),
  );
  const aside = await Promise.all(
    set.refused.map(({ id, outcome, reason, detail, row, answers }) =>
      card({ row, id, folder: inputFolder, fate: outcome, reason, detail, answers, models }),
    ),
  );
  return html`<p>
      Chosen by rule and not by hand: the rows whose ids have the lowest sha256, of those that were kept and of each
      reason not to.
    </p>
    <h3>Kept</h3>
    ${kept.length === 0 ? html`<p>No row was kept.</p>` : html`<div class="cards">${kept}</div>`}
    ${set.funnel === null && aside.length === 0 ? null : html`<h3>Kept aside</h3>`}
    ${
      aside.length > 0
        ? html`<div class="cards">${aside}</div>`
        : set.funnel === null
          ? null
          : html`<p>No row was kept aside.</p>`
    }`;
}

interface CardInput {
  readonly row: Row | null;
  /** Where there is no row to ask. */
  readonly id?: string;
  readonly folder: string | null;
  readonly fate: RowOutcome;
  readonly reason?: string;
  readonly detail: string | null;
  readonly answers: readonly EvidenceAnswer[];
  readonly models: Funnel['models'];
}

async function card({ row, id, folder, fate, reason, detail, answers, models }: CardInput): Promise<Html> {
  const rest = answers.length - MOST_ANSWERS;
  return html`<article class="card">
    <div class="scene">${await scene(row, folder)}</div>
    <div>
      <p class="course ${fate === 'kept' ? 'learnt' : 'lost'}">${reason === undefined ? fate : `${fate}: ${reason}`}</p>
      ${row === null ? html`<p class="question">${id ?? ''} (no row)</p>` : question(row)}
      ${detail === null || detail === reason ? null : html`<p class="gold">${cut(detail)}</p>`}
      ${
        answers.length === 0
          ? null
          : html`<table class="answers">
              <tbody>
                ${answers.slice(0, MOST_ANSWERS).map((answer) => answerRow(answer, models))}
              </tbody>
            </table>`
      }
      ${rest > 0 ? html`<p class="gold">and ${rest} more: ${countRight(answers)}</p>` : null}
    </div>
  </article>`;
}

async function scene(row: Row | null, folder: string | null): Promise<Html | null> {
  const [path] = row?.images ?? [];
  if (path === undefined) return html`<span class="gold">text only</span>`;
  const picture = folder === null ? null : await readPicture(join(folder, path));
  if (picture === null) return html`<span class="gold">its picture ${path} is not here</span>`;
  const more = (row?.images.length ?? 1) - 1;
  return html`<img class="${picture.tiny ? 'tiny' : 'photo'}" alt="${row?.caption ?? path}" src="${picture.src}" />
    ${more === 0 ? null : html`<span class="gold">and ${more} more</span>`}`;
}

function question({ problem, options, answer, caption, pass_rate: rate, source }: Row): Html {
  const facts = [rate === undefined ? null : `pass rate ${rate.toFixed(2)}`, source ?? null].filter((f) => f !== null);
  return html`<p class="question">${cut(problem.replaceAll(IMAGE_MARK, '').trim())}</p>
    ${
      options === undefined
        ? null
        : html`<ol class="options" type="A">
            ${options.map((option) => html`<li>${option}</li>`)}
          </ol>`
    }
    <p class="gold">right answer <b>${cut(answer)}</b>${facts.map((fact) => html` · ${fact}`)}</p>
    ${caption === undefined ? null : html`<p class="gold">caption: ${cut(caption)}</p>`}`;
}

function answerRow({ asked, model, text, answer, correct, unknown }: EvidenceAnswer, models: Funnel['models']): Html {
  const mark =
    unknown !== null
      ? html`<span class="bad" title="unknown">?</span>`
      : correct === null
        ? null
        : correct
          ? html`<span class="ok" title="right">✓</span>`
          : html`<span class="bad" title="wrong">✗</span>`;
  const identity = models[model]?.identity;
  const read = answer === null || answer === '' || answer === text ? null : html` → <b>${answer}</b>`;
  return html`<tr>
    <th scope="row" class="said">
      ${ASKED[asked]}${identity === undefined || models.length < 2 ? null : html` <span class="unit">${modelName(identity)}</span>`}
    </th>
    <td>${mark}</td>
    <td class="words">${unknown === null ? html`${cut(text ?? '')}${read}` : unknownWords(unknown)}</td>
  </tr>`;
}

function countRight(answers: readonly EvidenceAnswer[]): string {
  const right = answers.filter(({ correct }) => correct === true).length;
  const unknown = answers.filter(({ unknown: reason }) => reason !== null).length;
  return `${right} of ${answers.length} right${unknown === 0 ? '' : `, ${unknown} unknown`}`;
}

function cut(text: string): string {
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST).trimEnd()}…`;
}
