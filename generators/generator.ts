/**
 * What every generator is to those who ask it: a batch of questions in, outcomes out. Implementations: onnx.ts (embedded model),
 * openai.ts (a server), served.ts (a server that it starts), template.ts. Journaling and caching are journal.ts's, around it.
 */
import type { GenerationAnswer, GenerationRequest, Outcome } from '../core/generation.js';
import type { GeneratorIdentity } from '../core/generators.js';

export interface ImageFile {
  readonly bytes: Uint8Array;
  readonly media_type: 'image/png' | 'image/jpeg' | 'image/webp' | 'image/gif';
}

/** Bytes of the images that messages name by sha256. */
export interface ImageSource {
  /** @throws ImageFault (image-fault.ts) when it is missing, no picture, or beyond the limits. */
  read(sha256: string): Promise<ImageFile>;
}

export interface Answered {
  /** In the batch. */
  readonly index: number;
  readonly outcome: Outcome;
}

/** For progress and cost: of this process, since it began. */
export interface Spent {
  readonly requests: number;
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  /** Null where the worker's settings name no price. */
  readonly cost: number | null;
}

export interface AnswerOptions {
  readonly images: ImageSource;
  readonly signal: AbortSignal;
  /**
   * Asked of a question just before it goes out, long after the batch began: an answer that has come by another way meanwhile,
   * which is yielded in place of one of its own. A generator without a queue may leave it out.
   */
  readonly known?: (index: number) => Promise<Outcome | null>;
  /**
   * Resolves once an answer is safe. A generator that waits for it before it asks the next has no more to ask again after a crash
   * than it had in flight; one that answers in process may leave it out.
   */
  readonly keep?: (index: number, answer: GenerationAnswer) => Promise<void>;
}

export interface Generator {
  readonly identity: GeneratorIdentity;
  /**
   * Each question of the batch once, in any order, as they come. What has no answer is `unknown` with its reason.
   * @throws StagewrightError EndpointDown, BudgetSpent: what was yielded before stands.
   */
  answer(batch: readonly GenerationRequest[], options: AnswerOptions): AsyncIterable<Answered>;
  spent(): Spent;
  close(): Promise<void>;
}
