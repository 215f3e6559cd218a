/** Who answers, as shards ask: a generator with its journal and its prices. Where they come from is the plugin's settings. */
import type { GenerationAnswer, GenerationRequest, Outcome } from '../../../core/generation.js';
import { NOTHING_SPENT, addSpent, type SpentSoFar } from '../../../core/data/work.js';
import type { PlannedGenerator } from '../../../core/generators.js';
import type { ImageLimits } from '../../../generators/configuration.js';
import { askAll } from '../../../generators/ask-all.js';
import type { Generator, ImageSource } from '../../../generators/generator.js';
import type { Journal } from '../../../generators/journal.js';

export interface Answerer {
  readonly generator: Generator;
  readonly journal: Journal;
  /** At the worker's prices; null without. */
  costOf(answer: GenerationAnswer): number | null;
}

/** Of one worker: each is opened once, however many shards ask it, so that its limits hold for all of them. */
export interface Answerers {
  /** @throws StagewrightError SettingsMissing, UnknownName where this worker does not know it. */
  of(planned: PlannedGenerator): Promise<Answerer>;
  /** Of pictures that are shown to models. */
  imageLimits(): Promise<ImageLimits>;
  close(): Promise<void>;
}

export interface AskContext {
  readonly images: ImageSource;
  readonly signal: AbortSignal;
  /** Told of each answer as it is journaled. */
  readonly onAnswer: (spent: SpentSoFar) => void;
}

/** @returns outcomes in the order of the requests, and what they took. */
export async function ask(
  answerer: Answerer,
  requests: readonly GenerationRequest[],
  { images, signal, onAnswer }: AskContext,
): Promise<Outcome[]> {
  const outcomes: (Outcome | undefined)[] = Array.from({ length: requests.length });
  const { generator, journal } = answerer;
  for await (const { index, outcome, cached } of askAll(generator, journal, requests, { images, signal })) {
    outcomes[index] = outcome;
    onAnswer(spentOn(answerer, outcome, cached));
  }
  return outcomes.map(
    (outcome) => outcome ?? { kind: 'unknown', reason: 'server_error', message: 'the generator left it out' },
  );
}

function spentOn(answerer: Answerer, outcome: Outcome, cached: boolean): SpentSoFar {
  if (cached) return addSpent(NOTHING_SPENT, { ...NOTHING_SPENT, reused: 1 });
  if (outcome.kind === 'unknown') return { ...NOTHING_SPENT, requests: 1 };
  const { prompt_tokens, completion_tokens } = outcome.answer;
  return { requests: 1, reused: 0, prompt_tokens, completion_tokens, cost: answerer.costOf(outcome.answer) };
}
