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
const derived = (sets: object, generators: object = {}): object => ({
  data: { ...base.data, ...sets },
  generators: {
    small: { kind: 'openai', model: 's', revision: '1' },
    ours: { kind: 'onnx', stage: 'one' },
    ...generators,
  },
});
const filter = (more: object = {}): object => ({
  generator: 'filter',
  of: 'rows',
  image_only: ['small'],
  caption_only: ['small'],
  ...more,
});
const synthesis = (more: object = {}): object => ({ generator: 'synthesis', captions: 'rows', by: 'small', ...more });

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
  'a derived set of what is not there': [
    derived({ f: filter({ of: 'row' }) }),
    'data.f.of',
    'no data set "row"; did you mean "rows"?',
  ],
  'questions about captions that are not there': [
    derived({ s: synthesis({ captions: 'rwos' }) }),
    'data.s.captions',
    'no data set "rwos"; did you mean "rows"?',
  ],
  'an overlap with an unknown benchmark': [
    derived({ o: { generator: 'overlap', of: 'rows', benchmarks: ['more', 'mor'] } }),
    'data.o.benchmarks.1',
    'no data set "mor"; did you mean "more"?',
  ],
  'an unknown generator': [
    derived({ f: filter({ image_only: ['small', 'smal'] }) }),
    'data.f.image_only.1',
    'no generator "smal"; did you mean "small"?',
  ],
  'a generator where there are none': [
    { data: { ...base.data, s: synthesis() } },
    'data.s.by',
    'no generator "small"; the recipe has none: add `generators`',
  ],
  'a set made of itself': [
    derived({ f: filter({ of: 'g' }), g: union('f', 'rows') }),
    'data.f',
    '"f" is made of itself: f of g of f',
  ],
  'a set that is its own input': [derived({ f: filter({ of: 'f' }) }), 'data.f', '"f" is made of itself: f of f'],
  'a template that is to answer': [
    derived({ f: filter({ image_only: ['t'] }) }, { t: { kind: 'template' } }),
    'data.f.image_only.0',
    'generator "t" is a template: it writes questions and answers none',
  ],
  'the embedded model that is to write': [
    derived({ s: synthesis({ by: 'ours' }) }),
    'data.s.by',
    'generator "ours" is the embedded model: it answers questions and writes none',
  ],
  'weights of a stage that is not there': [
    derived({}, { o: { kind: 'onnx', stage: 'on' } }),
    'generators.o.stage',
    'no stage "on"; did you mean "one"?',
  ],
  'weights of the very stage that trains on the set': [
    { ...derived({ f: filter({ image_only: ['ours'] }) }), stages: [{ ...one, data: 'f' }, two] },
    'stages.0.data',
    '"f" is made with the weights of stage "one", which does not run before stage "one"',
  ],
  'weights of a later stage, far down': [
    {
      ...derived(
        {
          f: filter({ image_only: ['late'] }),
          d: { generator: 'difficulty', of: 'f', by: 'small' },
          u: union('d', 'rows'),
        },
        { late: { kind: 'onnx', stage: 'two' } },
      ),
      stages: [{ ...one, data: 'u' }, two],
    },
    'stages.0.data',
    '"u" is made with the weights of stage "two", which does not run before stage "one"',
  ],
  'an evaluation before the weights that make its set': [
    {
      ...derived({ f: filter({ image_only: ['late'] }) }, { late: { kind: 'onnx', stage: 'two' } }),
      evaluation: { data: ['f'] },
    },
    'evaluation.data.0',
    '"f" is made with the weights of stage "two", which has not run when the first stage is evaluated; evaluate after "last"',
  ],
  'an evaluation with weights that a curriculum leaves out': [
    {
      ...derived({ f: filter({ image_only: ['late'] }) }, { late: { kind: 'onnx', stage: 'two' } }),
      evaluation: { data: ['f'], after: 'last' },
      curriculum: ['one'],
    },
    'evaluation.data.0',
    '"f" is made with the weights of stage "two", which is not in the curriculum',
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

it('a set made with weights of an earlier stage is fine, for training and for evaluation', () => {
  const parts = derived({ f: filter({ image_only: ['ours', 'small'], caption_only: ['ours'] }), s: synthesis() });
  const stages = [one, { ...two, data: 'f' }];
  expect(recipeSchema.safeParse({ ...base, ...parts, stages, evaluation: { data: ['f'] } }).success).toBe(true);
});

it('a variant that is no object, or changes a stage that is not there, is refused', () => {
  expect(() => resolveVariant({ ...base, variants: { v: 3 } }, 'v')).toThrow('no variant "v"');
  expect(() => resolveVariant({ ...base, variants: { v: { change: { three: {} } } } }, 'v')).toThrow(
    'variant v changes stage "three"; known: one, two',
  );
  expect(() => resolveVariant(3, 'v')).toThrow('no variant "v"');
});
