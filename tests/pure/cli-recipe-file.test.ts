/** A recipe with a mistake: the error names file, line, column, key and what would be right. */
import { describe, expect, it } from 'vitest';
import { parseRecipe } from '../../client/recipe-file.js';
import { StagewrightError } from '../../core/failures.js';

const GOOD = `name: tiny
model: tiny
data:
  base:
    generator: digits
    split: base
    count: 64
    mix: { at: 1 }
stages:
  - name: base
    capability: base
    objective: sft
    data: base
    training:
      steps: 4
      learning_rate: 0.003
`;

function errorOf(text: string, variant?: string, type = 'RecipeInvalid'): string {
  try {
    parseRecipe(text, 'r.yaml', variant);
  } catch (error) {
    expect(error).toBeInstanceOf(StagewrightError);
    expect((error as StagewrightError).type).toBe(type);
    return (error as StagewrightError).message;
  }
  throw new Error('no error');
}

it('reads a right one and fills in defaults', () => {
  const recipe = parseRecipe(GOOD, 'r.yaml');
  expect(recipe.trainer).toBe('onnx');
  expect(recipe.stages[0]?.checkpoints).toEqual({ save_every_steps: 20, keep: 2 });
});

describe('an error names the place and what would be right', () => {
  it.each([
    [
      'unknown key in training',
      GOOD.replace('steps: 4', 'step: 4'),
      /r\.yaml:15:7: stages\[0\]\.training\.step: unknown key; did you mean "steps"\?/,
    ],
    [
      'unknown key far from all',
      GOOD.replace('model: tiny', 'model: tiny\nzebra: 1'),
      /r\.yaml:3:1: zebra: unknown key; known here: name, description, seed/,
    ],
    [
      'unknown key in a stage',
      GOOD.replace('capability: base', 'capability: base\n    capabilty: x'),
      /r\.yaml:12:5: .*did you mean "capability"\?/,
    ],
    [
      'unknown key in data',
      GOOD.replace('count: 64', 'count: 64\n    cuont: 3'),
      /r\.yaml:8:5: data\.base\.cuont: unknown key; did you mean "count"\?/,
    ],
    [
      'missing key',
      GOOD.replace('      steps: 4\n', ''),
      /r\.yaml:14:5: stages\[0\]\.training\.steps: missing; a value of type number is needed/,
    ],
    [
      'wrong type',
      GOOD.replace('steps: 4', 'steps: many'),
      /r\.yaml:15:7: stages\[0\]\.training\.steps: expected number, received string/,
    ],
    ['out of range', GOOD.replace('steps: 4', 'steps: 0'), /r\.yaml:15:7: .*>=1/],
    [
      'empty stages',
      GOOD.replace(/stages:[\s\S]*/u, 'stages: []\n'),
      /r\.yaml:9:1: stages: a recipe needs at least one stage/,
    ],
    [
      'unknown objective',
      GOOD.replace('objective: sft', 'objective: dpo'),
      /r\.yaml:12:5: stages\[0\]\.objective: .*sft.*rlvr/,
    ],
    [
      'unknown data set',
      GOOD.replace('data: base\n    tr', 'data: bse\n    tr'),
      /r\.yaml:13:5: stages\[0\]\.data: no data set "bse"; did you mean "base"\?/,
    ],
    ['broken YAML', GOOD.replace('stages:', 'stages: ['), /r\.yaml:\d+:\d+: /],
    ['a key twice', GOOD.replace('model: tiny', 'model: tiny\nmodel: demo'), /r\.yaml:3:1: Map keys must be unique/],
    ['not a map', '- 1\n', /r\.yaml:1:1: expected object, received array/],
    ['an empty file', '', /r\.yaml:1:1: expected object/],
  ])('%s', (_name, text, wanted) => {
    expect(errorOf(text)).toMatch(wanted);
  });

  it('tells all errors at once, in the order of the file', () => {
    const message = errorOf(GOOD.replace('steps: 4', 'steps: many').replace('model: tiny', 'modle: tiny'));
    const lines = message.split('\n');
    expect(lines[0]).toBe('3 errors');
    expect(lines.slice(1).map((line) => Number(/r\.yaml:(\d+)/u.exec(line)?.[1]))).toEqual([1, 2, 15]);
  });
});

const VARIED = `${GOOD}defaults:
  sft: { training: { learning_rate: 0.001 } }
variants:
  short:
    seed: 7
    change:
      base: { training: { steps: 2 } }
  sgd:
    change:
      base:
        training:
          learning_rate: 0.1
`;

describe('variants', () => {
  it('are folded in, and the recipe as it stands is untouched by them', () => {
    const [plain, short, sgd] = [undefined, 'short', 'sgd'].map((name) => parseRecipe(VARIED, 'r.yaml', name));
    expect([plain?.name, short?.name, sgd?.name]).toEqual(['tiny', 'tiny.short', 'tiny.sgd']);
    expect([plain, short, sgd].map((r) => r?.stages[0]?.training.steps)).toEqual([4, 2, 4]);
    expect([plain, short, sgd].map((r) => r?.stages[0]?.training.learning_rate)).toEqual([0.003, 0.003, 0.1]);
    expect([plain?.seed, short?.seed]).toEqual([1, 7]);
  });

  it.each([
    ['an unknown one', VARIED, 'shrt', /^r\.yaml has no variant "shrt"; did you mean "short"\?$/u, 'UnknownName'],
    ['none at all', GOOD, 'short', /^r\.yaml has no variant "short"; known: none$/u, 'UnknownName'],
    [
      'an unknown key in it',
      VARIED.replace('seed: 7', 'sead: 7'),
      'short',
      /^r\.yaml:21:5: variants\.short\.sead: unknown key; did you mean "seed"\?$/u,
    ],
    [
      'an unknown stage in it',
      VARIED.replace('base: { training: { steps: 2 } }', 'bass: { training: { steps: 2 } }'),
      'short',
      /^r\.yaml:23:7: variants\.short\.change\.bass: no stage "bass"; did you mean "base"\?$/u,
    ],
    [
      'an unknown setting of a stage',
      VARIED.replace('steps: 2', 'stpes: 2'),
      'short',
      /^r\.yaml:23:27: variants\.short\.change\.base\.training\.stpes: unknown key; did you mean "steps"\?$/u,
    ],
    [
      'a wrong type deep in it',
      VARIED.replace('learning_rate: 0.1', 'learning_rate: fast'),
      'sgd',
      /^r\.yaml:28:11: variants\.sgd\.change\.base\.training\.learning_rate: expected number, received string$/u,
    ],
    [
      'a wrong value of the defaults',
      VARIED.replace('{ learning_rate: 0.001 }', '{ warmup: yes please }'),
      'short',
      /^r\.yaml:18:22: defaults\.sft\.training\.warmup: unknown key; .* \(in variant short\)$/u,
    ],
    [
      'a stage that it takes away',
      VARIED.replace('seed: 7', 'curriculum: [bass]'),
      'short',
      /^r\.yaml:21:18: variants\.short\.curriculum\[0\]: no stage "bass"; did you mean "base"\?$/u,
    ],
  ])('%s', (_name, text, variant, wanted, type = 'RecipeInvalid') => {
    expect(errorOf(text, variant, type)).toMatch(wanted);
  });

  it('are checked with the recipe as it stands, each mistake told once', () => {
    const text = VARIED.replace('steps: 2', 'stpes: 2').replace('steps: 4', 'steps: many');
    const lines = errorOf(text).split('\n');
    expect(lines[0]).toBe('2 errors');
    expect(lines.slice(1).map((line) => Number(/r\.yaml:(\d+)/u.exec(line)?.[1]))).toEqual([15, 23]);
  });
});

it('a secret is refused where it stands, and not repeated', () => {
  const message = errorOf(GOOD.replace('model: tiny', 'model: tiny\ndescription: hf_abcdefghijklmnopqrstuvwx'));
  expect(message).toMatch(/^r\.yaml:3:1: description: looks like a secret/u);
  expect(message).not.toContain('hf_');
});
