/** Sample questions as cards: the scene enlarged pixel by pixel, the question, the answers after each stage, what was misread. */
import { readFile } from 'node:fs/promises';
import { readDigits } from '../../core/digits/grade.js';
import { PLACES } from '../../core/digits/vocabulary.js';
import type { GradedAnswer } from '../../core/evaluation.js';
import { IMAGE_MARK } from '../../core/row.js';
import { html, type Html } from './html.js';
import { courseOf, type Sample } from './samples.js';

const COURSE = {
  learnt: 'learnt: wrong at first, right in the end',
  lost: 'lost: right at first, wrong in the end',
  wrong: 'still wrong',
  right: 'right throughout',
} as const;

export async function sampleCards(samples: readonly Sample[]): Promise<Html> {
  return html`<div class="cards">${await Promise.all(samples.map(card))}</div>`;
}

async function card(sample: Sample): Promise<Html> {
  const { row, image, answers } = sample;
  const course = courseOf(sample);
  return html`<article class="card">
    <div class="scene">
      ${image === null ? null : html`<img alt="${row.caption ?? 'scene'}" src="data:image/png;base64,${(await readFile(image)).toString('base64')}" />`}
    </div>
    <div>
      <p class="course ${course}">${COURSE[course]}</p>
      <p class="question">${row.problem.replace(IMAGE_MARK, '').trim()}</p>
      <p class="gold">right answer <b>${row.answer}</b>${row.caption === undefined ? null : html` · ${row.caption}`}</p>
      <table class="answers">
        <tbody>
          ${answers.map(({ stage, answer }) => answerRow(stage, answer, trueDigits(sample)))}
        </tbody>
      </table>
    </div>
  </article>`;
}

function answerRow(stage: string, answer: GradedAnswer, truth: ReadonlyMap<string, number>): Html {
  const mark = answer.correct
    ? html`<span class="ok" title="right">✓</span>`
    : html`<span class="bad" title="wrong">✗</span>`;
  return html`<tr>
    <th scope="row">${stage}</th>
    <td>${mark}</td>
    <td class="words">${markMisread(answer.response.split(' '), truth)}</td>
  </tr>`;
}

/** A digit that follows a place and is not the one there is marked, with the true one as a hint. */
function markMisread(words: readonly string[], truth: ReadonlyMap<string, number>): Html[] {
  const read = readDigits(words);
  const seen = new Set<string>();
  return words.map((word, i) => {
    const place = words[i - 1] ?? '';
    const real = truth.get(place);
    const isReading = real !== undefined && /^[0-9]$/u.test(word) && !seen.has(place);
    if (isReading) seen.add(place);
    const wrong = isReading && read[place as keyof typeof read] !== real;
    return wrong ? html`<mark title="${place} is ${real}">${word}</mark> ` : html`${word} `;
  });
}

function trueDigits({ row }: Sample): Map<string, number> {
  const digits = row.meta?.['digits'];
  return new Map(Array.isArray(digits) ? PLACES.map((place, i) => [place, Number(digits[i])] as const) : []);
}
