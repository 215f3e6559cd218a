/**
 * What cannot be seen: a question stays when every model that sees the image alone is wrong and every model that reads the caption
 * alone is right. Requests, letters and the judgement of a row; asking is generators/'s, walking the rows activities/data's.
 */
import { assertNever } from '../assert-never.js';
import { StagewrightError } from '../failures.js';
import {
  UNKNOWN_REASONS,
  type GenerationRequest,
  type Outcome,
  type Sampling,
  type UnknownReason,
} from '../generation.js';
import type { GeneratorIdentity } from '../generators.js';
import type { Row } from '../row.js';
import { letterAt } from '../verify/letters.js';
import { VERIFIERS } from '../verify/verifiers.js';
import { PROMPTS } from './prompts.js';
import { render, userMessage, withoutMarks, wordingFor } from './wording.js';

export type Sees = 'image' | 'caption';
export type FilterMode = 'strict' | 'paper';

export type FilterRow = Pick<Row, 'id' | 'kind' | 'problem' | 'images' | 'answer' | 'options' | 'caption'>;

interface Asking {
  readonly sees: Sees;
  readonly identity: GeneratorIdentity;
  readonly sampling: Sampling;
  readonly seed: number;
}

/** @param images sha256 of the row's images, in order. @throws StagewrightError DataInvalid for a row without caption or image */
export function filterRequest(row: FilterRow, images: readonly string[], asking: Asking): GenerationRequest {
  const { sees, identity, sampling, seed } = asking;
  const wording = wordingFor(row, identity);
  const bare = withoutMarks(row.problem);
  const caption = row.caption?.trim() ?? '';
  const lacks = sees === 'caption' ? (caption === '' ? 'caption' : null) : row.images.length === 0 ? 'image' : null;
  if (lacks !== null)
    throw new StagewrightError(
      'DataInvalid',
      `row ${row.id} has no ${lacks}; the perception filter asks about images that have captions`,
      { row: row.id },
    );
  const message = (): GenerationRequest['messages'][number] => {
    switch (sees) {
      case 'image':
        return userMessage(
          wording === 'words' ? row.problem : render(PROMPTS.filter.image, { problem: row.problem }),
          images,
        );
      case 'caption':
        return userMessage(
          withoutMarks(
            wording === 'words' ? `${caption} ${bare}` : render(PROMPTS.filter.caption, { caption, problem: bare }),
          ),
        );
      default:
        return assertNever(sees);
    }
  };
  return { messages: [message()], sampling, seed, sample: 0 };
}

/** The option that an answer names, by the product's verifier; null when it names none of them, or two. */
export function letterOf(text: string, row: Pick<Row, 'options'>): string | null {
  const choices = row.options ?? [];
  const named = (choices.length > 0 ? choices : FOUR)
    .map((_, i) => letterAt(i))
    .filter((gold) => {
      const item = { gold, pred: text, ...(choices.length > 0 ? { choices } : {}) };
      return VERIFIERS.mcq(item).verdict === 'correct';
    });
  return named.length === 1 ? (named[0] ?? null) : null;
}
const FOUR = ['A', 'B', 'C', 'D'];

/** One model's word on one row. `absent`: predictions of a file that has no line for the row. */
export type Prediction = { readonly model: string; readonly sees: Sees } & (
  { readonly letter: string } | { readonly unknown: UnknownReason | 'absent' }
);

export function predictionOf(model: string, sees: Sees, outcome: Outcome, row: Pick<Row, 'options'>): Prediction {
  if (outcome.kind === 'unknown') return { model, sees, unknown: outcome.reason };
  if (outcome.answer.text.trim() === '') return { model, sees, unknown: 'empty' };
  const letter = letterOf(outcome.answer.text, row);
  return letter === null ? { model, sees, unknown: 'unparseable' } : { model, sees, letter };
}

export const DROP_REASONS = {
  seen_by: 'the image alone is enough for',
  not_answered_from_caption: 'not answered from the caption by',
  /** `paper` only. */
  no_letter_from_image: 'no letter from the image by',
  /** `paper` only. */
  no_letter_from_caption: 'no letter from the caption by',
} as const;
export type DropReason = keyof typeof DROP_REASONS;

export type Judgement =
  | { readonly verdict: 'kept' }
  /** Every reason, in the order of the predictions. */
  | {
      readonly verdict: 'dropped';
      readonly reasons: readonly { readonly reason: DropReason; readonly model: string }[];
    }
  | {
      readonly verdict: 'unknown';
      readonly reasons: readonly {
        readonly reason: UnknownReason | 'absent';
        readonly model: string;
        readonly sees: Sees;
      }[];
    };

/**
 * `strict`: a row that any model left without a usable answer is unknown, whatever the others said, so that a broken model shows in
 * full at the gate. `paper`: as published, a missing image-only answer counts as wrong, and any other hole drops the row.
 */
export function judge(answer: string, predictions: readonly Prediction[], mode: FilterMode): Judgement {
  switch (mode) {
    case 'strict': {
      const unknown = predictions.flatMap((one) =>
        'unknown' in one ? [{ reason: one.unknown, model: one.model, sees: one.sees }] : [],
      );
      return unknown.length > 0 ? { verdict: 'unknown', reasons: unknown } : verdictOf(answer, predictions);
    }
    case 'paper':
      return verdictOf(answer, predictions);
    default:
      return assertNever(mode);
  }
}

function verdictOf(answer: string, predictions: readonly Prediction[]): Judgement {
  const reasons = predictions.flatMap((one) => {
    const reason = dropReason(answer, one);
    return reason === null ? [] : [{ reason, model: one.model }];
  });
  return reasons.length > 0 ? { verdict: 'dropped', reasons } : { verdict: 'kept' };
}

function dropReason(answer: string, one: Prediction): DropReason | null {
  if (one.sees === 'caption') {
    if ('unknown' in one) return 'no_letter_from_caption';
    return one.letter === answer ? null : 'not_answered_from_caption';
  }
  if ('unknown' in one) return HAS_NO_LETTER.has(one.unknown) ? 'no_letter_from_image' : null;
  return one.letter === answer ? 'seen_by' : null;
}

/** The model answered, but not with a letter; of the others the published script has no line at all. */
const HAS_NO_LETTER: ReadonlySet<string> = new Set<UnknownReason>(['unparseable', 'empty', 'filtered']);

export function describeJudgement(judgement: Judgement): string {
  switch (judgement.verdict) {
    case 'kept':
      return 'kept';
    case 'dropped':
      return judgement.reasons.map(({ reason, model }) => `${DROP_REASONS[reason]} ${model}`).join('; ');
    case 'unknown':
      return judgement.reasons
        .map(
          ({ reason, model, sees }) =>
            `${model} from the ${sees}: ${reason === 'absent' ? ABSENT : UNKNOWN_REASONS[reason]}`,
        )
        .join('; ');
    default:
      return assertNever(judgement);
  }
}
const ABSENT = 'its predictions have no such row';
