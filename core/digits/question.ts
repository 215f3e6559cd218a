/**
 * One question about four digits: prompt words, the response a teacher would write, the answer. Pure text: which pictures show
 * the digits is scene.ts, which questions a data set holds is dataset.ts.
 */
import { assertNever } from '../assert-never.js';
import type { DigitsKind } from './derivation.js';
import { pick, shuffled, type RandomGenerator } from './random.js';
import { BOX, BOXED, LETTERS, PLACES, THINK, THOUGHT, type Place } from './vocabulary.js';

/** Digits at PLACES, in that order. */
export type Digits = readonly number[];

export interface Question {
  readonly prompt: readonly string[];
  /** Full response without `<eos>`. */
  readonly response: readonly string[];
  readonly answer: string;
  /** Of a multiple choice: what A, B, C, D stand for. */
  readonly options?: readonly string[];
  readonly showsImage: boolean;
}

/** `top-left 3 top-right 7 bottom-left 1 bottom-right 9` */
export function captionWords(digits: Digits): string[] {
  return PLACES.flatMap((place, i) => [place, String(digits[i])]);
}

/** False where `largest` or `smallest` would have two right answers. */
export function suits(kind: DigitsKind, digits: Digits): boolean {
  const once = (value: number): boolean => digits.filter((digit) => digit === value).length === 1;
  if (kind === 'largest' || kind === 'caption_largest') return once(Math.max(...digits));
  if (kind === 'smallest' || kind === 'caption_smallest') return once(Math.min(...digits));
  return true;
}

/** @param digits must suit the kind. */
export function ask(kind: DigitsKind, digits: Digits, random: RandomGenerator): Question {
  switch (kind) {
    case 'at':
      return { ...askAt(digits, random), showsImage: true };
    case 'largest':
    case 'smallest':
      return { ...askExtreme(kind, digits, random), showsImage: true };
    case 'caption_at':
      return fromCaption(digits, askAt(digits, random));
    case 'caption_largest':
      return fromCaption(digits, askExtreme('largest', digits, random));
    case 'caption_smallest':
      return fromCaption(digits, askExtreme('smallest', digits, random));
    case 'text_sum':
      return { ...askSum(digits, shuffled(random, PLACES), false), showsImage: false };
    case 'visual_sum':
      return { ...askSum(digits, shuffled(random, PLACES), true), showsImage: true };
    case 'describe': {
      const caption = captionWords(digits);
      return { prompt: ['describe'], response: caption, answer: caption.join(' '), showsImage: true };
    }
    default:
      return assertNever(kind);
  }
}

type Bare = Omit<Question, 'showsImage'>;

function fromCaption(digits: Digits, question: Bare): Question {
  return { ...question, prompt: [...captionWords(digits), ...question.prompt], showsImage: false };
}

function digitAt(digits: Digits, place: Place): number {
  return digits[PLACES.indexOf(place)] as number;
}

function respond(trace: readonly string[], answer: string): string[] {
  return [THINK, ...trace, THOUGHT, BOX, answer, BOXED];
}

function choose(
  truth: string,
  wrong: readonly string[],
  random: RandomGenerator,
): Pick<Required<Bare>, 'options' | 'answer'> {
  const options = shuffled(random, [truth, ...wrong]);
  return { options, answer: LETTERS[options.indexOf(truth)] as string };
}

const listed = (options: readonly string[]): string[] => LETTERS.flatMap((letter, i) => [letter, options[i] as string]);

function askAt(digits: Digits, random: RandomGenerator): Bare {
  const place = pick(random, PLACES);
  const truth = String(digitAt(digits, place));
  const others = [...'0123456789'].filter((digit) => digit !== truth);
  const { options, answer } = choose(truth, shuffled(random, others).slice(0, 3), random);
  return {
    prompt: ['at', place, ...listed(options)],
    response: respond([place, truth, answer], answer),
    answer,
    options,
  };
}

function askExtreme(kind: 'largest' | 'smallest', digits: Digits, random: RandomGenerator): Bare {
  const value = kind === 'largest' ? Math.max(...digits) : Math.min(...digits);
  const truth = PLACES[digits.indexOf(value)] as Place;
  const { options, answer } = choose(
    truth,
    PLACES.filter((place) => place !== truth),
    random,
  );
  const response = respond([...captionWords(digits), truth, answer], answer);
  return { prompt: [kind, ...listed(options)], response, answer, options };
}

/** The trace names each digit (with its place when it was read) and, from the second on, the running total. */
function askSum(digits: Digits, order: readonly Place[], visual: boolean): Bare {
  const trace: string[] = [];
  let total = 0;
  for (const [i, place] of order.entries()) {
    const digit = digitAt(digits, place);
    total += digit;
    trace.push(...(visual ? [place] : []), String(digit), ...(i > 0 ? [String(total)] : []));
  }
  const terms = order.map((place) => (visual ? place : String(digitAt(digits, place))));
  return { prompt: ['sum', ...terms], response: respond(trace, String(total)), answer: String(total) };
}
