/**
 * Derived data sets made by hand in a real store: rows and pictures are made up, what models said is a rule, what becomes of it is
 * the product's own judging and counting. It asks no model and asserts nothing.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { canonicalJson, sha256Hex } from '../../core/canonical-json.js';
import { dataKey, type DerivedDerivation } from '../../core/data-source.js';
import { countFunnel } from '../../core/data/funnel.js';
import { judgeRow, type Said, type SaidInPhases } from '../../core/data/judge.js';
import { phasesOf } from '../../core/data/phases.js';
import type { EvidenceAnswer, Refused, WorkRecord } from '../../core/data/record.js';
import type { Outcome } from '../../core/generation.js';
import type { GeneratorIdentity } from '../../core/generators.js';
import type { Row } from '../../core/row.js';
import type { Store } from '../../store/store.js';

export interface MadeSet {
  readonly key: string;
  readonly folder: string;
  readonly rows: readonly Row[];
}

const BIG: GeneratorIdentity = { kind: 'endpoint', model: 'Qwen2.5-VL-32B-Instruct', revision: '6f4c3c6' };
const SMALL: GeneratorIdentity = { kind: 'endpoint', model: 'Qwen2.5-VL-7B-Instruct', revision: 'cc59489' };
const PROMPT = sha256Hex('a prompt');
const THINGS = ['lighthouse', 'bicycle', 'red kite', 'fishing boat', 'street lamp', 'tea pot'];
const LETTERS = ['A', 'B', 'C', 'D'];
const thing = (i: number): string => THINGS[i % THINGS.length] ?? '';

/** Questions about pictures, as synthesis would have left them: some photographs, some scenes of few pixels. */
export async function makeQuestions(store: Store, count: number): Promise<MadeSet> {
  const key = sha256Hex(`questions ${count}`);
  const rows = Array.from({ length: count }, (_, i): Row => {
    const n = (i % 5) + 2;
    return {
      ...{ id: `docci-${String(i).padStart(4, '0')}`, capability: 'perception', kind: 'caption_mcq' },
      problem: `<image>\nHow many windows does the ${thing(i)} in the middle have?`,
      images: [`images/${i}.${i % 4 === 3 ? 'png' : 'jpg'}`],
      options: [String(n), String(n + 1), String(n + 2), 'none & <none>'],
      answer: LETTERS[i % 3] ?? 'A',
      caption: `A ${thing(i)} with ${n + (i % 3)} windows stands before the sea; it is evening, and the sky is of one colour.`,
      source: i % 3 === 0 ? 'pixmo-cap' : 'docci',
      ...(i % 3 === 0 ? {} : { meta: { license: 'CC BY 4.0' } }),
    };
  });
  const folder = await publish(store, key, { rows });
  mkdirSync(join(folder, 'images'), { recursive: true });
  for (const [i, row] of rows.entries()) await drawPicture(join(folder, row.images[0] ?? ''), i);
  return { key, folder, rows };
}

/** The filter: both models see the image, the larger one reads the caption. */
export async function makeFiltered(store: Store, of: MadeSet): Promise<MadeSet> {
  const derivation: DerivedDerivation = {
    ...{ generator: 'filter', version: 1, of: of.key, image_only: [SMALL, BIG], caption_only: [BIG] },
    ...{ prompt_sha256: PROMPT, sampling: { temperature: 0, top_p: 1, max_tokens: 16 }, seed: 7, mode: 'strict' },
  };
  const say = (row: Row, i: number, phase: string): Outcome => {
    const right = `The answer is ${row.answer}.`;
    const wrong = `In the middle stands the ${thing(i)}. The answer is ${LETTERS[(LETTERS.indexOf(row.answer) + 1) % 4] ?? 'A'}.`;
    if (phase.startsWith('caption')) return i % 9 === 8 ? answer(wrong) : answer(right);
    if (i % 11 === 10) return { kind: 'unknown', reason: 'timeout', message: 'no answer in 60 s, 4 times' };
    return answer(i % 3 === 1 ? right : wrong);
  };
  return makeDerived(store, {
    of,
    derivation,
    name: 'unseen',
    cost: 0.4182,
    say: (row, i, { name }) => [say(row, i, name)],
  });
}

/** The smaller model's pass rate of `samples`. */
export async function makeScored(store: Store, of: MadeSet, samples: number): Promise<MadeSet> {
  const derivation: DerivedDerivation = {
    ...{ generator: 'difficulty', version: 1, of: of.key, by: SMALL, prompt_sha256: PROMPT, seed: 7, samples },
    ...{ verifier: { name: 'mcq', version: 1 }, saturated: 1, hopeless: null },
    sampling: { temperature: 0.7, top_p: 0.9, max_tokens: 1024 },
  };
  return makeDerived(store, {
    ...{ of, derivation, name: 'hard', cost: null },
    say: (row, i) =>
      Array.from({ length: samples }, (_, k) =>
        answer(`<think> ${thing(i)} ${k} </think> \\boxed{${k < (i * 5) % (samples + 1) ? row.answer : 'D'}}`),
      ),
  });
}

interface Derived {
  readonly of: MadeSet;
  readonly derivation: Exclude<DerivedDerivation, { generator: 'overlap' }>;
  readonly name: string;
  readonly cost: number | null;
  readonly say: (row: Row, i: number, phase: { readonly name: string }) => readonly Outcome[];
}

async function makeDerived(store: Store, { of, derivation, name, cost, say }: Derived): Promise<MadeSet> {
  const key = dataKey(derivation);
  const funnel = countFunnel(derivation);
  const rows: Row[] = [];
  const evidence: { id: string; answers: readonly EvidenceAnswer[] }[] = [];
  const refused: Refused[] = [];
  for (const [i, row] of of.rows.entries()) {
    const said: SaidInPhases = new Map(
      phasesOf(derivation).map((phase) => [
        phase.name,
        say(row, i, phase).map((outcome): Said => ({ asked: phase.asked, outcome })),
      ]),
    );
    const judged = judgeRow(derivation, row, said);
    funnel.add(judged, said);
    if (judged.outcome === 'kept') {
      rows.push(judged.row);
      evidence.push({ id: row.id, answers: judged.answers });
    } else {
      const { outcome, reason, detail, answers } = judged;
      refused.push({ id: row.id, outcome, reason, detail, row, answers: [...answers] });
    }
  }
  const inputs = [{ key: of.key, generator: 'synthesis', rows: of.rows.length, rows_sha256: sha256Hex(of.key) }];
  const work: WorkRecord = {
    ...{ schema: 'stagewright/data-work@1', name, max_unknown: 0.1, requests: 90, reused: 30 },
    ...{ prompt_tokens: 90_000, completion_tokens: 1_234, cost, made_at: '2026-01-02T03:04:05.000Z' },
  };
  const folder = await publish(store, key, {
    rows,
    evidence,
    refused,
    funnel: funnel.result(inputs, key),
    work,
  });
  mkdirSync(join(folder, 'images'), { recursive: true });
  for (const row of rows)
    for (const image of row.images) await sharp(join(of.folder, image)).toFile(join(folder, image));
  return { key, folder, rows };
}

interface Files {
  readonly rows: readonly Row[];
  readonly evidence?: readonly object[];
  readonly refused?: readonly object[];
  readonly funnel?: object;
  readonly work?: object;
}

async function publish(store: Store, key: string, { rows, evidence, refused, funnel, work }: Files): Promise<string> {
  const lines = (values: readonly object[]): string => values.map((value) => `${canonicalJson(value)}\n`).join('');
  return store.publishData(key, async (folder) => {
    const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
    write('rows.jsonl', lines(rows));
    if (evidence !== undefined) write('evidence.jsonl', lines(evidence));
    if (refused !== undefined) write('refused.jsonl', lines(refused));
    if (funnel !== undefined) write('funnel.json', canonicalJson(funnel));
    if (work !== undefined) write('work.json', canonicalJson(work));
    write('data.json', canonicalJson({ rows: rows.length, rows_sha256: sha256Hex(lines(rows)) }));
    return Promise.resolve();
  });
}

function answer(text: string): Outcome {
  const completion_tokens = text.split(' ').length;
  return { kind: 'answer', answer: { text, finish_reason: 'stop', prompt_tokens: 900, completion_tokens } };
}

/** Every fourth a scene of 16 x 16 grey pixels, the others photographs of a sort. */
async function drawPicture(file: string, i: number): Promise<void> {
  if (file.endsWith('.png')) {
    const pixels = Buffer.from(Array.from({ length: 256 }, (_, at) => (at * (i + 3) * 7) % 256));
    await sharp(pixels, { raw: { width: 16, height: 16, channels: 1 } })
      .toColourspace('b-w')
      .png()
      .toFile(file);
    return;
  }
  const drawn = `<svg xmlns="http://www.w3.org/2000/svg" width="960" height="${600 + 40 * (i % 4)}">
    <rect width="960" height="800" fill="hsl(${(i * 47) % 360} 60% 70%)"/><circle cx="${200 + ((i * 83) % 500)}" cy="260" r="150" fill="hsl(${(i * 91) % 360} 60% 40%)"/>
    <rect y="480" width="960" height="320" fill="hsl(${(i * 29) % 360} 30% 30%)"/></svg>`;
  await sharp(Buffer.from(drawn)).jpeg({ quality: 90 }).toFile(file);
}
