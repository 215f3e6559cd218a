/** A response of the model in the shapes of OpenAI's chat completions: whole, and as the chunks of a stream. */
import { END } from '../core/digits/vocabulary.js';

export interface Completion {
  readonly id: string;
  /** Seconds since 1970. */
  readonly created: number;
  readonly model: string;
  readonly fingerprint: string;
  readonly promptTokens: number;
  readonly choices: readonly Choice[];
  readonly warnings: readonly string[];
}

export interface Choice {
  readonly words: readonly string[];
  readonly finish: 'stop' | 'length';
  readonly tokens: number;
}

/** @param words up to and with `<eos>`. Ends before the first of `stop`, and after `maxTokens`. */
export function choiceOf(words: readonly string[], maxTokens: number, stop: readonly string[]): Choice {
  const taken = words.slice(0, maxTokens);
  const said = taken.filter((word) => word !== END);
  const text = said.join(' ');
  const at = stop.map((one) => text.indexOf(one)).filter((index) => index >= 0);
  if (at.length > 0) {
    const before = text
      .slice(0, Math.min(...at))
      .split(' ')
      .filter((word) => word !== '');
    return { words: before, finish: 'stop', tokens: before.length };
  }
  return { words: said, finish: taken.at(-1) === END ? 'stop' : 'length', tokens: taken.length };
}

function usageOf({ promptTokens, choices }: Completion): object {
  const completion = choices.reduce((sum, { tokens }) => sum + tokens, 0);
  return { prompt_tokens: promptTokens, completion_tokens: completion, total_tokens: promptTokens + completion };
}

/** `warnings` is ours: clients pass over fields that they do not know. */
export function wholeBody(completion: Completion): object {
  const { choices, warnings } = completion;
  return {
    ...headOf(completion, 'chat.completion'),
    choices: choices.map(({ words, finish }, index) => ({
      index,
      message: { role: 'assistant', content: words.join(' '), refusal: null },
      logprobs: null,
      finish_reason: finish,
    })),
    usage: usageOf(completion),
    ...(warnings.length === 0 ? {} : { warnings }),
  };
}

/** A word a chunk, the choices one after another. */
export function* chunksOf(completion: Completion, withUsage: boolean): Generator<object> {
  const chunk = (index: number, delta: object, finish: string | null): object => ({
    ...headOf(completion, 'chat.completion.chunk'),
    choices: [{ index, delta, logprobs: null, finish_reason: finish }],
    ...(withUsage ? { usage: null } : {}),
  });
  for (const [index, { words, finish }] of completion.choices.entries()) {
    yield chunk(index, { role: 'assistant', content: '' }, null);
    for (const [i, word] of words.entries()) yield chunk(index, { content: i === 0 ? word : ` ${word}` }, null);
    yield chunk(index, {}, finish);
  }
  if (withUsage) yield { ...headOf(completion, 'chat.completion.chunk'), choices: [], usage: usageOf(completion) };
}

const headOf = ({ id, created, model, fingerprint }: Completion, object: string): object => ({
  ...{ id, object, created, model },
  system_fingerprint: fingerprint,
});
