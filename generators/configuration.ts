/**
 * What a worker's own file (STAGEWRIGHT_GENERATORS) says of generators that answer from a server: addresses, keys by the name of
 * their variable, prices, limits. A recipe names generators; only this file says what a name means on this worker, so a recipe can
 * reach no address and start no program of its choosing. Reading the file is configuration-file.ts's.
 */
import { z } from 'zod';

const seconds = z.number().positive();
const environmentName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/u, 'must be the name of an environment variable, not a value');

const priceSchema = z.strictObject({
  currency: z.string().regex(/^[A-Z]{3}$/u, 'must be three capital letters, such as USD'),
  prompt_million: z.number().min(0).describe('Of a million prompt tokens.'),
  completion_million: z.number().min(0),
});
export type Price = z.infer<typeof priceSchema>;

const limitsSchema = z.strictObject({
  concurrency: z
    .int()
    .min(1)
    .max(4096)
    .default(16)
    .describe('Most requests in flight; fewer while the server is slow.'),
  requests_per_minute: z.int().min(1).optional(),
  tokens_per_minute: z.int().min(1).optional(),
  budget: z.number().positive().optional().describe('In the currency of `price`; for this process.'),
});
export type Limits = z.infer<typeof limitsSchema>;

/** How the worker asks, whoever started the server. */
const asking = {
  model: z.string().min(1).optional().describe('What the server calls it, where the recipe’s name is another.'),
  price: priceSchema.optional(),
  limits: limitsSchema.prefault({}),
  /** Node’s HTTP client gives up after 300 s without a header. */
  timeout_seconds: seconds.max(300).default(120),
  attempts: z.int().min(1).max(20).default(6).describe('Tries of one question; those that met a 429 do not count.'),
  back_off: z
    .strictObject({
      first_seconds: z.number().min(0).default(0.5),
      most_seconds: z.number().min(0).max(600).default(30),
    })
    .prefault({}),
  patience_seconds: z
    .number()
    .min(0)
    .default(180)
    .describe('How long an endpoint may answer nothing before the stage asks a person.'),
  max_tokens_name: z
    .enum(['max_tokens', 'max_completion_tokens'])
    .default('max_tokens')
    .describe('Hosted reasoning models know the second only.'),
};

const endpointSchema = z.strictObject({
  base_url: z
    .url({ protocol: /^https?$/u, error: 'must be an http or https URL' })
    .describe('Up to and with the `/v1`.'),
  api_key_env: environmentName.optional().describe('Variable of the worker’s environment that holds the key.'),
  ...asking,
});
export type EndpointConfiguration = z.infer<typeof endpointSchema>;

const servedSchema = z.strictObject({
  command: z
    .array(z.string())
    .min(1)
    .describe('Program and arguments, without a shell; `{port}` and `{model}` in them are replaced.'),
  port: z.int().min(0).max(65_535).default(0).describe('On this machine; 0 is any free one.'),
  env: z.record(environmentName, z.string()).default({}).describe('Besides the worker’s own; no secrets.'),
  cwd: z.string().optional(),
  base_path: z.string().startsWith('/').default('/v1'),
  ready_path: z.string().startsWith('/').default('/health').describe('Answers 200 once the model is loaded.'),
  start_seconds: seconds.default(900),
  stop_seconds: seconds.default(30).describe('From SIGTERM to SIGKILL.'),
  stall_seconds: seconds.default(180).describe('Without a token while requests wait: it is started again.'),
  restarts: z.int().min(0).max(100).default(3),
  devices: z.int().min(0).max(64).default(0).describe('GPUs that it needs.'),
  ...asking,
});
export type ServedConfiguration = z.infer<typeof servedSchema>;

/** Told apart by `command`: a mistake in one is then not reported as a mistake in the other. */
export type GeneratorConfiguration =
  ({ readonly kind: 'openai' } & EndpointConfiguration) | ({ readonly kind: 'served' } & ServedConfiguration);

const imageLimitsSchema = z.strictObject({
  allow_hosts: z
    .array(z.string().regex(/^[a-z0-9.-]+$/u, 'must be a host’s name in lower case, without scheme, port or path'))
    .default([])
    .describe('Whence images may be fetched. Private addresses never.'),
  max_bytes: z.int().min(1).default(20_000_000),
  max_pixels: z.int().min(1).default(50_000_000),
});
export type ImageLimits = z.infer<typeof imageLimitsSchema>;
export const DEFAULT_IMAGE_LIMITS: ImageLimits = imageLimitsSchema.parse({});

export interface GeneratorsConfiguration {
  /** Where it was read, for messages; null without a file. */
  readonly file: string | null;
  readonly generators: Readonly<Record<string, GeneratorConfiguration>>;
  readonly images: ImageLimits;
}
export const NO_GENERATORS: GeneratorsConfiguration = { file: null, generators: {}, images: DEFAULT_IMAGE_LIMITS };

const entryName = z.string().min(1);
export const rawFileSchema = z.strictObject({
  generators: z.record(entryName, z.looseObject({})).default({}),
  images: imageLimitsSchema.prefault({}),
});

export const isServed = (raw: object): boolean => 'command' in raw;
/** The schema of one entry, by what it is. */
export function entrySchema(raw: object): typeof endpointSchema | typeof servedSchema {
  return isServed(raw) ? servedSchema : endpointSchema;
}

export const checkedEntry = (entry: GeneratorConfiguration): string | null =>
  entry.limits.budget !== undefined && entry.price === undefined
    ? 'a budget needs a price to be counted by: set price'
    : null;
