/**
 * What goes into the verifier and what comes out. The verifier is a pure function: it never throws, guesses nothing, and says
 * which of its rules found the answer. What a user's own verifier may say is the same.
 */
import { z } from 'zod';

/** Raised when a verdict changes. */
export const VERIFIER_VERSION = 1;

/** What the gold is, where the gold alone leaves it open. */
export const KINDS = ['letter', 'text', 'interval', 'tuple', 'ratio', 'time', 'math'] as const;
export type Kind = (typeof KINDS)[number];

export const itemSchema = z.strictObject({
  gold: z.string(),
  pred: z.string(),
  kind: z.enum(KINDS).optional(),
  /** Texts of the options A, B, C, … in order. */
  choices: z.array(z.string()).max(26).optional(),
});
export interface Item {
  readonly gold: string;
  readonly pred: string;
  readonly kind?: Kind | undefined;
  readonly choices?: readonly string[] | undefined;
}

export type Verdict = 'correct' | 'wrong' | 'ungradable';

/** Why nothing can be said. */
export const REASONS = {
  'no-answer': 'the response holds no answer',
  'two-answers': 'the response gives two different answers',
  'not-comparable': 'the answer has a shape that cannot be compared with the gold',
  'too-large': 'the answer or its value is beyond the bounds of the verifier',
  'no-gold': 'the gold answer cannot be read',
  stuck: 'the grader did not come back in its time',
  failed: 'the grader ended with an error',
} as const;
export type Reason = keyof typeof REASONS;

/** Where the answer was found. */
export type Found = 'box' | 'answer-tag' | 'phrase' | 'bare' | 'dollars' | 'last-number' | 'form' | 'none';

export interface Result {
  readonly verdict: Verdict;
  /** With `ungradable` only. */
  readonly reason?: Reason;
  readonly rule: Found;
  /** Of the verifier `reward`. */
  readonly reward?: number;
}

export const ungradable = (reason: Reason, rule: Found): Result => ({ verdict: 'ungradable', reason, rule });
