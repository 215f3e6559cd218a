/** A request's messages as the embedded model is fed them: the words as they are, and one picture at most. */
import { encodePrompt, promptWords } from '../core/digits/encode.js';
import { PROMPT_LENGTH, TILE_PIXELS, TILES } from '../core/digits/vocabulary.js';
import { StagewrightError } from '../core/failures.js';
import type { GenerationRequest, Part, UnknownReason } from '../core/generation.js';
import { decodePicture } from '../store/rows.js';
import type { EncodedQuestion } from '../trainers/onnx/sampler.js';
import type { ImageSource } from './generator.js';

/** Why a question cannot be asked: thrown within generators only, told as an outcome. */
export class Unaskable extends Error {
  constructor(
    readonly reason: UnknownReason,
    message: string,
  ) {
    super(message);
  }
}

export interface AskedQuestion {
  readonly question: EncodedQuestion;
  /** Words and the picture's tiles. */
  readonly promptTokens: number;
}

/** Pictures of a batch, each read once. */
export type Pictures = Map<string, Promise<Float32Array>>;

/** @throws Unaskable; StagewrightError of the image source, when it is away. */
export async function encodeRequest(
  { messages, sampling }: GenerationRequest,
  images: ImageSource,
  pictures: Pictures,
): Promise<AskedQuestion> {
  const [message, more] = messages;
  if (message === undefined || more !== undefined || message.role !== 'user')
    throw new Unaskable('bad_request', 'the embedded model takes one message, of the user');
  if (sampling.top_p !== 1 && sampling.temperature > 0)
    throw new Unaskable('bad_request', `top_p is ${sampling.top_p}; the embedded model draws with 1 only`);
  const text = message.content.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join(' ');
  const shown = message.content.filter((part) => part.type === 'image');
  if (shown.length > 1)
    throw new Unaskable('bad_request', `${shown.length} images; the embedded model takes one at most`);
  const words = promptWords(text).length;
  if (words === 0) throw new Unaskable('bad_request', 'the message has no words');
  if (words > PROMPT_LENGTH)
    throw new Unaskable('too_long', `the message has ${words} words; the embedded model takes ${PROMPT_LENGTH}`);
  const prompt = wordsOrRefuse(text);
  const picture = await pictureOf(shown[0], images, pictures);
  return {
    question: { prompt, images: picture ?? NO_PICTURE, hasImage: picture === null ? 0 : 1 },
    promptTokens: words + (picture === null ? 0 : TILES),
  };
}
// Nothing writes into it.
const NO_PICTURE = new Float32Array(TILES * TILE_PIXELS);

function wordsOrRefuse(text: string): Int32Array {
  try {
    return encodePrompt(text, 'message');
  } catch (error) {
    if (error instanceof StagewrightError && error.type === 'DataInvalid')
      throw new Unaskable('bad_request', error.message);
    throw error;
  }
}

async function pictureOf(
  part: Part | undefined,
  images: ImageSource,
  pictures: Pictures,
): Promise<Float32Array | null> {
  if (part?.type !== 'image') return null;
  const { sha256 } = part;
  const known =
    pictures.get(sha256) ??
    images.read(sha256).then(({ bytes }) => decodePicture(bytes, `image ${sha256.slice(0, 12)}`));
  pictures.set(sha256, known);
  try {
    return await known;
  } catch (error) {
    if (error instanceof StagewrightError) throw error;
    throw new Unaskable('bad_image', error instanceof Error ? error.message : String(error));
  }
}
