/**
 * One pass over 256 rows: asks what the pass asks of each row and commits all outcomes as one file. What becomes of the rows is
 * decided when the set is put together. A killed worker loses nothing that was journaled.
 */
import { z } from 'zod';
import { canonicalJson } from '../../../core/canonical-json.js';
import { difficultyRequests } from '../../../core/data/difficulty.js';
import type { Said } from '../../../core/data/judge.js';
import { filterRequest } from '../../../core/data/perception-filter.js';
import { modelsOf, phasesOf, sameModel, type Phase } from '../../../core/data/phases.js';
import { evidenceAnswerSchema } from '../../../core/data/record.js';
import { readReply, repairRequest, repairRounds, synthesisRequest } from '../../../core/data/synthesis.js';
import {
  addSpent,
  NOTHING_SPENT,
  spentSchema,
  type ShardDone,
  type ShardProgress,
  type SpentSoFar,
} from '../../../core/data/work.js';
import type { DerivedDerivation } from '../../../core/data-source.js';
import { StagewrightError } from '../../../core/failures.js';
import { outcomeSchema, type GenerationRequest, type Outcome } from '../../../core/generation.js';
import type { PlannedData } from '../../../core/plan.js';
import type { Row } from '../../../core/row.js';
import { layout } from '../../../store/layout.js';
import type { Store } from '../../../store/store.js';
import { ask, type Answerer, type Answerers, type AskContext } from './answerers.js';
import { imagesIn } from './images.js';
import { derivationOf, hashImages, openInputs, readRows, type ShardImages } from './input.js';

export interface ShardInput {
  readonly data: PlannedData;
  /** Name of the pass. */
  readonly phase: string;
  readonly shard: number;
}

/** First line of a shard's file: what it took. No part of the set. */
const headSchema = z.strictObject({ ...spentSchema.shape, unknown: z.int().min(0) });
const saidSchema = z.strictObject({
  id: z.string(),
  said: z.array(z.strictObject({ asked: evidenceAnswerSchema.shape.asked, outcome: outcomeSchema })),
});
export interface ShardFile {
  readonly head: z.infer<typeof headSchema>;
  readonly rows: readonly { readonly id: string; readonly said: readonly Said[] }[];
}

/** Null when it was not committed yet. @throws StagewrightError Internal naming a damaged file. */
export async function readShard(store: Store, { data, phase, shard }: ShardInput): Promise<ShardFile | null> {
  const at = layout.dataWorkShard(data.key, phase, shard);
  const text = (await store.objects.get(at))?.toString('utf8');
  if (text === undefined) return null;
  try {
    const [head, ...rows] = text.trimEnd().split('\n');
    return {
      head: headSchema.parse(JSON.parse(head ?? '')),
      rows: rows.map((line) => saidSchema.parse(JSON.parse(line))),
    };
  } catch (cause) {
    throw new StagewrightError(
      'Internal',
      `${store.objects.path(at)} is damaged: remove it, and what it held is asked again from the journal`,
      {},
      { cause },
    );
  }
}

export interface ShardContext {
  readonly store: Store;
  readonly answerers: Answerers;
  readonly signal: AbortSignal;
  /** Of an earlier try of the same activity, as its last heartbeat said. */
  readonly before: SpentSoFar | null;
  readonly onProgress: (progress: ShardProgress) => void;
}

/** Idempotent: what is committed is not asked again. */
export async function runShard(input: ShardInput, context: ShardContext): Promise<ShardDone> {
  const { store } = context;
  const { data } = input;
  const derivation = derivationOf(data);
  const phase = phasesOf(derivation).find(({ name }) => name === input.phase);
  if (phase === undefined) throw new StagewrightError('Internal', `data set ${data.name} has no pass ${input.phase}`);
  const known = await readShard(store, input);
  if (known !== null) return doneOf(known.rows.length, known.head);
  const set = (await openInputs(store, data))[phase.input];
  if (set === undefined) throw new StagewrightError('Internal', `data set ${data.name} has no input ${phase.input}`);
  const rows = await readRows(set, input.shard);
  const images = await hashImages(set.folder, rows);
  const { said, spent } = await askRows(rows, images, { derivation, phase, data, folder: set.folder }, context);
  const unknown = said.filter((one) => one.some(({ outcome }) => outcome.kind === 'unknown')).length;
  const head = { ...spent, unknown };
  const lines = [head, ...rows.map((row, i) => ({ id: row.id, said: said[i] ?? [] }))].map((line) =>
    canonicalJson(line),
  );
  await store.objects.putExclusive(
    layout.dataWorkShard(data.key, input.phase, input.shard),
    lines.map((line) => `${line}\n`).join(''),
  );
  return doneOf(rows.length, head);
}

const doneOf = (rows: number, head: ShardFile['head']): ShardDone => ({ rows, ...head });

interface Asking {
  readonly derivation: DerivedDerivation;
  readonly phase: Phase;
  readonly data: PlannedData;
  /** Of the rows. */
  readonly folder: string;
}

async function askRows(
  rows: readonly Row[],
  images: ShardImages,
  { derivation, phase, data, folder }: Asking,
  { answerers, signal, before, onProgress }: ShardContext,
): Promise<{ said: Said[][]; spent: SpentSoFar }> {
  const identity = modelsOf(derivation)[phase.model];
  const planned = data.generators?.find((one) => identity !== undefined && sameModel(one.identity, identity));
  if (planned === undefined)
    throw new StagewrightError('Internal', `data set ${data.name}: nobody is asked in ${phase.name}`);
  const answerer = await answerers.of(planned);
  let spent = before ?? NOTHING_SPENT;
  let answered = 0;
  const questions = rows.length * phase.questions;
  const context: AskContext = {
    images: imagesIn(folder, images, await answerers.imageLimits()),
    signal,
    onAnswer: (more) => {
      spent = addSpent(spent, more);
      answered = Math.min(questions, answered + 1);
      onProgress({ questions, answered, rows: rows.length, ...spent });
    },
  };
  const said: Said[][] = rows.map(() => []);
  const put = async (
    asked: Said['asked'],
    open: readonly { readonly row: number; readonly request: GenerationRequest }[],
  ): Promise<void> => {
    const outcomes = await ask(
      answerer,
      open.map(({ request }) => request),
      context,
    );
    for (const [i, { row }] of open.entries()) {
      const outcome = outcomes[i];
      if (outcome !== undefined) said[row]?.push({ asked, outcome });
    }
  };
  switch (derivation.generator) {
    case 'synthesis':
      await askQuestions(rows, derivation, answerer, said, put);
      break;
    case 'filter': {
      const sees = phase.asked === 'image' ? 'image' : 'caption';
      const { sampling, seed } = derivation;
      const open = rows.map((row, i): Open => {
        const shas = sees === 'image' ? images.of(row) : [];
        return shas === null
          ? { row: i, request: null }
          : { row: i, request: filterRequest(row, shas, { sees, identity: planned.identity, sampling, seed }) };
      });
      unreadable(open, said, sees);
      await put(sees, open.filter(isOpen));
      break;
    }
    case 'difficulty': {
      const open = rows.flatMap((row, i): Open[] => {
        const shas = images.of(row);
        if (shas === null) return Array.from({ length: derivation.samples }, () => ({ row: i, request: null }));
        return difficultyRequests(row, shas, derivation).map((request) => ({ row: i, request }));
      });
      unreadable(open, said, 'sample');
      await put('sample', open.filter(isOpen));
      break;
    }
    case 'overlap':
      throw new StagewrightError('Internal', 'an overlap asks no model');
  }
  return { said, spent };
}

interface Open {
  readonly row: number;
  /** Null where a picture cannot be read: there is nothing to ask. */
  readonly request: GenerationRequest | null;
}

const isOpen = (one: Open): one is { row: number; request: GenerationRequest } => one.request !== null;

function unreadable(open: readonly Open[], said: Said[][], asked: Said['asked']): void {
  const outcome: Outcome = { kind: 'unknown', reason: 'bad_image', message: 'an image of the row is not there' };
  for (const { row, request } of open) if (request === null) said[row]?.push({ asked, outcome });
}

/** Each caption, then what was refused again with the reason, for as many rounds as the recipe gives. */
async function askQuestions(
  rows: readonly Row[],
  derivation: Extract<DerivedDerivation, { generator: 'synthesis' }>,
  answerer: Answerer,
  said: readonly Said[][],
  put: (asked: Said['asked'], open: { row: number; request: GenerationRequest }[]) => Promise<void>,
): Promise<void> {
  const { by } = derivation;
  let open = rows.flatMap((row, i) => {
    const caption = row.caption?.trim() ?? '';
    return caption === '' ? [] : [{ row: i, request: synthesisRequest(caption, derivation) }];
  });
  const rounds = repairRounds(by, derivation.repair);
  for (let round = 0; open.length > 0; round++) {
    await put(round === 0 ? 'synthesis' : 'repair', open);
    if (round === rounds) return;
    open = open.flatMap(({ row, request }) => {
      const outcome = said[row]?.at(-1)?.outcome;
      if (outcome?.kind !== 'answer') return [];
      const { text, finish_reason } = outcome.answer;
      const reply = readReply(text, by, finish_reason === 'length');
      return reply.ok ? [] : [{ row, request: repairRequest(request, text, reply) }];
    });
  }
}
