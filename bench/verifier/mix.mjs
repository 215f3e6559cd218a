#!/usr/bin/env node
/**
 * The answers that speed is measured with: the mix that reference/verifiers.md measured (34 % option letters, 24 % integers, then
 * decimals, fractions, roots, π, tuples), each behind about 1,100 characters of reasoning. Every third is wrong.
 *
 *     node bench/verifier/mix.mjs 200000 >answers.jsonl
 *
 * The same count gives the same bytes.
 */
const count = Number(process.argv[2] ?? 2_000);
/** Characters of a whole answer. */
const LENGTH = 1_100;

let state = 20261124;
/** Mulberry32: enough for a mix. */
function random(below) {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) % below;
}
const from = (list) => list[random(list.length)];

const KINDS = [
  [34, () => from(['A', 'B', 'C', 'D'])],
  [24, () => String(random(400) - 40)],
  [12, () => (random(100_000) / 1_000).toFixed(1 + random(3))],
  [12, () => `\\frac{${1 + random(20)}}{${2 + random(30)}}`],
  [7, () => `${2 + random(8)}\\sqrt{${from([2, 3, 5, 6, 7])}}`],
  [6, () => `${2 + random(30)}\\pi`],
  [5, () => `(${random(9)}, ${random(9) - 4})`],
];
function gold() {
  let ticket = random(100);
  for (const [share, make] of KINDS) if ((ticket -= share) < 0) return make();
  return '0';
}
/** The same value written otherwise, where there is another way. */
function otherwise(text) {
  if (/^[A-D]$/.test(text)) return from([text, `(${text})`, `\\text{${text}}`, `${text}. 45^\\circ`]);
  if (/^-?\d+$/.test(text)) return from([text, `${text}.0`, `x = ${text}`, `${text}\\text{ cm}`]);
  return from([text, text.replace('\\frac', '\\dfrac'), `\\left(${text}\\right)`, `x = ${text}`]);
}

const SENTENCES = [
  'Let me look at the figure first.',
  'The two sides are marked as equal, so the triangle is isosceles and its base angles agree.',
  'From $\\frac{1}{2} \\cdot b \\cdot h$ we get the area of each part.',
  'The table lists 12, 15 and 18 for the three years, which gives a difference of 3 each time.',
  'Substituting back, $x^2 + 2x + 1 = (x+1)^2$ holds for both values.',
  'Wait, the scale on the vertical axis starts at 10, not at 0.',
  'So the option that was considered at first does not fit.',
];
function reasoning(length) {
  let text = '';
  while (text.length < length) text += `${from(SENTENCES)} `;
  return text.slice(0, length);
}

let out = '';
for (let id = 0; id < count; id++) {
  const truth = gold();
  const answer = random(3) === 0 ? gold() : otherwise(truth);
  const end = `</think> So the answer is $\\boxed{${answer}}$.`;
  const pred = `<think>${reasoning(LENGTH - end.length - 7)}${end}`;
  out += `${JSON.stringify({ id, gold: truth, pred })}\n`;
  if (out.length > 1 << 20) {
    if (!process.stdout.write(out)) await new Promise((done) => process.stdout.once('drain', done));
    out = '';
  }
}
process.stdout.write(out);
