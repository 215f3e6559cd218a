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

function errorOf(text: string): string {
  try {
    parseRecipe(text, 'r.yaml');
  } catch (error) {
    expect(error).toBeInstanceOf(StagewrightError);
    expect((error as StagewrightError).type).toBe('RecipeInvalid');
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
      /r\.yaml:13:5: stages\[0\]\.data: no data set "bse"; known: base/,
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
