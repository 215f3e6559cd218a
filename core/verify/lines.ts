/** The lines that `stagewright grade` reads and writes. */
import { z } from 'zod';
import { itemSchema, REASONS, type Item, type Result } from './contract.js';

const id = z.union([z.string(), z.number()]);
const gradeLineSchema = itemSchema.extend({ id });
/** For the gold check nobody needs to have answered. */
const goldLineSchema = gradeLineSchema.extend({ pred: z.string().optional() });

export type GradeLine = Item & { readonly id: string | number };

/** @returns the line, or what is wrong with it */
export function readGradeLine(text: string, goldOnly: boolean): GradeLine | { readonly fault: string } {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return { fault: `not JSON: ${error instanceof Error ? error.message.slice(0, 200) : 'unreadable'}` };
  }
  const parsed = (goldOnly ? goldLineSchema : gradeLineSchema).safeParse(json);
  if (parsed.success) return { ...parsed.data, pred: parsed.data.pred ?? '' };
  const [issue] = parsed.error.issues;
  const where = issue?.path.join('.') ?? '';
  return { fault: `${where === '' ? '' : `${where}: `}${issue?.message ?? 'not an item'}` };
}

export function writeResult(line: Pick<GradeLine, 'id'>, result: Result): string {
  const { verdict, reason, rule, reward } = result;
  const more = reward === undefined ? {} : { reward };
  return JSON.stringify({
    id: line.id,
    correct: verdict === 'correct',
    verdict,
    reason: reason ?? null,
    rule,
    ...more,
  });
}

/** What a user's own verifier may return: a verdict, or a yes or no, or all of a result. */
const ownResultSchema = z.strictObject({
  verdict: z.enum(['correct', 'wrong', 'ungradable']),
  reason: z.enum(Object.keys(REASONS) as [keyof typeof REASONS, ...(keyof typeof REASONS)[]]).optional(),
  reward: z.number().optional(),
});
export function ownResult(value: unknown): Result {
  if (typeof value === 'boolean') return { verdict: value ? 'correct' : 'wrong', rule: 'none' };
  const parsed = ownResultSchema.safeParse(typeof value === 'string' ? { verdict: value } : value);
  if (!parsed.success) return { verdict: 'ungradable', reason: 'failed', rule: 'none' };
  const { verdict, reason, reward } = parsed.data;
  return {
    verdict,
    rule: 'none',
    ...(reason === undefined ? {} : { reason }),
    ...(reward === undefined ? {} : { reward }),
  };
}
