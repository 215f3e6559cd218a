/**
 * Writes a question about a scene from its caption alone, as question.ts would ask it, in place of a language model. Which one is
 * drawn by seed, sample and caption. Pure text; generators/template.ts gives it the form of a model's reply.
 */
import { TEMPLATE_VERSION } from '../generators.js';
import { ask, captionWords, suits, type Digits } from './question.js';
import { generatorFor, pick } from './random.js';
import { LETTERS, PLACES, type Letter } from './vocabulary.js';

/** Of the questions that a picture answers, those with four options. */
const KINDS = ['at', 'largest', 'smallest'] as const;

export interface WrittenQuestion {
  /** Words before the options: `at top-left`, `largest`, `smallest`. */
  readonly question: string;
  readonly options: Readonly<Record<Letter, string>>;
  readonly answer: string;
}

/** @throws Error saying what keeps the caption from being read. */
export function writeQuestion(caption: string, seed: number, sample: number): WrittenQuestion {
  const digits = readCaption(caption);
  const random = generatorFor('template', TEMPLATE_VERSION, seed, sample, ...captionWords(digits));
  const kind = pick(
    random,
    KINDS.filter((one) => suits(one, digits)),
  );
  const { prompt, options = [], answer } = ask(kind, digits, random);
  return {
    question: prompt.slice(0, prompt.indexOf(LETTERS[0])).join(' '),
    options: Object.fromEntries(LETTERS.map((letter, i) => [letter, options[i]])) as Record<Letter, string>,
    answer,
  };
}

const FORM = `a caption names each of ${PLACES.join(', ')} once, followed by its digit`;

/** Places in any order. @returns digits in the order of PLACES. */
function readCaption(caption: string): Digits {
  const words = caption.split(/\s+/).filter((word) => word !== '');
  const found = new Map<string, number>();
  for (let i = 0; i < words.length; i += 2) {
    const [place = '', digit] = [words[i], words[i + 1]];
    if (!(PLACES as readonly string[]).includes(place)) throw unreadable(`word ${i + 1} is ${quoted(place)}, no place`);
    if (found.has(place)) throw unreadable(`${place} is named twice`);
    if (digit === undefined || !/^[0-9]$/.test(digit))
      throw unreadable(`${place} is followed by ${digit === undefined ? 'nothing' : quoted(digit)}, no digit`);
    found.set(place, Number(digit));
  }
  return PLACES.map((place) => {
    const digit = found.get(place);
    if (digit === undefined) throw unreadable(`${place} is missing`);
    return digit;
  });
}

const MOST_QUOTED = 40;
const quoted = (word: string): string =>
  JSON.stringify(word.length > MOST_QUOTED ? `${word.slice(0, MOST_QUOTED)}...` : word);
const unreadable = (why: string): Error => new Error(`the template cannot read this caption: ${why}; ${FORM}`);
