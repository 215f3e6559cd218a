/**
 * What a client may ask: the fields of OpenAI's chat completions that the embedded model can honour. One that it cannot, and that
 * would change the answer, is refused; what changes nothing (user, metadata, ...) is passed over.
 */
import { z } from 'zod';
import { SAMPLER_WIDTH } from '../trainers/onnx/sampler.js';
import { badRequest } from './api-error.js';

const textPart = z.object({ type: z.literal('text'), text: z.string() });
const imagePart = z.object({ type: z.literal('image_url'), image_url: z.object({ url: z.string().min(1) }) });
const partSchema = z.discriminatedUnion('type', [textPart, imagePart], {
  error: 'text and image_url parts are read, no others',
});
export type ContentPart = z.infer<typeof partSchema>;

const messageSchema = z.object({
  role: z.enum(['system', 'developer', 'user', 'assistant']),
  content: z.union([z.string(), z.array(partSchema)]),
});
export type ChatMessage = z.infer<typeof messageSchema>;

const nullish = <T extends z.ZodType>(schema: T) => schema.nullish().transform((value) => value ?? undefined);
const none = (why: string) => z.literal([0, false], why).nullish();

const chatRequestSchema = z.looseObject({
  model: z.string(),
  messages: z.array(messageSchema).min(1),
  n: nullish(z.int().min(1).max(SAMPLER_WIDTH)),
  seed: nullish(z.int()),
  temperature: nullish(z.number().min(0).max(2)),
  top_p: nullish(z.number().gt(0).max(1)),
  max_tokens: nullish(z.int().min(1)),
  max_completion_tokens: nullish(z.int().min(1)),
  stop: nullish(z.union([z.string().min(1), z.array(z.string().min(1)).max(4)])),
  stream: nullish(z.boolean()),
  stream_options: nullish(z.looseObject({ include_usage: nullish(z.boolean()) })),
  tools: z.array(z.unknown()).max(0, 'the embedded model calls no tools').nullish(),
  response_format: nullish(z.object({ type: z.literal('text', 'only text is answered') })),
  logprobs: none('log-probabilities are not told'),
  presence_penalty: none('penalties are not applied'),
  frequency_penalty: none('penalties are not applied'),
});
type Parsed = z.infer<typeof chatRequestSchema>;

export interface ChatRequest {
  readonly model: string;
  readonly messages: readonly ChatMessage[];
  readonly n: number;
  readonly seed: number | undefined;
  readonly temperature: number;
  readonly maxTokens: number;
  readonly stop: readonly string[];
  /** Null: in one piece. */
  readonly stream: { readonly usage: boolean } | null;
}

/** @throws ApiError 400 naming the field. */
export function readChatRequest(body: unknown): ChatRequest {
  const parsed = chatRequestSchema.safeParse(body);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const param = issue?.path.join('.') ?? '';
    throw badRequest(`${param === '' ? 'body' : param}: ${issue?.message ?? 'invalid'}`, param);
  }
  return settled(parsed.data);
}

function settled(request: Parsed): ChatRequest {
  // As OpenAI's: drawn unless asked otherwise.
  const { n = 1, temperature = 1, top_p = 1, stop = [], model, messages, seed } = request;
  if (top_p !== 1 && temperature > 0)
    throw badRequest(`top_p is ${top_p}; the embedded model draws with 1 only (any where temperature is 0)`, 'top_p');
  return {
    ...{ model, messages, n, seed, temperature },
    maxTokens: request.max_completion_tokens ?? request.max_tokens ?? Number.MAX_SAFE_INTEGER,
    stop: typeof stop === 'string' ? [stop] : stop,
    stream: request.stream === true ? { usage: request.stream_options?.include_usage === true } : null,
  };
}
