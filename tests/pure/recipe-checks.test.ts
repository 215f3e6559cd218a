/** What a recipe's parts demand of each other: each mistake at its path, with what would be right. */
import { expect, it, test } from 'vitest';
import { recipeSchema } from '../../core/recipe.js';
import { resolveVariant } from '../../core/variants.js';

const digits = { generator: 'digits', split: 'rl', count: 8, mix: { at: 1, text_sum: 1 } };
const training = { steps: 4, learning_rate: 0.01 };
const one = { name: 'one', capability: 'base', objective: 'sft', data: 'rows', training };
const two = { ...one, name: 'two', objective: 'rlvr' };
const base = {
  name: 'checks',
  model: 'tiny',
  data: { rows: digits, more: digits, own: { generator: 'folder', path: 'mine' } },
  stages: [one, two],
  evaluation: { data: ['more', 'own'] },
};
const gated = (gate: object, stage: object = one): object => ({ stages: [{ ...stage, gates: [gate] }, two] });
const union = (...of: string[]): object => ({ generator: 'union', of });

const WRONG: Record<string, readonly [parts: object, path: string, message: string | RegExp]> = {
  'a union of unions': [
    { data: { ...base.data, all: union('rows', 'more'), twice: union('all', 'rows') } },
    'data.twice.of.0',
    '"all" is a union itself; name its parts',
  ],
  'a union of itself': [{ data: { ...base.data, all: union('rows', 'all') } }, 'data.all.of.1', /is a union itself/],
  'a union of what is not there': [
    { data: { ...base.data, all: union('rows', 'mroe') } },
    'data.all.of.1',
    'no data set "mroe"; did you mean "more"?',
  ],
  'a union of one': [{ data: { ...base.data, all: union('rows') } }, 'data.all.of', /expected array to have >=2/],
  'a curriculum with an unknown stage': [
    { curriculum: ['one', 'twoo'] },
    'curriculum.1',
    'no stage "twoo"; did you mean "two"?',
  ],
  'a curriculum with a stage twice': [
    { curriculum: ['one', 'two', 'one'] },
    'curriculum.2',
    'stage "one" stands twice',
  ],
  'a curriculum of nothing': [{ curriculum: [] }, 'curriculum', /expected array to have >=1/],
  'two stages of one name': [{ stages: [one, one] }, 'stages.1.name', 'stage name "one" is used twice'],
  'weights of a stage that comes later': [
    { stages: [{ ...one, from: 'two' }, two] },
    'stages.0.from',
    '"two" is no earlier stage; use scratch, previous',
  ],
  'weights of a stage that a curriculum leaves out': [
    { stages: [one, { ...two, from: 'one' }], curriculum: ['two'] },
    'stages.1.from',
    '"one" is no earlier stage; use scratch, previous',
  ],
  'weights of the stage before the first': [
    { stages: [{ ...one, from: 'previous' }] },
    'stages.0.from',
    'the first stage has none before it',
  ],
  'an evaluation of unknown data': [
    { evaluation: { data: ['mor'] } },
    'evaluation.data.0',
    'no data set "mor"; did you mean "more"?',
  ],
  'more updates than samples': [
    { stages: [one, { ...two, training: { ...training, batch_size: 2, rollouts: 2, updates_per_batch: 5 } }] },
    'stages.1.training.updates_per_batch',
    '5 updates cannot be made of 2 x 2 samples',
  ],
  'a gate on data that is not evaluated': [
    gated({ on: 'evaluation', data: 'rows', min: 0.5 }),
    'stages.0.gates.0.data',
    '"rows" is not evaluated; evaluation.data has: more, own',
  ],
  'a gate where nothing is evaluated': [
    { ...gated({ on: 'evaluation', data: 'more', min: 0.5 }), evaluation: undefined },
    'stages.0.gates.0.data',
    '"more" is not evaluated; evaluation.data has: nothing',
  ],
  'a gate on a capability that the evaluation lacks': [
    gated({ on: 'evaluation', data: 'more', capability: 'visual_reasoning', min: 0.5 }),
    'stages.0.gates.0.capability',
    'the evaluation on "more" has no capability "visual_reasoning"; it has perception, textual_reasoning',
  ],
  'a gate on a kind that the evaluation lacks': [
    gated({ on: 'evaluation', data: 'more', kind: 'largest', min: 0.5 }),
    'stages.0.gates.0.kind',
    'the evaluation on "more" has no kind "largest"; it has at, text_sum',
  ],
  'a gate on a metric that the evaluation lacks': [
    gated({ on: 'evaluation', data: 'more', metric: 'loss', min: 0.5 }),
    'stages.0.gates.0.metric',
    /accuracy.*format/,
  ],
  'a gate after a stage that is not evaluated': [
    { ...gated({ on: 'evaluation', data: 'more', min: 0.5 }), evaluation: { data: ['more'], after: 'last' } },
    'stages.0.gates.0',
    'evaluation.after is "last": stage "one" is not evaluated',
  ],
  'a gate of SFT on what only RLVR has': [
    gated({ on: 'training', metric: 'reward', min: 0.5 }),
    'stages.0.gates.0.metric',
    'an SFT stage has no reward; it has loss, grad_norm, entropy',
  ],
  'a price in no currency': [
    { prices: { currency: 'euro', device_hour: 1 } },
    'prices.currency',
    /three capital letters/,
  ],
  'bands that do not rise': [
    { stages: [{ ...one, order: { by: 'easy_to_hard', bands: [0.5, 0.5] } }] },
    'stages.0.order.bands',
    'must rise',
  ],
};

test.each(Object.entries(WRONG))('%s', (_, [parts, path, message]) => {
  const { error } = recipeSchema.safeParse(resolveVariant({ ...base, ...parts }));
  const found = (error?.issues ?? []).map((issue) => [issue.path.join('.'), issue.message]);
  expect(found).toContainEqual([
    path,
    typeof message === 'string' ? message : (expect.stringMatching(message) as string),
  ]);
});

it('rows of one’s own may be of any kind: only they know, and `plan` looks', () => {
  const gate = { on: 'evaluation', data: 'own', capability: 'anything', min: 0.5 };
  expect(recipeSchema.safeParse({ ...base, ...gated(gate) }).success).toBe(true);
});

it('a variant that is no object, or changes a stage that is not there, is refused', () => {
  expect(() => resolveVariant({ ...base, variants: { v: 3 } }, 'v')).toThrow('no variant "v"');
  expect(() => resolveVariant({ ...base, variants: { v: { change: { three: {} } } } }, 'v')).toThrow(
    'variant v changes stage "three"; known: one, two',
  );
  expect(() => resolveVariant(3, 'v')).toThrow('no variant "v"');
});
