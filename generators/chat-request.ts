/** A question as the OpenAI chat API takes it: images as data URLs, so that no server has to fetch anything. */
import type {
  ChatCompletionContentPart,
  ChatCompletionCreateParamsNonStreaming,
} from 'openai/resources/chat/completions';
import type { GenerationRequest, Message } from '../core/generation.js';
import type { ImageSource } from './generator.js';
import type { Tokens } from './spending.js';

export interface ChatModel {
  /** As the server calls it. */
  readonly model: string;
  readonly max_tokens_name: 'max_tokens' | 'max_completion_tokens';
}

/** @throws ImageFault */
export async function chatBody(
  request: GenerationRequest,
  images: ImageSource,
  { model, max_tokens_name }: ChatModel,
): Promise<ChatCompletionCreateParamsNonStreaming> {
  const { temperature, top_p, max_tokens } = request.sampling;
  return {
    model,
    messages: await Promise.all(request.messages.map((message) => chatMessage(message, images))),
    temperature,
    top_p,
    [max_tokens_name]: max_tokens,
    n: 1,
    // A server that honours seeds gives the same answer to the same seed: samples need one each.
    seed: (request.seed + request.sample) % 2 ** 31,
  };
}

type ChatMessage = ChatCompletionCreateParamsNonStreaming['messages'][number];

async function chatMessage({ role, content }: Message, images: ImageSource): Promise<ChatMessage> {
  const texts = content.flatMap((part) => (part.type === 'text' ? [part.text] : []));
  // Not all servers take a list of parts where a string will do.
  if (role !== 'user' || texts.length === content.length) return { role, content: texts.join('\n') };
  return {
    role,
    content: await Promise.all(
      content.map(async (part): Promise<ChatCompletionContentPart> => {
        if (part.type === 'text') return { type: 'text', text: part.text };
        const { bytes, media_type } = await images.read(part.sha256);
        const base64 = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
        return { type: 'image_url', image_url: { url: `data:${media_type};base64,${base64}` } };
      }),
    ),
  };
}

/** Where a system or assistant message holds an image: no server takes that. */
export function misplacedImage({ messages }: GenerationRequest): boolean {
  return messages.some(({ role, content }) => role !== 'user' && content.some(({ type }) => type === 'image'));
}

const CHARS_A_TOKEN = 4;
/** Of a picture of a megapixel, with the models that are known. */
const TOKENS_AN_IMAGE = 1_300;

/** For limits, before the server counts. */
export function guessTokens({ messages, sampling }: GenerationRequest): Tokens {
  const parts = messages.flatMap(({ content }) => content);
  return {
    prompt_tokens: parts.reduce(
      (sum, part) => sum + (part.type === 'text' ? guessText(part.text) : TOKENS_AN_IMAGE),
      4 * messages.length,
    ),
    completion_tokens: sampling.max_tokens,
  };
}

export function guessText(text: string): number {
  return Math.ceil(text.length / CHARS_A_TOKEN);
}
