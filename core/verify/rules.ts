/**
 * The rules of the verifier by name. Each is asked for where it acts, and can be switched off by name: the test of the rules does
 * so one by one and wants a case to fail each time, so that a rule that nothing needs is seen and deleted.
 */
export const RULES = {
  'answer-phrase': '',
  'answer-tag': '',
  approximately: '',
  asides: '',
  'bare-answer': '',
  'bare-units': '',
  'both-signs': '',
  'chain-end': '',
  compound: '',
  degrees: '',
  'e-notation': '',
  hedge: '',
  intervals: '',
  invisible: '',
  'joined-boxes': '',
  labels: '',
  'last-formula': '',
  'last-number': '',
  'letter-case': '',
  'letter-gold': '',
  membership: '',
  'membership-test': '',
  'mixed-numbers': '',
  modular: '',
  money: '',
  'negative-factor': '',
  nfkc: '',
  'number-words': '',
  'one-name': '',
  'open-tuple': '',
  'option-by-letter': '',
  'option-text-behind': '',
  'option-value': '',
  'option-words': '',
  'outer-wrapping': '',
  'percent-value': '',
  'percent-words': '',
  repeating: '',
  'right-side': '',
  rounding: '',
  'same-tokens': '',
  'scale-words': '',
  'scaled-inequality': '',
  'set-algebra': '',
  'set-builder': '',
  'several-letters': '',
  'sixty-digits': '',
  'small-numbers': '',
  think: '',
  thousands: '',
  'tight-lists': '',
  times: '',
  'touching-intervals': '',
  'unbraced-box': '',
  'unicode-fractions': '',
  'unicode-greek': '',
  'unicode-scripts': '',
  'unicode-symbols': '',
  'unit-conflict': '',
  'unit-powers': '',
  'unit-synonyms': '',
  vectors: '',
  'word-case': '',
  'word-lists': '',
  'word-punctuation': '',
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
