/**
 * The embedded model in this process, with the weights of a stage's export. It reads words of its own vocabulary only: what it
 * cannot be asked is unknown with its reason, never answered as something else. Learns nothing.
 */
import { END } from '../core/digits/vocabulary.js';
import type { GenerationRequest, Outcome } from '../core/generation.js';
import type { GeneratorIdentity } from '../core/generators.js';
import { Sampler, SAMPLER_WIDTH, type WeightsFile } from '../trainers/onnx/sampler.js';
import { encodeRequest, Unaskable, type AskedQuestion, type Pictures } from './encode.js';
import type { Answered, Generator, ImageSource, Spent } from './generator.js';

export interface OnnxGeneratorOptions extends WeightsFile {
  readonly identity: Extract<GeneratorIdentity, { kind: 'onnx' }>;
  readonly threads: number;
}

/** @throws StagewrightError DigestMismatch when model or weights hold other bytes. */
export async function createOnnxGenerator(options: OnnxGeneratorOptions): Promise<Generator> {
  return new OnnxGenerator(options.identity, await Sampler.load(options, options.threads));
}

interface Asked extends AskedQuestion {
  readonly index: number;
  readonly request: GenerationRequest;
}

class OnnxGenerator implements Generator {
  readonly #spent = { requests: 0, prompt_tokens: 0, completion_tokens: 0 };

  constructor(
    readonly identity: GeneratorIdentity,
    private readonly sampler: Sampler,
  ) {}

  async *answer(
    batch: readonly GenerationRequest[],
    { images, signal }: { readonly images: ImageSource; readonly signal: AbortSignal },
  ): AsyncGenerator<Answered> {
    const pictures: Pictures = new Map();
    for (let start = 0; start < batch.length; start += SAMPLER_WIDTH) {
      signal.throwIfAborted();
      const asked: Asked[] = [];
      for (const [i, request] of batch.slice(start, start + SAMPLER_WIDTH).entries()) {
        const index = start + i;
        try {
          asked.push({ index, request, ...(await encodeRequest(request, images, pictures)) });
        } catch (error) {
          if (!(error instanceof Unaskable)) throw error;
          yield { index, outcome: { kind: 'unknown', reason: error.reason, message: error.message } };
        }
      }
      if (asked.length > 0) yield* this.#run(asked);
    }
  }

  async *#run(asked: readonly Asked[]): AsyncGenerator<Answered> {
    const responses = await this.sampler.draw(
      asked.map(({ question, request: { sampling, seed, sample } }) => ({
        question,
        temperature: sampling.temperature,
        seed,
        sample,
      })),
    );
    for (const [i, { index, request, promptTokens }] of asked.entries()) {
      const outcome = answerOf(responses[i] ?? [], promptTokens, request.sampling.max_tokens);
      this.#spent.requests += 1;
      this.#spent.prompt_tokens += promptTokens;
      if (outcome.kind === 'answer') this.#spent.completion_tokens += outcome.answer.completion_tokens;
      yield { index, outcome };
    }
  }

  spent(): Spent {
    return { ...this.#spent, cost: null };
  }

  close(): Promise<void> {
    return this.sampler.release();
  }
}

/** @param words of a response, up to and with `<eos>` when it ended. */
export function answerOf(words: readonly string[], promptTokens: number, maxTokens: number): Outcome {
  const taken = words.slice(0, maxTokens);
  const text = taken.filter((word) => word !== END);
  if (text.length === 0) return { kind: 'unknown', reason: 'empty', message: 'the model ended at once' };
  return {
    kind: 'answer',
    answer: {
      text: text.join(' '),
      finish_reason: taken.at(-1) === END ? 'stop' : 'length',
      prompt_tokens: promptTokens,
      completion_tokens: taken.length,
    },
  };
}
