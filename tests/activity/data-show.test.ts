/** A set's page says what its files say: the funnel and its reasons, rows with pictures, rates, letters, tokens, the data card. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseHTML } from 'linkedom';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dataPage } from '../../cli/data-page/page.js';
import { readSet } from '../../cli/data-page/read-set.js';
import { number } from '../../cli/data-page/words.js';
import { funnelSchema } from '../../core/data/record.js';
import { openStore, type Store } from '../../store/store.js';
import { runCli } from '../support/cli.js';
import { makeFiltered, makeQuestions, makeScored, type MadeSet } from '../support/made-data.js';
import { temporaryFolder } from '../support/runs.js';

let home: string;
let store: Store;
let questions: MadeSet;
let filtered: MadeSet;
let scored: MadeSet;
beforeAll(async () => {
  home = mkdtempSync(join(process.env['STAGEWRIGHT_TEST_REPORT'] ?? tmpdir(), 'stagewright-show-'));
  store = await openStore(join(home, 'store'));
  questions = await makeQuestions(store, 60);
  filtered = await makeFiltered(store, questions);
  scored = await makeScored(store, filtered, 8);
});

afterAll(() => {
  if (process.env['STAGEWRIGHT_TEST_REPORT'] === undefined) rmSync(home, { recursive: true, force: true });
});

const SAMPLES = { keptSamples: 6, refusedSamples: 2 };
const pageOf = async (folder: string): Promise<string> =>
  dataPage(await readSet(folder, SAMPLES), (key) => store.findData(key));
const funnelOf = ({ folder }: MadeSet) =>
  funnelSchema.parse(JSON.parse(readFileSync(join(folder, 'funnel.json'), 'utf8')));
/** As much of the DOM as is looked at: we compile without its types. */
interface Dom {
  querySelectorAll(selector: string): Iterable<{ textContent: string; getAttribute(name: string): string | null }>;
}
const domOf = (page: string): Dom => (parseHTML(page) as unknown as { document: Dom }).document;
const wordsOf = (text: string): string => text.replaceAll(/\s+/gu, ' ').trim();
const textOf = (page: string): string =>
  [...domOf(page).querySelectorAll('body')].map(({ textContent }) => wordsOf(textContent)).join(' ');

describe('the page of a filtered set', () => {
  it('counts what became of the rows as the funnel does, each reason with its rows', async () => {
    const { rows, reasons } = funnelOf(filtered);
    // A set in which nothing was lost would show nothing.
    expect([rows.kept, rows.dropped, rows.unknown].every((n) => n > 0)).toBe(true);
    const page = await pageOf(filtered.folder);
    const text = textOf(page);
    expect(text).toContain(wordsOf(`${number(rows.kept)} of ${number(rows.in)} rows kept`));
    for (const { reason, outcome, rows: lost } of reasons) expect(text).toContain(`${reason} ${outcome} ${lost}`);
    expect(page).toContain(`came in: ${rows.in}`);
    expect(page).toContain(`kept: ${rows.kept}`);
  });

  it('shows kept rows and some of each reason, with pictures and what each model said', async () => {
    const document = domOf(await pageOf(filtered.folder));
    const cards = [...document.querySelectorAll('.card')];
    const { reasons } = funnelOf(filtered);
    expect(cards).toHaveLength(6 + reasons.reduce((sum, { rows }) => sum + Math.min(2, rows), 0));
    const pictures = [...document.querySelectorAll('.scene img')];
    // Those of rows that were kept aside come from the set that they were in.
    expect(pictures).toHaveLength(cards.length);
    expect(new Set(pictures.map((picture) => picture.getAttribute('class')))).toEqual(new Set(['photo', 'tiny']));
    const first = wordsOf(cards[0]?.textContent ?? '');
    expect(first).toContain('image only');
    expect(first).toContain('caption only');
    expect(first).toMatch(/right answer [A-C]/u);
  });

  it('names sources, licences, models, revisions, prompts, seeds, and what it is made of', async () => {
    const text = textOf(await pageOf(filtered.folder));
    for (const words of ['docci CC BY 4.0', 'pixmo-cap not named', 'Qwen2.5-VL-32B-Instruct @ 6f4c3c6', 'mode strict'])
      expect(text).toContain(words);
    expect(text).toMatch(/seed\s+7/u);
    expect(text).toContain(questions.key.slice(0, 12));
    expect(text).toContain('0.42');
    const { models } = funnelOf(filtered);
    for (const { questions: asked, prompt_tokens: tokens } of models) {
      expect(text).toContain(wordsOf(number(asked)));
      expect(text).toContain(wordsOf(number(tokens)));
    }
  });

  it('is text where a row is text: no markup of a row is markup of the page', async () => {
    const page = await pageOf(filtered.folder);
    expect(page).toContain('none &amp; &lt;none&gt;');
    expect(page).not.toContain('<none>');
  });

  it('loads nothing, and has the same bytes each time', async () => {
    const page = await pageOf(filtered.folder);
    expect(page.match(/(?:src|href)="(?!data:|#)/gu)).toBeNull();
    expect(await pageOf(filtered.folder)).toBe(page);
  });
});

it('the page of a scored set has all pass rates and letters, and the whole way back', async () => {
  const page = await pageOf(scored.folder);
  const { pass_rates: rates, letters } = funnelOf(scored);
  expect(page).toContain(
    `aria-description="${(rates?.rows ?? []).map((rows, right) => `${right}: ${rows}`).join('; ')}"`,
  );
  expect(page).toContain(
    `aria-description="${Object.entries(letters)
      .map(([l, n]) => `${l}: ${n}`)
      .join('; ')}"`,
  );
  const text = textOf(page);
  for (const { key } of [filtered, questions]) expect(text).toContain(key.slice(0, 12));
  expect(text).toMatch(/and 4 more: \d of 8 right/u);
});

describe('stagewright data show', () => {
  const cli = (...args: string[]) => runCli(['data', 'show', ...args], { env: { STAGEWRIGHT_STORE: store.root } });

  it('finds a set by the first letters of its key', async () => {
    const out = join(await temporaryFolder(), 'deep', 'set.html');
    const { code, stdout, stderr } = await cli(scored.key.slice(0, 8), '--out', out, '--samples', '2');
    expect(stderr).toMatch(new RegExp(`^hard: ${funnelOf(scored).rows.kept} rows; `, 'u'));
    expect([code, stdout]).toEqual([0, `${out}\n`]);
    expect(readFileSync(out, 'utf8')).toContain('<title>hard</title>');
  });

  it('shows a folder of one’s own rows, which needs no store and no funnel', async () => {
    const folder = join(await temporaryFolder(), 'own');
    mkdirSync(folder);
    writeFileSync(
      join(folder, 'rows.jsonl'),
      [0.25, 1]
        .map(
          (pass_rate, i) =>
            `${JSON.stringify({ id: `r${i}`, capability: 'x', kind: 'y', problem: '1 + 1?', images: [], answer: '2', pass_rate })}\n`,
        )
        .join(''),
    );
    writeFileSync(join(folder, 'LICENSE.txt'), '\nCC0 1.0 Universal\n');
    const { code, stdout } = await runCli(['data', 'show', folder, '--out', `${folder}.html`], {
      env: { STAGEWRIGHT_STORE: join(folder, 'no-store') },
    });
    expect([code, stdout]).toEqual([0, `${folder}.html\n`]);
    const text = textOf(readFileSync(`${folder}.html`, 'utf8'));
    expect(text).toContain('licence file of own CC0 1.0 Universal');
    expect(text).toContain('No row names its source or a licence.');
  });

  it.each<[string, () => Promise<string[]>, RegExp]>([
    ['a key that is not there', async () => ['feedfeed'], /no data set "feedfeed" in the store .*, which holds 3/u],
    ['neither key nor file', async () => ['nothing'], /"nothing" is no folder, no recipe's file and no key/u],
    ['a folder without rows', async () => [await temporaryFolder()], /holds no rows\.jsonl: it is no data set/u],
    [
      'a recipe without the name of a set',
      async () => ['configs/recipes/digits-staged.yaml'],
      /which data set of .*Name it: /u,
    ],
    [
      'a name that is not in the recipe',
      async () => ['configs/recipes/digits-staged.yaml', 'bse'],
      /no data set "bse" in .*did you mean "base"\?/u,
    ],
    [
      'a set that is not made yet',
      async () => ['configs/recipes/digits-staged.yaml', 'base'],
      /is not in the store yet; it is made by: stagewright run/u,
    ],
    [
      'a number that is none',
      async () => [scored.key, '--samples', 'few'],
      /--samples must be a whole number from 0, not "few"/u,
    ],
  ])('%s is refused, with what would be right', async (_name, args, message) => {
    const { code, stdout, stderr } = await cli(...(await args()));
    expect(stderr).toMatch(message);
    expect([code, stdout]).toEqual([2, '']);
  });

  it('a bad row is named by file and line', async () => {
    const folder = await temporaryFolder();
    writeFileSync(join(folder, 'rows.jsonl'), '{"id":"a"}\n');
    const { code, stderr } = await cli(folder);
    expect(stderr).toMatch(/rows\.jsonl:1: capability: /u);
    expect(code).toBe(1);
  });
});
