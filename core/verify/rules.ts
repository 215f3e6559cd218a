/**
 * The rules of the verifier by name. Each is asked for where it acts, and can be switched off by name: the test of the rules does
 * so one by one and wants a case to fail each time, so that a rule that nothing needs is seen and deleted.
 */
export const RULES = {
  about: '"about 2.5" is 2.5',
  'all-reals': '"all real numbers" is ℝ',
  'answer-phrase': '"the answer is …" holds the answer',
  'answer-tag': '<answer> holds the answer',
  approximately: 'what follows ≈ is a rounded form of what precedes it',
  asides: '"because …", ", which …" behind an answer are not part of it',
  'bare-answer': 'a short text is the answer as a whole',
  'bare-units': 'a letter behind a number is a unit where the gold has no variables',
  'both-signs': 'variables are tried below 0, too',
  'chain-end': 'a chain of equal numbers ends in its value',
  compound: '2 h 30 min is one duration',
  degrees: '° is a unit outside of sin, cos, …',
  'e-notation': '1.5e3 is scientific',
  hedge: 'two different answers are none',
  intervals: 'intervals and inequalities are sets of reals',
  invisible: 'zero-width characters and direction marks do not count',
  'joined-boxes': 'boxes joined by and, or, commas are one list',
  labels: 'the name of a point, set or matrix is not compared',
  'last-formula': 'the last formula is the answer',
  'last-number': 'the last number is the answer',
  'leading-option': '"B) Because …" is option B',
  'letter-case': '(b) is B',
  'letter-gold': 'one capital A to J is an option',
  'letter-times': '7.2 x 10^4 is scientific',
  membership: 'x ∈ S says S',
  'membership-test': 'an inequality that is not solved is compared with a set at points',
  'mixed-numbers': '3 1/2 is 7/2',
  modular: 'rational functions are compared modulo two primes',
  money: 'a currency before the number is a unit',
  'negative-factor': 'dividing by a negative number turns an inequality',
  nfkc: 'full-width and other compatibility forms are plain',
  'number-words': 'seven is 7',
  'one-name': 'x = 1 or x = -2 is 1, -2',
  'open-tuple': '1, 2 is (1, 2) in this order',
  'option-by-letter': 'a letter answers a gold that is an option’s text',
  'option-text-behind': 'a letter with another option’s text is two answers',
  'option-value': 'an option’s text or value answers as its letter',
  'option-words': '"Option B" is B',
  'outer-wrapping': 'math delimiters, emphasis and quotes around the whole go',
  'percent-value': '50% is 0.5',
  'percent-words': 'percent and pct are %',
  repeating: 'a bar over decimals repeats them',
  'right-side': 'x = 5 answers 5',
  rounding: 'with a decimal, equal after rounding',
  'same-tree': 'an expression without a value is equal to itself',
  'same-tokens': 'what is not understood is equal to itself, spacing aside',
  'scale-words': '2 million is 2,000,000',
  'scaled-inequality': '2x + 2y < 6 is x + y < 3',
  'set-algebra': '∩ and ∖ of sets are computed',
  'set-builder': '{x | x > 3} is x > 3',
  'several-letters': 'A, C are a set of options',
  'sixty-digits': 'what doubles cannot tell apart is compared to sixty digits',
  'small-numbers': 'below 0.001 significant digits are compared',
  think: 'what stands in <think> never counts',
  thousands: '1,000 is 1000',
  'tight-lists': '1,200,300 is a list where the gold is one of that length',
  times: '9:05 is a time',
  'touching-intervals': '[0,1] ∪ [1,2] is [0,2]',
  'unbraced-box': '\\boxed 5 is a box',
  'unicode-fractions': '½ is 1/2',
  'unicode-greek': 'π is \\pi',
  'unicode-scripts': '10² is 10^2',
  'unicode-symbols': '√, −, ≤ are their commands',
  'unit-conflict': '12 cm is not 12 m',
  'unit-powers': 'square cm is cm^2',
  'unit-synonyms': 'centimetres are cm',
  vectors: 'a column is a vector',
  'word-case': 'words are equal whatever their case',
  'word-lists': 'a list of words has no order',
  'word-punctuation': 'punctuation around words does not count',
} as const;
export type RuleId = keyof typeof RULES;

let off: RuleId | undefined;

export const rule = (id: RuleId): boolean => id !== off;

/** For the test of the rules: what `work` gives when one rule is missing. */
export function withoutRule<T>(id: RuleId, work: () => T): T {
  off = id;
  try {
    return work();
  } finally {
    off = undefined;
  }
}
