/** A model folder (models/graphs/<size>): model.json and the graphs that it names by sha256. Loads no graph. */
import { join } from 'node:path';
import { z } from 'zod';
import { sha256Schema } from '../../core/checkpoint.js';
import { StagewrightError } from '../../core/failures.js';
import {
  END,
  PAD,
  PROMPT_LENGTH,
  RESPONSE_LENGTH,
  TILES,
  TILE_PIXELS,
  VOCABULARY,
} from '../../core/digits/vocabulary.js';
import { readVerified } from './digest.js';

const size = z.int().min(1);
const graph = z.object({ file: z.string(), sha256: sha256Schema });

const parameterSchema = z.object({
  name: z.string(),
  shape: z.array(size),
  init: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('normal'), std: z.number() }),
    z.object({ kind: z.literal('ones') }),
    z.object({ kind: z.literal('zeros') }),
  ]),
  /** `vision`: what `freeze_vision` leaves alone. */
  group: z.enum(['vision', 'language']),
});
export type ParameterSpec = z.infer<typeof parameterSchema>;

export const modelSchema = z.object({
  name: z.string(),
  version: z.int(),
  dims: z.looseObject({ images: size, pixels: size, prompt: size, response: size, vocab: size }),
  vocabulary: z.array(z.string()),
  parameters: z.array(parameterSchema).min(1),
  graphs: z.object({ gradient: graph, score: graph, sample: graph }),
});
export type ModelJson = z.infer<typeof modelSchema>;
export type GraphName = keyof ModelJson['graphs'];

export interface Model extends ModelJson {
  readonly folder: string;
  readonly padId: number;
  readonly endId: number;
}

/** @throws StagewrightError DigestMismatch (other bytes), RecipeInvalid (not a model, or not one of the digits task). */
export async function readModel(folder: string, sha256: string): Promise<Model> {
  const file = join(folder, 'model.json');
  const bytes = await readVerified(file, { sha256 }, 'model');
  const parsed = modelSchema.safeParse(JSON.parse(Buffer.from(bytes).toString('utf8')));
  if (!parsed.success)
    throw new StagewrightError('RecipeInvalid', `${file}: ${z.prettifyError(parsed.error)}`, { file });
  const model = parsed.data;
  const { images, pixels, prompt, response } = model.dims;
  // Rows are encoded by core/digits, so a graph of another task would train on nonsense without an error.
  if (
    model.vocabulary.join('\n') !== VOCABULARY.join('\n') ||
    images !== TILES ||
    pixels !== TILE_PIXELS ||
    prompt !== PROMPT_LENGTH ||
    response !== RESPONSE_LENGTH
  )
    throw new StagewrightError('RecipeInvalid', `${file}: vocabulary or lengths are not those of the digits task`, {
      file,
    });
  return { ...model, folder, padId: model.vocabulary.indexOf(PAD), endId: model.vocabulary.indexOf(END) };
}

/** @throws StagewrightError DigestMismatch. */
export function readGraph(model: Model, name: GraphName): Promise<Uint8Array> {
  const { file, sha256 } = model.graphs[name];
  return readVerified(join(model.folder, file), { sha256 }, `graph ${name}`);
}
