/**
 * Models that answer questions for data sets, as a recipe names them and as a plan resolves them. A recipe says which model and
 * revision; the address, keys, prices and limits of one behind a server are the worker's own settings, by the generator's name.
 */
import { z } from 'zod';
import { sha256Schema } from './checkpoint.js';

const servedModel = {
  model: z.string().min(1).describe("Model's name, as its server calls it."),
  revision: z
    .string()
    .min(1)
    .describe('Commit, tag or date of its weights: answers of another revision are not reused.'),
};

export const generatorSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('onnx').describe('The embedded model, with the weights of an earlier stage of this recipe.'),
    stage: z.string().min(1).describe('Name of that stage.'),
  }),
  z.strictObject({
    kind: z.literal('openai').describe('A server that speaks the OpenAI chat API, configured at the worker.'),
    ...servedModel,
  }),
  z.strictObject({
    kind: z.literal('served').describe('The same, started by the worker for the work and stopped after it.'),
    ...servedModel,
  }),
  z.strictObject({
    kind: z.literal('template').describe('Questions written from structured captions, without a model.'),
  }),
]);
export type GeneratorSettings = z.infer<typeof generatorSchema>;

/** Raised when the template would write another question for the same caption. */
export const TEMPLATE_VERSION = 1;

/** What an answer depends on besides the request: part of the keys of data sets and of journaled answers. */
export const generatorIdentitySchema = z.discriminatedUnion('kind', [
  /** Key of the stage whose weights answer, and sha256 of the embedded architecture's model.json. */
  z.strictObject({ kind: z.literal('onnx'), weights: sha256Schema, model_sha256: sha256Schema }),
  /** Behind a server, whoever started it. */
  z.strictObject({ kind: z.literal('endpoint'), model: z.string(), revision: z.string() }),
  z.strictObject({ kind: z.literal('template'), version: z.literal(TEMPLATE_VERSION) }),
]);
export type GeneratorIdentity = z.infer<typeof generatorIdentitySchema>;

export const plannedGeneratorSchema = z.strictObject({
  /** The recipe's name for it, by which the worker finds its address. */
  name: z.string().min(1),
  kind: z.enum(['onnx', 'openai', 'served', 'template']),
  /** Of the embedded architecture; null for others. */
  model: z.string().nullable(),
  identity: generatorIdentitySchema,
});
export type PlannedGenerator = z.infer<typeof plannedGeneratorSchema>;
