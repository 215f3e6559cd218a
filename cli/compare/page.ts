/** A comparison as one page that opens offline: settings, differences as a forest plot, questions that changed with their pictures. */
import { join } from 'node:path';
import type { AnswerPair } from '../../core/compare/paired-answers.js';
import type { Store } from '../../store/store.js';
import { framed, sectionPart, type Section } from '../report/frame.js';
import { html, type Html } from '../report/html.js';
import { sampleCards } from '../report/sample-cards.js';
import type { ComparedRuns, ComparedSet } from './comparison.js';
import { forestPlot } from './forest-plot.js';
import { cellsOf, FOOTNOTE, HEADS, valueText } from './words.js';

/** Of each kind of change; the rest is counted. */
const SHOWN = 12;

export async function comparisonPage(compared: ComparedRuns, store: Store, made: string): Promise<string> {
  const { a, b, settings, sets, left_out } = compared;
  const sections: Section[] = [
    { id: 'settings', title: 'What differs in the settings', body: settingsPart(settings) },
    ...(await Promise.all(sets.map((set, i) => setSections(set, i, store)))).flat(),
  ];
  return framed({
    title: 'Two runs compared',
    meta: html`<b>A</b> ${a}<br /><b>B</b> ${b}<br />made ${made}`,
    links: sections,
    main: html`${sections.map(sectionPart)} ${left_out.map((why) => html`<p>Not compared: ${why}</p>`)}
      <p class="note">${FOOTNOTE}</p>`,
  });
}

function settingsPart(settings: ComparedRuns['settings']): Html {
  if (settings.length === 0) return html`<p>No setting differs: both are the same stages.</p>`;
  return html`<div class="scroll">
    <table>
      <thead>
        <tr>
          <th scope="col">stage</th>
          <th scope="col">setting</th>
          <th scope="col">A</th>
          <th scope="col">B</th>
        </tr>
      </thead>
      <tbody>
        ${settings.map(
          ({ stage, setting, a, b }) =>
            html`<tr>
              <th scope="row">${stage}</th>
              <td>${setting}</td>
              <td>${valueText(a)}</td>
              <td>${valueText(b)}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

async function setSections(set: ComparedSet, i: number, store: Store): Promise<Section[]> {
  const { name, items, clusters, duplicates, differences, lost, gained } = set;
  const changed = async (pairs: readonly AnswerPair[]): Promise<Html> =>
    html`${await cards(pairs.slice(0, SHOWN), store, set.key)}
    ${pairs.length > SHOWN ? html`<p class="note">The first ${SHOWN} of ${pairs.length}, in the set's order.</p>` : null}`;
  return [
    {
      id: `set-${i}`,
      title: `Set ${name}`,
      body: html`<p>${items} questions, ${clusters} images or texts.</p>
        ${duplicates.length === 0 ? null : html`<p>${duplicates.length} questions stand in the set more than once, e.g. ${duplicates[0] ?? ''}.</p>`}
        ${forestPlot(differences)}
        <div class="scroll">
          <table>
            <thead>
              <tr>
                ${HEADS.map((head) => html`<th scope="col">${head}</th>`)}
              </tr>
            </thead>
            <tbody>
              ${differences.map(
                (of) =>
                  html`<tr class="level${Math.min(1, of.level)}">
                    <th scope="row">${of.label}</th>
                    ${cellsOf(of).map((cell) => html`<td>${cell}</td>`)}
                  </tr>`,
              )}
            </tbody>
          </table>
        </div>`,
    },
    { id: `gained-${i}`, title: `${gained.length} became right`, body: await changed(gained) },
    { id: `lost-${i}`, title: `${lost.length} became wrong`, body: await changed(lost) },
  ];
}

async function cards(pairs: readonly AnswerPair[], store: Store, data: string): Promise<Html> {
  const folder = await store.findData(data);
  return sampleCards(
    pairs.map(({ row, a, b }) => ({
      row,
      image: folder === null || row.images[0] === undefined ? null : join(folder, row.images[0]),
      answers: [
        { stage: 'A', answer: a },
        { stage: 'B', answer: b },
      ],
    })),
  );
}
