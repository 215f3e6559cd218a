/**
 * Derived sets on a real store, from shards to the published folder, with models that answer by rule: what is asked, what is kept and
 * why, that the same answers make the same bytes, and that nothing answered is asked again. Servers and workflows are elsewhere.
 */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Answerers } from '../../activities/data/derived/answerers.js';
import { assemble } from '../../activities/data/derived/assemble.js';
import { planWork } from '../../activities/data/derived/plan-work.js';
import { runShard } from '../../activities/data/derived/shard.js';
import { canonicalJson } from '../../core/canonical-json.js';
import {
  DATA_FILE,
  dataRecordSchema,
  evidenceSchema,
  funnelSchema,
  refusedSchema,
  workRecordSchema,
} from '../../core/data/record.js';
import type { GenerationRequest, Outcome } from '../../core/generation.js';
import type { GeneratorIdentity, PlannedGenerator } from '../../core/generators.js';
import type { PlannedData } from '../../core/plan.js';
import { planRecipe } from '../../core/plan.js';
import { recipeSchema } from '../../core/recipe.js';
import type { Row } from '../../core/row.js';
import { DEFAULT_IMAGE_LIMITS } from '../../generators/configuration.js';
import type { Generator } from '../../generators/generator.js';
import { createJournals } from '../../generators/journals.js';
import { openStore, type Store } from '../../store/store.js';

let home: string;
let store: Store;
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'stagewright-derived-'));
  store = await openStore(join(home, 'store'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const CAPTIONS = 600;
const sha = (letter: string): string => letter.repeat(64);

/** The planned sets of a recipe: captions -> questions -> seen by nobody -> scored. */
function plans(): { captions: PlannedData; questions: PlannedData; unseen: PlannedData; scored: PlannedData } {
  const recipe = recipeSchema.parse({
    name: 'derived',
    model: 'tiny',
    data: {
      captions: { generator: 'captions', path: 'captions' },
      questions: { generator: 'synthesis', captions: 'captions', by: 'writer', max_unknown: 0.5 },
      unseen: { generator: 'filter', of: 'questions', image_only: ['blind', 'writer'], caption_only: ['writer'] },
      scored: { generator: 'difficulty', of: 'unseen', by: 'blind', samples: 4, max_unknown: 0 },
    },
    generators: {
      writer: { kind: 'openai', model: 'writer', revision: '1' },
      blind: { kind: 'openai', model: 'blind', revision: '1' },
    },
    stages: [
      {
        name: 'one',
        capability: 'perception',
        objective: 'rlvr',
        data: 'scored',
        training: { steps: 1, learning_rate: 0.1 },
      },
    ],
  });
  const plan = planRecipe(recipe, {
    models: { tiny: sha('a') },
    trainers: { onnx: { version: '1' } },
    digits_sha256: sha('c'),
    verifier: { name: 'digits', version: 1 },
    folders: { captions: { folder: '/captions', content_sha256: sha('f') } },
  });
  const scored = plan.stages[0]?.data as PlannedData;
  const unseen = scored.inputs?.[0] as PlannedData;
  const questions = unseen.inputs?.[0] as PlannedData;
  return { scored, unseen, questions, captions: questions.inputs?.[0] as PlannedData };
}

/** Published by hand: reading captions is another test's. */
async function publishCaptions(captions: PlannedData, count = CAPTIONS): Promise<void> {
  await store.publishData(captions.key, async (folder) => {
    mkdirSync(join(folder, 'images'));
    const rows: Row[] = Array.from({ length: count }, (_, i) => {
      writeFileSync(join(folder, 'images', `${i}.png`), `picture ${i}`);
      return {
        ...{ id: `c${i}`, capability: 'captioning', kind: 'caption', problem: '<image>', images: [`images/${i}.png`] },
        ...{ answer: `caption ${i}`, caption: `caption ${i}` },
      };
    });
    writeFileSync(join(folder, 'rows.jsonl'), rows.map((row) => `${canonicalJson(row)}\n`).join(''));
    writeFileSync(join(folder, DATA_FILE), canonicalJson({ rows: count, rows_sha256: sha('0') }));
  });
}

type Rule = (request: GenerationRequest, identity: GeneratorIdentity) => string | null;
const textOf = ({ messages }: GenerationRequest): string =>
  messages.flatMap(({ content }) => content.flatMap((part) => (part.type === 'text' ? [part.text] : []))).join('\n');
const numberIn = (text: string): number => Number(/(?:caption|thing) (\d+)/u.exec(text)?.[1] ?? NaN);
const LETTERS = ['A', 'B', 'C', 'D'];
const golden = (n: number): string => LETTERS[n % 4] ?? 'A';

/** Replies for every tenth caption need a repair, for every hundredth none helps; the models know and do not know by number. */
const byRule: Rule = (request, identity) => {
  const text = textOf(request);
  const n = numberIn(text);
  const asked = request.messages[0]?.content.some((part) => part.type === 'image') === true ? 'image' : 'text';
  if (text.includes('Reply with one JSON block')) {
    if (n % 100 === 7 || (n % 10 === 3 && request.messages.length === 1)) return 'I would rather not.';
    const options = Object.fromEntries(LETTERS.map((letter) => [letter, `option ${letter} of ${n}`]));
    return `\`\`\`json\n${JSON.stringify({ question: `What is at thing ${n}?`, options, answer: golden(n) })}\n\`\`\``;
  }
  // Of a difficulty: K samples, as many right as the number says.
  if (text.includes('\\boxed{}')) return `\\boxed{${request.sample < n % 5 ? golden(n) : golden(n + 1)}}`;
  if (asked === 'text') return n % 7 === 0 ? golden(n + 1) : golden(n);
  if (identity.kind === 'endpoint' && identity.model === 'blind') return n % 3 === 0 ? golden(n) : golden(n + 2);
  return n % 11 === 0 ? null : golden(n + 1);
};

interface Models extends Answerers {
  /** Requests that reached a model. */
  readonly sent: string[];
}

function models(rule: Rule): Models {
  const sent: string[] = [];
  const journals = createJournals(store.objects, { owner: 'test', groupMs: 5 });
  return {
    sent,
    async of(planned: PlannedGenerator) {
      const { identity } = planned;
      const generator: Generator = {
        identity,
        async *answer(batch, { signal }) {
          for (const [index, request] of batch.entries()) {
            signal.throwIfAborted();
            sent.push(canonicalJson([identity, request]));
            const text = rule(request, identity);
            const outcome: Outcome =
              text === null
                ? { kind: 'unknown', reason: 'timeout', message: 'no answer' }
                : { kind: 'answer', answer: { text, finish_reason: 'stop', prompt_tokens: 10, completion_tokens: 2 } };
            yield { index, outcome };
          }
        },
        spent: () => ({ requests: sent.length, prompt_tokens: 0, completion_tokens: 0, cost: null }),
        close: async () => undefined,
      };
      return { generator, journal: await journals.of(identity), costOf: ({ completion_tokens }) => completion_tokens };
    },
    imageLimits: async () => DEFAULT_IMAGE_LIMITS,
    close: () => journals.close(),
  };
}

const signal = new AbortController().signal;

async function make(data: PlannedData, answerers: Answerers): Promise<number> {
  const plan = await planWork(store, data);
  for (const phase of plan.phases)
    for (let shard = phase.shards - 1; shard >= 0; shard--)
      await runShard(
        { data, phase: phase.name, shard },
        { store, answerers, signal, before: null, onProgress: () => undefined },
      );
  return (await assemble(store, data, { signal, onRow: () => undefined })).rows;
}

const folderOf = (data: PlannedData): string => join(home, 'store', 'data', data.key);
const linesOf = (data: PlannedData, name: string): unknown[] =>
  readFileSync(join(folderOf(data), name), 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as unknown);
const recordOf = (data: PlannedData, name: string): unknown =>
  JSON.parse(readFileSync(join(folderOf(data), name), 'utf8'));
const bytesOf = (data: PlannedData): Record<string, string> =>
  Object.fromEntries(
    readdirSync(folderOf(data))
      .filter((name) => name.endsWith('.jsonl') || name === 'funnel.json' || name === 'data.json')
      .map((name) => [name, readFileSync(join(folderOf(data), name), 'utf8')]),
  );

describe('derived sets', () => {
  it('are asked, judged and kept with their evidence, row by row', async () => {
    const { captions, questions, unseen, scored } = plans();
    await publishCaptions(captions);
    const answerers = models(byRule);

    // 6 of 600 captions have no usable reply even after the repair.
    expect(await make(questions, answerers)).toBe(594);
    const refused = linesOf(questions, 'refused.jsonl').map((line) => refusedSchema.parse(line));
    expect(refused.map(({ id }) => id)).toEqual(['c7', 'c107', 'c207', 'c307', 'c407', 'c507']);
    expect(refused[0]).toMatchObject({ outcome: 'refused', reason: 'the reply has no JSON block', row: { id: 'c7' } });
    expect(refused[0]?.answers.map(({ asked, text }) => [asked, text])).toEqual([
      ['synthesis', 'I would rather not.'],
      ['repair', 'I would rather not.'],
    ]);
    const evidence = linesOf(questions, 'evidence.jsonl').map((line) => evidenceSchema.parse(line));
    const rows = linesOf(questions, 'rows.jsonl') as Row[];
    expect(evidence.map(({ id }) => id)).toEqual(rows.map(({ id }) => id));
    expect(evidence.find(({ id }) => id === 'c13-mcq')?.answers.map(({ asked }) => asked)).toEqual([
      'synthesis',
      'repair',
    ]);
    // Pictures are the input's own, not copies of them.
    expect(statSync(join(folderOf(questions), 'images', '0.png')).ino).toBe(
      statSync(join(folderOf(captions), 'images', '0.png')).ino,
    );

    const wanted = (n: number): boolean => n % 3 !== 0 && n % 7 !== 0 && n % 100 !== 7;
    const without = (n: number): boolean => n % 11 === 0 && n % 100 !== 7;
    const numbers = Array.from({ length: CAPTIONS }, (_, n) => n);
    // Every eleventh has no answer of one model: more than a hundredth.
    await expect(make(unseen, answerers)).rejects.toThrow(
      /54 of 594 rows have no usable answer.*54 no answer in time/su,
    );
    expect(existsSync(folderOf(unseen))).toBe(false);
    const sent = answerers.sent.length;
    const healed = models((request, identity) => byRule(request, identity) ?? golden(numberIn(textOf(request)) + 1));
    expect(await make(unseen, healed)).toBe(numbers.filter(wanted).length);
    // Only what had no answer was asked again.
    expect(healed.sent).toHaveLength(numbers.filter(without).length);
    expect(answerers.sent).toHaveLength(sent);
    const funnel = funnelSchema.parse(recordOf(unseen, 'funnel.json'));
    expect(funnel.rows).toMatchObject({ in: 594, kept: numbers.filter(wanted).length, unknown: 0 });
    expect(funnel.reasons.map(({ reason }) => reason)).toEqual([
      'the image alone is enough for blind@1',
      'not answered from the caption by writer@1',
    ]);
    expect(funnel.models.map(({ asked, questions: n }) => [asked, n])).toEqual([
      [['image'], 594],
      [['image', 'caption'], 1188],
    ]);

    expect(await make(scored, healed)).toBe(numbers.filter((n) => wanted(n) && n % 5 !== 4).length);
    const rates = linesOf(scored, 'rows.jsonl') as Row[];
    expect(new Set(rates.map((row) => row.pass_rate))).toEqual(new Set([0, 0.25, 0.5, 0.75]));
    // In the order of the seed, evidence beside rows.
    expect(rates.map(({ id }) => id)).not.toEqual((linesOf(unseen, 'rows.jsonl') as Row[]).map(({ id }) => id));
    const samples = linesOf(scored, 'evidence.jsonl').map((line) => evidenceSchema.parse(line));
    expect(samples.map(({ id }) => id)).toEqual(rates.map(({ id }) => id));
    expect(samples.map(({ answers }) => answers.filter(({ correct }) => correct === true).length / 4)).toEqual(
      rates.map((row) => row.pass_rate),
    );
    const { pass_rates } = funnelSchema.parse(recordOf(scored, 'funnel.json'));
    expect(pass_rates?.samples).toBe(4);
    expect(pass_rates?.rows.reduce((sum, n) => sum + n, 0)).toBe(numbers.filter(wanted).length);
    expect(dataRecordSchema.parse(recordOf(scored, 'data.json')).rows).toBe(rates.length);
  });

  it('have the same bytes whoever made them, and the second time no model is asked', async () => {
    const { captions, questions } = plans();
    await publishCaptions(captions, 300);
    const first = models(byRule);
    await make(questions, first);
    const bytes = bytesOf(questions);
    expect(workRecordSchema.parse(recordOf(questions, 'work.json'))).toMatchObject({
      requests: 333,
      reused: 0,
      cost: 666,
    });
    for (const folder of ['data', 'data-work']) rmSync(join(home, 'store', folder, questions.key), { recursive: true });
    const second = models(() => {
      throw new Error('asked');
    });
    await make(questions, second);
    expect(bytesOf(questions)).toEqual(bytes);
    expect(workRecordSchema.parse(recordOf(questions, 'work.json'))).toMatchObject({
      requests: 0,
      reused: 333,
      cost: null,
    });
  });

  it('goes on from what was committed and journaled when it was cut off', async () => {
    const { captions, questions } = plans();
    await publishCaptions(captions, 300);
    const cut = models((request, identity) => {
      if (cut.sent.length > 290) throw new Error('killed');
      return byRule(request, identity);
    });
    await expect(make(questions, cut)).rejects.toThrow('killed');
    const rest = models(byRule);
    expect(await make(questions, rest)).toBe(297);
    const again = rest.sent.filter((request) => cut.sent.includes(request));
    // The one that was in flight.
    expect(again).toHaveLength(1);
  });

  it('a picture that cannot be read leaves its row unknown, never wrong, and asks nobody', async () => {
    const { captions, questions, unseen } = plans();
    await publishCaptions(captions, 300);
    const answerers = models((request, identity) => byRule(request, identity) ?? golden(numberIn(textOf(request)) + 1));
    await make(questions, answerers);
    rmSync(join(folderOf(questions), 'images', '2.png'));
    await make({ ...unseen, max_unknown: 0.01 }, answerers);
    const refused = linesOf(unseen, 'refused.jsonl').map((line) => refusedSchema.parse(line));
    expect(refused.find(({ id }) => id === 'c2-mcq')).toMatchObject({
      outcome: 'unknown',
      reason: 'the image cannot be read',
    });
  });
});
