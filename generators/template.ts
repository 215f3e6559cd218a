/**
 * Questions written from structured captions without a model, in the form in which models reply, so that one parser reads both.
 * It answers no questions; the rules are core/digits/template.ts's.
 */
import { writeQuestion } from '../core/digits/template.js';
import type { GenerationRequest, Outcome } from '../core/generation.js';
import { TEMPLATE_VERSION } from '../core/generators.js';
import type { Answered, Generator } from './generator.js';

export function createTemplateGenerator(): Generator {
  const spent = { requests: 0, prompt_tokens: 0, completion_tokens: 0 };
  return {
    identity: { kind: 'template', version: TEMPLATE_VERSION },
    async *answer(batch: readonly GenerationRequest[], { signal }): AsyncGenerator<Answered> {
      for (const [index, request] of batch.entries()) {
        signal.throwIfAborted();
        spent.requests += 1;
        yield { index, outcome: outcomeOf(request) };
      }
    },
    spent: () => ({ ...spent, cost: null }),
    close: () => Promise.resolve(),
  };
}

const refused = (message: string): Outcome => ({ kind: 'unknown', reason: 'bad_request', message });

function outcomeOf({ messages, seed, sample }: GenerationRequest): Outcome {
  const [message, more] = messages;
  if (message === undefined || more !== undefined || message.role !== 'user')
    return refused('the template takes one message, of the user: the caption');
  if (message.content.some((part) => part.type === 'image')) return refused('the template sees no images');
  const caption = message.content.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join(' ');
  try {
    const text = `\`\`\`json\n${JSON.stringify(writeQuestion(caption, seed, sample))}\n\`\`\``;
    return { kind: 'answer', answer: { text, finish_reason: 'stop', prompt_tokens: 0, completion_tokens: 0 } };
  } catch (error) {
    return refused(error instanceof Error ? error.message : String(error));
  }
}
