/** The data card: sources and licences, what the set was derived from and how, models, prompts, seeds and digests. */
import type { DataDerivation } from '../../core/data-source.js';
import type { GeneratorIdentity } from '../../core/generators.js';
import { html, type Html } from '../report/html.js';
import type { Ancestor } from './ancestors.js';
import type { DataSet } from './read-set.js';
import { modelName, number, shareOf } from './words.js';

export interface CardInput {
  readonly set: DataSet;
  readonly ancestors: readonly Ancestor[];
  /** First line of a licence file beside the rows; of this set and of those that it is made of. */
  readonly licences: readonly { readonly of: string; readonly text: string }[];
}

export function cardPart({ set, ancestors, licences }: CardInput): Html {
  const { tally, funnel, record } = set;
  return html`${facts([
    ['rows', number(funnel?.rows.kept ?? tally.rows)],
    ['pictures named by them', number(tally.pictures)],
    ...(funnel === null ? [] : ([['key', digest(funnel.key)]] as const)),
    ...(record === null ? [] : ([['sha256 of the rows', digest(record.rows_sha256)]] as const)),
    ...derivationFacts(funnel?.derivation ?? null),
    ...(set.work === null || set.work.max_unknown === null
      ? []
      : ([['most rows without an answer', shareOf(set.work.max_unknown, 1)]] as const)),
  ])}
  ${sourceTable(set)}
  ${licences.length === 0 ? null : facts(licences.map(({ of, text }) => [`licence file of ${of}`, text]))}
  ${ancestors.length === 0 ? null : ancestorTable(ancestors)}
  ${
    funnel === null
      ? html`<p>No record of how these rows were made lies beside them.</p>`
      : html`<details>
          <summary>The derivation, as its key hashes it</summary>
          <pre>${JSON.stringify(funnel.derivation, null, 2)}</pre>
        </details>`
  }`;
}

type Fact = readonly [string, Html | string];

function facts(all: readonly Fact[]): Html {
  return html`<dl class="facts">
    ${all.map(
      ([name, value]) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`;
}

/** Each setting in words of its own; what is long is in the JSON below. */
export function derivationFacts(derivation: DataDerivation | null): Fact[] {
  if (derivation === null) return [];
  return Object.entries(derivation).flatMap(([name, value]): Fact[] => {
    if (name === 'generator') return [['made by', String(value)]];
    if (name === 'by') return [['model', modelName(value as GeneratorIdentity)]];
    if (name === 'image_only' || name === 'caption_only')
      return [[words(name), (value as GeneratorIdentity[]).map(modelName).join('; ')]];
    if (typeof value === 'string') return [[words(name), /^[0-9a-f]{64}$/u.test(value) ? digest(value) : value]];
    if (typeof value === 'number' || typeof value === 'boolean') return [[words(name), String(value)]];
    if (value === null) return [[words(name), 'none']];
    if (Array.isArray(value)) return [];
    const parts = Object.entries(value as Readonly<Record<string, unknown>>);
    return [[words(name), parts.map(([key, part]) => `${words(key)} ${String(part)}`).join(', ')]];
  });
}

function sourceTable({ tally }: DataSet): Html {
  const { sources, rows } = tally;
  const nothing = sources.every(({ source, licence }) => source === null && licence === null);
  if (nothing) return html`<p>No row names its source or a licence.</p>`;
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Sources and licences">
    <table>
      <caption>
        Sources and licences, as the rows name them
      </caption>
      <thead>
        <tr>
          <th scope="col">source</th>
          <th scope="col">licence</th>
          <th scope="col" class="num">rows</th>
          <th scope="col" class="num">of all</th>
        </tr>
      </thead>
      <tbody>
        ${sources.map(
          (one) =>
            html`<tr>
              <th scope="row" class="wrap">${one.source ?? 'not named'}</th>
              <td class="wrap">${one.licence ?? 'not named'}</td>
              <td class="num">${number(one.rows)}</td>
              <td class="num">${shareOf(one.rows, rows)}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

function ancestorTable(ancestors: readonly Ancestor[]): Html {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="What it is made of">
    <table>
      <caption>
        What it is made of, the nearest first
      </caption>
      <thead>
        <tr>
          <th scope="col">set</th>
          <th scope="col">made by</th>
          <th scope="col" class="num">rows</th>
          <th scope="col">for</th>
          <th scope="col">sha256 of its rows</th>
        </tr>
      </thead>
      <tbody>
        ${ancestors.map(
          ({ key, generator, rows, rows_sha256, of }) =>
            html`<tr>
              <th scope="row">${digest(key)}</th>
              <td>${generator}</td>
              <td class="num">${number(rows)}</td>
              <td>${digest(of)}</td>
              <td>${digest(rows_sha256)}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

const words = (name: string): string => name.replaceAll('_', ' ');

function digest(sha256: string): Html {
  return html`<code title="${sha256}">${sha256.slice(0, 12)}</code>`;
}
