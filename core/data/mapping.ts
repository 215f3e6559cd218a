/**
 * Between the internal row and what trainers read. Each mapping goes there and back without loss. Trainers' loaders infer one type
 * for a column, so every row has the same columns, none of them null, and what only some rows have stands in one column of JSON.
 * Whether a file as a whole can be loaded is trainer-schema.ts's.
 */
import { z } from 'zod';
import { StagewrightError } from '../failures.js';
import { IMAGE_MARK, rowSchema, type Row } from '../row.js';

const shared = {
  id: z.string().min(1),
  images: z.array(z.string().min(1)),
  answer: z.string().min(1),
  capability: z.string().min(1),
  kind: z.string().min(1),
  /** '' for a row without. */
  source: z.string(),
  /** JSON of what only some rows have. */
  extra: z.string(),
};

/** As EasyR1 takes it with `prompt_key=problem image_key=images answer_key=answer`; it carries the other columns along. */
export const easyR1RowSchema = z.strictObject({ ...shared, problem: z.string().min(1) });
export type EasyR1Row = z.infer<typeof easyR1RowSchema>;

/** Both sorts of part have both keys: a loader that infers types from the first rows would refuse the other sort later. */
const trlPartSchema = z.strictObject({ type: z.enum(['image', 'text']), text: z.string() });
/** A conversation with pictures at their places. `answer` reaches reward functions as a column. */
export const trlRowSchema = z.strictObject({
  ...shared,
  prompt: z.array(z.strictObject({ role: z.literal('user'), content: z.array(trlPartSchema).min(1) })).length(1),
});
export type TrlRow = z.infer<typeof trlRowSchema>;

const { options, caption, source, pass_rate, meta } = rowSchema.shape;
const extraSchema = z.strictObject({ options, caption, source, pass_rate, meta });
type Extra = z.infer<typeof extraSchema>;

export function toEasyR1(row: Row): EasyR1Row {
  return { ...sharedOf(row), problem: row.problem };
}

export function toTrl(row: Row): TrlRow {
  const pieces = row.problem.split(IMAGE_MARK);
  const content = pieces.flatMap((text, i) => [
    ...(i === 0 ? [] : [{ type: 'image' as const, text: '' }]),
    ...(text === '' ? [] : [{ type: 'text' as const, text }]),
  ]);
  return { ...sharedOf(row), prompt: [{ role: 'user', content }] };
}

function sharedOf(row: Row): Omit<EasyR1Row, 'problem'> {
  const { id, images, answer, capability, kind, options, caption, source, pass_rate, meta } = row;
  // JSON leaves out what is undefined.
  const extra = JSON.stringify({ options, caption, source, pass_rate, meta } satisfies { [K in keyof Extra]: unknown });
  return { id, images: [...images], answer, capability, kind, source: source ?? '', extra };
}

/** @throws StagewrightError DataInvalid */
export function fromEasyR1(value: unknown): Row {
  const { problem, ...rest } = checked(easyR1RowSchema, value);
  return rowFrom({ ...rest, problem });
}

/** @throws StagewrightError DataInvalid */
export function fromTrl(value: unknown): Row {
  const { prompt, ...rest } = checked(trlRowSchema, value);
  const content = prompt.flatMap((message) => message.content);
  return rowFrom({
    ...rest,
    problem: content.map((part) => (part.type === 'image' ? IMAGE_MARK : part.text)).join(''),
  });
}

function rowFrom({ extra, source: _, ...rest }: EasyR1Row): Row {
  let parsed: unknown;
  try {
    parsed = JSON.parse(extra);
  } catch (cause) {
    throw new StagewrightError(
      'DataInvalid',
      `row ${rest.id}: its column "extra" is no JSON`,
      { row: rest.id },
      { cause },
    );
  }
  return checked(rowSchema, { ...rest, ...checked(extraSchema, parsed, rest.id) });
}

/** The published sets for EasyR1 and the pass-rate script's files: `index`, `problem`, `answer`, `images`, `source`, `pass_rate`. */
const publishedSchema = z.object({
  id: z.string().min(1).optional(),
  index: z.string().min(1).optional(),
  problem: z.string().min(1),
  answer: z.string().min(1),
  images: z.array(z.string().min(1)).default([]),
  source: z.string().optional(),
  pass_rate: z.number().min(0).max(1).optional(),
});

/** What published rows do not say. */
export interface Labels {
  readonly capability: string;
  readonly kind: string;
}

/** @throws StagewrightError DataInvalid. Other columns (predictions, correctness) are left behind. */
export function fromPublished(value: unknown, labels: Labels): Row {
  const { id, index, ...rest } = checked(publishedSchema, value);
  const name = id ?? index;
  if (name === undefined) throw new StagewrightError('DataInvalid', 'a published row has neither "id" nor "index"');
  return checked(rowSchema, { id: name, ...labels, ...defined(rest) });
}

/** What format_for_training writes (`data format`): `prompt` and `image_path`, which no trainer's configuration reads. */
const formattedSchema = z.object({
  index: z.string(),
  answer: z.string().min(1),
  example_id: z.string().min(1),
  split: z.string(),
  image_path: z.array(z.string().min(1)),
  option_A: z.string(),
  option_B: z.string(),
  option_C: z.string(),
  option_D: z.string(),
  prompt: z.string().min(1),
});

/** @throws StagewrightError DataInvalid */
export function fromFormatted(value: unknown, labels: Labels): Row {
  const row = checked(formattedSchema, value);
  const { index, split } = row;
  return checked(rowSchema, {
    id: row.example_id,
    ...labels,
    problem: row.prompt,
    images: row.image_path,
    answer: row.answer,
    options: [row.option_A, row.option_B, row.option_C, row.option_D],
    meta: { index, split },
  });
}

function checked<T>(schema: z.ZodType<T>, value: unknown, id?: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const key = issue?.path.join('.') ?? '';
  throw new StagewrightError(
    'DataInvalid',
    `${id === undefined ? 'a row' : `row ${id}`}: ${key === '' ? '' : `"${key}": `}${issue?.message ?? 'has another form'}`,
    { key },
  );
}

const defined = <T extends object>(values: T): T =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as T;
