/**
 * Properties of the verifier that hold for all answers. STAGEWRIGHT_FUZZ_RUNS and STAGEWRIGHT_FUZZ_SEED make it the long run that
 * docs/verifiers.md records; a failure names its seed.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { verify } from '../../core/verify/verify.js';
import { VERIFIERS } from '../../core/verify/verifiers.js';

const runs = Number(process.env.STAGEWRIGHT_FUZZ_RUNS ?? 300);
const seed = Number(process.env.STAGEWRIGHT_FUZZ_SEED ?? 20261124);
const check = <T extends [unknown, ...unknown[]]>(property: fc.IProperty<T>): void =>
  fc.assert(property, { numRuns: runs, seed });
const TIMEOUT = 30_000 + runs * 40;

const boxed = (answer: string): string => `So it is \\boxed{${answer}}.`;
const says = (gold: string, pred: string): string => verify({ gold, pred: boxed(pred) }).verdict;

// Printed answers of every shape.
const integer = fc.integer({ min: -99_999, max: 99_999 }).map(String);
const natural = fc.integer({ min: 2, max: 999 });
const decimal = fc
  .tuple(fc.integer({ min: -999, max: 999 }), fc.integer({ min: 0, max: 999 }))
  .map(([a, b]) => `${a}.${b}`);
const fraction = fc
  .tuple(fc.boolean(), natural, natural)
  .map(([minus, a, b]) => `${minus ? '-' : ''}\\frac{${a}}{${b}}`);
const mixed = fc.tuple(natural, natural).map(([a, b]) => `${a}\\frac{1}{${b}}`);
const radical = fc.tuple(natural, natural).map(([a, b]) => `${a}\\sqrt{${b}}`);
const circle = natural.map((a) => `${a}\\pi`);
const number = fc.oneof(integer, decimal, fraction, mixed, radical, circle);
const measured = fc
  .tuple(
    number,
    fc.constantFrom(
      '\\text{ cm}',
      '\\text{ m}^2',
      '\\text{ km/h}',
      '^\\circ',
      '\\%',
      '\\text{ kg}',
      '\\text{ dollars}',
    ),
  )
  .map(([a, unit]) => a + unit);
const variable = fc.constantFrom('x', 'y', 'a', 'n');
const expression: fc.Arbitrary<string> = fc.letrec<{ tree: string }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    variable,
    natural.map(String),
    fc.tuple(tie('tree'), fc.constantFrom('+', '-'), tie('tree')).map(([a, op, b]) => `(${a}${op}${b})`),
    fc.tuple(tie('tree'), tie('tree')).map(([a, b]) => `(${a})(${b})`),
    fc.tuple(tie('tree'), tie('tree')).map(([a, b]) => `\\frac{${a}}{${b}}`),
    fc.tuple(tie('tree'), fc.integer({ min: 2, max: 4 })).map(([a, n]) => `(${a})^{${n}}`),
    tie('tree').map((a) => `\\sin(${a})`),
  ),
})).tree;
const several = fc.uniqueArray(fc.integer({ min: -99, max: 99 }), { minLength: 2, maxLength: 6 });
const set = several.map((all) => `\\{${all.join(', ')}\\}`);
const tuple = fc.tuple(number, number).map(([a, b]) => `(${a}, ${b})`);
const interval = fc
  .tuple(fc.constantFrom('(', '['), fc.integer({ min: -99, max: 0 }), natural, fc.constantFrom(')', ']'))
  .map(([open, a, b, close]) => `${open}${a}, ${b}${close}`);
const matrix = fc
  .array(fc.tuple(number, number), { minLength: 1, maxLength: 4 })
  .map((rows) => `\\begin{pmatrix}${rows.map((row) => row.join(' & ')).join(' \\\\ ')}\\end{pmatrix}`);
const equation = fc.tuple(variable, expression).map(([x, e]) => `${x}=${e}`);
const inequality = fc
  .tuple(variable, fc.constantFrom('<', '\\le', '>', '\\ne'), integer)
  .map(([x, op, n]) => `${x} ${op} ${n}`);
const word = fc.constantFrom('Yes', 'no', 'isosceles triangle', 'Paris', 'north-east', 'increasing');
const letter = fc.constantFrom('A', '(B)', 'C.', 'D', 'A, C');
const time = fc.tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 10, max: 59 })).map(([h, m]) => `${h}:${m}`);
const scalar = fc.oneof(number, measured, expression);
const shape = fc.oneof(scalar, set, tuple, interval, matrix, equation, inequality, word, letter, time);

test(
  'x answers x, whatever its shape',
  () => {
    check(fc.property(shape, (x) => void expect(says(x, x), x).toBe('correct')));
  },
  TIMEOUT,
);

test(
  'spacing, \\left, \\displaystyle, \\dfrac and delimiters change nothing',
  () => {
    const dress = fc.constantFrom<(x: string) => string>(
      (x) => ` ${x}\\, `,
      (x) => `\\displaystyle ${x}`,
      (x) => `$${x}$`,
      (x) => `\\(${x}\\)`,
      (x) => x.replace(/\\frac/g, '\\dfrac'),
      (x) => x.replace(/\(/g, '\\left(').replace(/\)/g, '\\right)'),
      (x) => x.replace(/([+=])/g, ' $1 '),
      (x) => `{${x}}`,
      (x) => `${x}.`,
    );
    check(
      fc.property(
        fc.oneof(scalar, set, tuple, interval, equation),
        dress,
        (x, f) => void expect(says(x, f(x)), f(x)).toBe('correct'),
      ),
    );
  },
  TIMEOUT,
);

test(
  'plain values and sets are compared the same either way round',
  () => {
    const symmetric = fc.oneof(number, expression, set, inequality, interval);
    check(
      fc.property(symmetric, symmetric, (x, y) => {
        expect(says(x, y) === 'correct', `${x} and ${y}`).toBe(says(y, x) === 'correct');
      }),
    );
  },
  TIMEOUT,
);

test(
  'x/y is y/x only if they are equal',
  () => {
    check(
      fc.property(natural, natural, (a, b) => {
        expect(says(`\\frac{${a}}{${b}}`, `\\frac{${b}}{${a}}`)).toBe(a === b ? 'correct' : 'wrong');
      }),
    );
    check(
      fc.property(natural, natural, fc.integer({ min: 2, max: 99 }), (a, b, k) => {
        expect(says(`\\frac{${a}}{${b}}`, `\\frac{${a * k}}{${b * k}}`)).toBe('correct');
        expect(says(`\\frac{${a}}{${b}}`, `\\frac{${a * k + 1}}{${b * k}}`)).toBe('wrong');
      }),
    );
  },
  TIMEOUT,
);

test(
  'integers are what they are, with separators, too',
  () => {
    check(
      fc.property(fc.maxSafeInteger(), fc.maxSafeInteger(), (a, b) => {
        expect(says(String(a), String(b)) === 'correct').toBe(a === b);
        expect(says(String(a), a.toLocaleString('en-US'))).toBe('correct');
        expect(says(String(a), String(BigInt(a) + 1n))).toBe('wrong');
      }),
    );
  },
  TIMEOUT,
);

test(
  'x + 1 is not x, and 2x is not x',
  () => {
    check(
      fc.property(expression, (x) => {
        expect(says(x, `(${x})+1`), x).not.toBe('correct');
        expect(says(`(${x})+n`, `(${x})+y`), x).not.toBe('correct');
      }),
    );
  },
  TIMEOUT,
);

test(
  'members of a set have no order, and none may be missing',
  () => {
    check(
      fc.property(several, (all) => {
        const turned = `\\{${[...all].reverse().join(',')}\\}`;
        expect(says(`\\{${all.join(', ')}\\}`, turned)).toBe('correct');
        expect(says(`\\{${all.join(', ')}\\}`, `\\{${all.slice(1).join(', ')}\\}`)).toBe('wrong');
      }),
    );
  },
  TIMEOUT,
);

test(
  'random strings never throw, as gold or as answer, and say one of the three',
  () => {
    const pieces = fc
      .array(
        fc.constantFrom(
          ...[
            '\\boxed{',
            '}',
            '{',
            '\\frac',
            '\\sqrt',
            '^',
            '_',
            '(',
            ')',
            '[',
            ']',
            '\\{',
            '\\}',
            '$',
            '\\text{',
            ' or ',
            ',',
            '=',
            '<',
          ],
          ...[
            '\\pm',
            '\\cup',
            '\\begin{pmatrix}',
            '\\end{pmatrix}',
            '&',
            '\\\\',
            '%',
            ':',
            '-',
            '/',
            '!',
            '|',
            '1',
            '23',
            '0.5',
            'x',
            'B',
          ],
          ...[
            '<think>',
            '</think>',
            '<answer>',
            'the answer is ',
            'half',
            'million',
            ' cm',
            '\ud800',
            '\0',
            '½',
            '∞',
            '²',
            '\\le ',
            '\\in ',
          ],
        ),
        { maxLength: 24 },
      )
      .map((all) => all.join(''));
    const text = fc.oneof(
      pieces,
      fc.string({ unit: 'binary', maxLength: 80 }),
      fc.string({ unit: 'grapheme', maxLength: 80 }),
      shape,
    );
    check(
      fc.property(text, text, (gold, pred) => {
        for (const verifier of Object.values(VERIFIERS)) {
          expect(['correct', 'wrong', 'ungradable']).toContain(verifier({ gold, pred }).verdict);
          expect(['correct', 'wrong', 'ungradable']).toContain(verifier({ gold, pred: boxed(pred) }).verdict);
        }
      }),
    );
  },
  TIMEOUT,
);
