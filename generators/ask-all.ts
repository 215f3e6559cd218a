/**
 * Asks a generator what its journal does not know, and journals what comes back before anybody sees it. Questions of one batch that
 * are the same are asked once. How it is asked (retries, limits) is the generator's.
 */
import { StagewrightError } from '../core/failures.js';
import { requestKey, type GenerationAnswer, type GenerationRequest, type Outcome } from '../core/generation.js';
import { arrivals } from './arrivals.js';
import type { Answered, Generator, ImageSource, Spent } from './generator.js';
import type { Journal } from './journal.js';

export interface Asked extends Answered {
  /** From the journal: nothing was asked. */
  readonly cached: boolean;
}

export interface AskProgress {
  /** Of the batch, so far. */
  readonly done: number;
  readonly cached: number;
  readonly total: number;
  /** Of the generator, since its process began. */
  readonly spent: Spent;
}

export interface AskOptions {
  readonly images: ImageSource;
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: AskProgress) => void;
}

/**
 * Each question of the batch once, in any order. An answer that is yielded is on the disk.
 * @throws StagewrightError EndpointDown, BudgetSpent, DiskFull, NoPermission, StoreUnreachable: all that was answered and could be
 * journaled is yielded before. The reason of `signal`, when it is aborted.
 */
export async function* askAll(
  generator: Generator,
  journal: Journal,
  requests: readonly GenerationRequest[],
  options: AskOptions,
): AsyncGenerator<Asked, void> {
  const { signal, onProgress } = options;
  let done = 0;
  let cachedSoFar = 0;
  const tell = (indexes: readonly number[], outcome: Outcome, cached: boolean): Asked[] => {
    done += indexes.length;
    if (cached) cachedSoFar += indexes.length;
    onProgress?.({ done, cached: cachedSoFar, total: requests.length, spent: generator.spent() });
    return indexes.map((index) => ({ index, outcome, cached }));
  };

  await journal.refresh();
  const questions = unique(generator, requests);
  const open: Question[] = [];
  for (const question of questions) {
    const answer = await journal.find(question.key);
    if (answer === null) open.push(question);
    else yield* tell(question.indexes, { kind: 'answer', answer }, true);
  }
  if (open.length === 0) return;

  const known = new Set<number>();
  const lookAgain = async (index: number): Promise<Outcome | null> => {
    const question = open[index];
    const answer = question === undefined ? null : await journal.find(question.key);
    if (answer === null) return null;
    known.add(index);
    return { kind: 'answer', answer };
  };
  const safe = new Set<number>();
  const keep = async (index: number, answer: GenerationAnswer): Promise<void> => {
    const question = open[index];
    if (question === undefined || safe.has(index)) return;
    await journal.append(question.key, answer);
    safe.add(index);
  };
  /** Ends the asking when journaling fails, or when nobody wants the rest. */
  const stop = new AbortController();
  const settled = arrivals<Asked[]>();

  const ask = async (): Promise<void> => {
    const journaling: Promise<void>[] = [];
    const answers = generator.answer(
      open.map(({ request }) => request),
      { images: options.images, signal: AbortSignal.any([signal, stop.signal]), known: lookAgain, keep },
    );
    const settle = async ({ index, outcome }: Answered): Promise<void> => {
      const question = open[index];
      if (question === undefined) return;
      const cached = known.has(index);
      if (outcome.kind === 'answer' && !cached) await keep(index, outcome.answer);
      settled.push(tell(question.indexes, outcome, cached));
    };
    const failures: unknown[] = [];
    try {
      for await (const one of answers)
        journaling.push(
          settle(one).catch((error: unknown) => {
            failures.push(error);
            stop.abort(error);
          }),
        );
    } catch (error) {
      failures.push(error);
    }
    await Promise.all(journaling);
    if (failures.length > 0) throw failures[0];
  };

  const asking = ask().then(settled.end, settled.fail);
  try {
    yield* flatten(settled.items());
    if (done < requests.length)
      throw new StagewrightError(
        'Internal',
        `the generator left ${requests.length - done} of its questions without a word`,
      );
  } finally {
    stop.abort();
    await asking;
  }
}

interface Question {
  readonly key: string;
  readonly request: GenerationRequest;
  /** In the batch. */
  readonly indexes: number[];
}

function unique({ identity }: Generator, requests: readonly GenerationRequest[]): Question[] {
  const byKey = new Map<string, Question>();
  for (const [index, request] of requests.entries()) {
    const key = requestKey(identity, request);
    const same = byKey.get(key);
    if (same === undefined) byKey.set(key, { key, request, indexes: [index] });
    else same.indexes.push(index);
  }
  return [...byKey.values()];
}

async function* flatten<T>(groups: AsyncIterable<readonly T[]>): AsyncGenerator<T, void> {
  for await (const group of groups) yield* group;
}
