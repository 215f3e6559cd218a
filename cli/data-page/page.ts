/** One offline page for a data set, read from the top: what became of the rows, rows themselves, their spread, cost, data card. */
import { html, type Html } from '../report/html.js';
import { framed, sectionPart, type Section } from '../report/frame.js';
import { licenceOf, readAncestors, type FindData } from './ancestors.js';
import { cardPart } from './part-card.js';
import { funnelPart } from './part-funnel.js';
import { modelsPart } from './part-models.js';
import { samplesPart } from './part-samples.js';
import { shapePart } from './part-shape.js';
import type { DataSet } from './read-set.js';
import { number } from './words.js';

/** The same set gives the same bytes. */
export async function dataPage(set: DataSet, find: FindData): Promise<string> {
  const { funnel, tally, work } = set;
  const ancestors = funnel === null ? [] : await readAncestors(funnel, find);
  const input = ancestors.find(({ of, folder }) => of === funnel?.key && folder !== null)?.folder ?? null;
  const licences: { of: string; text: string }[] = [];
  for (const { of, folder } of [
    { of: set.name, folder: set.folder },
    ...ancestors.map(({ key, folder }) => ({ of: key.slice(0, 12), folder })),
  ]) {
    const text = folder === null ? null : await licenceOf(folder);
    if (text !== null) licences.push({ of, text });
  }
  const sections: Section[] = [
    ...(funnel === null ? [] : [{ id: 'funnel', title: 'What became of the rows', body: funnelPart(funnel) }]),
    { id: 'samples', title: 'Rows', body: await samplesPart(set, { inputFolder: input }) },
    { id: 'shape', title: 'Spread', body: shapePart(set) },
    ...(funnel === null ? [] : [{ id: 'models', title: 'Models, tokens and cost', body: modelsPart(funnel, work) }]),
    { id: 'card', title: 'Data card', body: cardPart({ set, ancestors, licences }) },
  ];
  return framed({
    title: set.name,
    meta: metaOf(set),
    links: sections,
    main: html`<p class="lead">${lead(set, tally.rows)}</p>
      ${sections.map(sectionPart)}`,
  });
}

function metaOf({ funnel }: DataSet): Html {
  return funnel === null
    ? html`a folder of rows`
    : html`data set by ${funnel.derivation.generator}, key <code>${funnel.key.slice(0, 12)}</code>`;
}

function lead({ funnel }: DataSet, counted: number): string {
  if (funnel === null) return `${number(counted)} rows.`;
  const { rows } = funnel;
  const lost = (['dropped', 'unknown', 'refused'] as const).filter((fate) => rows[fate] > 0);
  const rest = lost.map((fate) => `${number(rows[fate])} ${fate}`);
  return `${number(rows.kept)} of ${number(rows.in)} rows kept${rest.length === 0 ? '' : `; ${rest.join(', ')}`}.`;
}
