/**
 * The side of every field of a recipe: inside a key, or outside all. The schema is walked, so a new field without a side fails
 * here. Each field is then changed: one inside alters the key of its stage and of the stages after it, one outside alters none.
 */
import { describe, expect, it, test } from 'vitest';
import { planRecipe, type PlanFacts } from '../../core/plan.js';
import { recipeSchema } from '../../core/recipe.js';
import { resolveVariant } from '../../core/variants.js';
import { fieldsOf } from '../support/schema-fields.js';

const sha = (letter: string): string => letter.repeat(64);
const facts: PlanFacts = {
  models: { tiny: sha('a'), demo: sha('b') },
  trainers: { onnx: { version: '1' }, other: { version: '1' } },
  digits_sha256: sha('c'),
  verifier: { name: 'digits', version: 1 },
  verifiers: { math: { version: 1 } },
  folders: {
    mine: { folder: '/mine', content_sha256: sha('d') },
    moved: { folder: '/moved', content_sha256: sha('d') },
    other: { folder: '/other', content_sha256: sha('e') },
    captions: { folder: '/captions', content_sha256: sha('f') },
    elsewhere: { folder: '/elsewhere', content_sha256: sha('f') },
  },
};

const digits = { generator: 'digits', split: 'rl', count: 64, mix: { at: 1, text_sum: 1 } };
const training = { steps: 10, learning_rate: 0.001, schedule: { kind: 'linear', final: 0.2 } };
/**
 * Five stages: `sft`, `rlvr`, `united` (rows of a union), `own` (rows of a folder), `derived` (rows that models made). Each starts
 * from the one before.
 */
const base = {
  name: 'fields',
  model: 'tiny',
  data: {
    first: { ...digits, split: 'base' },
    second: { ...digits, scenes: 32, images: 50, distinct: { at: 8 } },
    one: digits,
    two: { ...digits, seed: 7 },
    both: { generator: 'union', of: ['one', 'two'] },
    mine: { generator: 'folder', path: 'mine' },
    heldout: { ...digits, split: 'heldout' },
    captions: { generator: 'captions', path: 'captions' },
    asked: { generator: 'synthesis', captions: 'captions', by: 'writer' },
    unseen: { generator: 'filter', of: 'asked', image_only: ['embedded'], caption_only: ['started'] },
    scored: { generator: 'difficulty', of: 'unseen', by: 'embedded' },
    clean: { generator: 'overlap', of: 'scored', benchmarks: ['heldout'] },
  },
  generators: {
    writer: { kind: 'openai', model: 'w', revision: '1' },
    started: { kind: 'served', model: 's', revision: '1' },
    embedded: { kind: 'onnx', stage: 'sft' },
    words: { kind: 'template' },
  },
  stages: [
    { name: 'sft', capability: 'base', objective: 'sft', data: 'first', training },
    {
      name: 'rlvr',
      capability: 'perception',
      objective: 'rlvr',
      data: 'second',
      training,
      order: { by: 'easy_to_hard', bands: [0.5] },
    },
    { name: 'united', capability: 'visual', objective: 'rlvr', data: 'both', training },
    {
      name: 'own',
      capability: 'visual',
      objective: 'rlvr',
      data: 'mine',
      training,
    },
    {
      name: 'derived',
      capability: 'perception',
      objective: 'rlvr',
      data: 'clean',
      training,
    },
  ],
  curriculum: ['sft', 'rlvr', 'united', 'own', 'derived'],
  evaluation: { data: ['heldout'] },
  prices: { currency: 'EUR', device_hour: 1 },
  defaults: {},
  variants: { unused: {} },
};

type Raw = Record<string, unknown>;
type At = readonly (string | number)[];
interface Side {
  /** Stages whose keys are others after the change, in order. */
  readonly alters: readonly string[];
  /** Where, and what then stands there; a value of undefined takes the field away. */
  readonly at: At;
  readonly to: unknown;
  /** Of a change that makes sense only with others. */
  readonly also?: readonly (readonly [At, unknown])[];
}
const ALL = ['sft', 'rlvr', 'united', 'own', 'derived'];
const AFTER = (stage: string): string[] => ALL.slice(ALL.indexOf(stage));
const outside = (at: At, to: unknown, also?: Side['also']): Side => ({
  alters: [],
  at,
  to,
  ...(also === undefined ? {} : { also }),
});
const inside = (stage: string, at: At, to: unknown, also?: Side['also']): Side => ({
  ...outside(at, to, also),
  alters: AFTER(stage),
});

const stageFields = (kind: 'sft' | 'rlvr', i: number): Record<string, Side> => {
  const field = (name: string): string => `stages[].${kind}.${name}`;
  const at = (...path: At): At => ['stages', i, ...path];
  const training = (name: string, to: unknown): [string, Side] => [
    field(`training.${name}`),
    inside(kind, at('training', ...name.split('.')), to),
  ];
  const gate = (whole: { readonly on: string }, name: string, to: unknown, also: Side['also'] = []): [string, Side] => [
    field(`gates[].${whole.on}.${name}`),
    outside(at('gates', 0, name), to, [[at('gates'), [whole]], ...also]),
  ];
  const gone = (name: string): readonly [At, unknown] => [at('gates', 0, name), undefined];
  const evaluation = { on: 'evaluation', data: 'heldout', min: 0.5 };
  const trained = { on: 'training', metric: 'loss', min: 0.1 };
  const approval = { on: 'approval' };
  return Object.fromEntries([
    [
      field('name'),
      outside(at('name'), 'renamed', [
        [['curriculum', i], 'renamed'],
        ...(kind === 'sft' ? [[['generators', 'embedded', 'stage'], 'renamed'] as const] : []),
      ]),
    ],
    [field('description'), outside(at('description'), 'words')],
    [field('capability'), outside(at('capability'), 'another')],
    [field('objective'), inside(kind, at('objective'), kind === 'sft' ? 'rlvr' : 'sft')],
    [field('from'), kind === 'sft' ? outside(at('from'), 'scratch') : inside(kind, at('from'), 'scratch')],
    [field('data'), inside(kind, at('data'), 'one')],
    [field('order'), inside(kind, at('order'), 'file')],
    [field('order.by'), inside(kind, at('order'), { by: 'hard_to_easy', bands: [0.5] })],
    [field('order.bands[]'), inside(kind, at('order'), { by: 'easy_to_hard', bands: [0.4] })],
    [
      field('order_per_epoch'),
      inside(kind, at('order_per_epoch'), 'restart', kind === 'sft' ? [[at('order'), 'easy_to_hard']] : []),
    ],
    [field('trainer'), inside(kind, at('trainer'), 'other')],
    [field('seed'), inside(kind, at('seed'), 9)],
    [field('execution.gpus'), outside(at('execution'), { gpus: 2 })],
    [field('execution.class'), outside(at('execution'), { class: 'big' })],
    [field('execution.threads'), outside(at('execution'), { threads: 7 })],
    [field('execution.micro_batch.update'), outside(at('execution'), { micro_batch: { update: 2 } })],
    [field('execution.micro_batch.experience'), outside(at('execution'), { micro_batch: { experience: 2 } })],
    [field('execution.gpu_memory_utilization'), outside(at('execution'), { gpu_memory_utilization: 0.5 })],
    [field('execution.tensor_parallel'), outside(at('execution'), { tensor_parallel: 2 })],
    [field('execution.offload.params'), outside(at('execution'), { offload: { params: true } })],
    [field('execution.offload.optimizer'), outside(at('execution'), { offload: { optimizer: true } })],
    [field('execution.gradient_checkpointing'), outside(at('execution'), { gradient_checkpointing: true })],
    [field('execution.dtype'), outside(at('execution'), { dtype: 'bf16' })],
    [field('execution.rollout_engine'), outside(at('execution'), { rollout_engine: 'vllm-colocate' })],
    [field('execution.native.*'), outside(at('execution'), { native: { 'trainer.val_freq': 5 } })],
    [field('execution.native.*[]'), outside(at('execution'), { native: { 'trainer.logger': ['file'] } })],
    [field('native.*[]'), inside(kind, at('native'), { 'x.y': [1, 2] })],
    [field('native.*'), inside(kind, at('native'), { 'algorithm.kl_penalty': 'kl' })],
    [field('checkpoints.save_every_steps'), outside(at('checkpoints'), { save_every_steps: 3 })],
    [field('checkpoints.keep'), outside(at('checkpoints'), { keep: 9 })],
    gate(evaluation, 'on', 'approval', [gone('data'), gone('min')]),
    gate(evaluation, 'data', 'first', [[['evaluation', 'data', 0], 'first']]),
    gate(evaluation, 'capability', 'textual_reasoning'),
    gate(evaluation, 'kind', 'at'),
    gate(evaluation, 'metric', 'format'),
    gate(evaluation, 'min', 0.9),
    gate(evaluation, 'max', 0.9),
    gate(evaluation, 'on_failure', 'stop'),
    gate(trained, 'on', 'approval', [gone('metric'), gone('min')]),
    gate(trained, 'metric', 'grad_norm'),
    gate(trained, 'last_steps', 3),
    gate(trained, 'min', 0.2),
    gate(trained, 'max', 0.9),
    gate(trained, 'on_failure', 'warn'),
    gate(approval, 'on', 'training', [
      [at('gates', 0, 'metric'), 'loss'],
      [at('gates', 0, 'max'), 1],
    ]),
    gate(approval, 'question', 'Really?'),
    training('steps', 11),
    training('learning_rate', 0.002),
    training('warmup_steps', 3),
    training('schedule.kind', 'cosine'),
    training('schedule.final', 0.3),
    training('weight_decay', 0.5),
    training('adam_beta1', 0.8),
    training('adam_beta2', 0.95),
    training('max_grad_norm', 2),
    training('freeze_vision', true),
    training('vision_learning_rate_factor', 3),
    training('batch_size', 16),
    training('max_prompt_tokens', 2048),
    training('max_response_tokens', 2048),
    training('min_pixels', 4096),
    training('max_pixels', 500_000),
    ...(kind === 'sft'
      ? []
      : [
          [field('verifier'), inside(kind, at('verifier'), 'math')] satisfies [string, Side],
          training('rollouts', 4),
          training('temperature', 0.7),
          training('clip_low', 0.1),
          training('clip_high', 0.3),
          training('kl_coefficient', 0.02),
          training('updates_per_batch', 1),
          training('format_weight', 0.2),
        ]),
  ]);
};

const data = (name: string, to: unknown): [string, Side] => [
  `data.*.digits.${name.replace('distinct.at', 'distinct.*').replace('mix.at', 'mix.*')}`,
  inside('rlvr', ['data', 'second', ...name.split('.')], to),
];

const SAMPLED = {
  'sampling.temperature': [0.1],
  'sampling.top_p': [0.5],
  'sampling.max_tokens': [9],
  seed: [9],
  max_unknown: [0.5, 'outside'],
} as const;

/** Fields of a derived set that stage `derived` trains on, each with what it becomes. */
const derivedFields = (
  set: string,
  kind: string,
  fields: Record<string, readonly [to: unknown, side?: 'outside']>,
): Record<string, Side> =>
  Object.fromEntries(
    Object.entries(fields).map(([name, [to, side]]): [string, Side] => {
      const at = name === 'generator' ? ['data', set] : ['data', set, ...name.replace('[]', '').split('.')];
      return [`data.*.${kind}.${name}`, side === 'outside' ? outside(at, to) : inside('derived', at, to)];
    }),
  );

const SIDES: Record<string, Side> = {
  name: outside(['name'], 'renamed'),
  description: outside(['description'], 'words'),
  seed: inside('sft', ['seed'], 2),
  model: inside('sft', ['model'], 'demo'),
  trainer: inside('sft', ['trainer'], 'other'),
  verifier: inside('rlvr', ['verifier'], 'math'),
  ...Object.fromEntries([
    data('split', 'heldout'),
    data('count', 65),
    data('scenes', 33),
    data('mix.at', 2),
    data('distinct.at', 9),
    data('images', 51),
    data('label_noise', 0.1),
    data('camera_noise', 0.05),
    data('seed', 3),
  ]),
  'data.*.digits.generator': inside('rlvr', ['data', 'second'], { generator: 'folder', path: 'other' }),
  'data.*.folder.generator': inside('own', ['data', 'mine'], digits),
  // The path is a place; what counts is the content, which `facts.folders` holds.
  'data.*.folder.path': outside(['data', 'mine', 'path'], 'moved'),
  'data.*.captions.generator': inside('derived', ['data', 'captions'], digits),
  'data.*.captions.path': outside(['data', 'captions', 'path'], 'elsewhere'),
  ...derivedFields('asked', 'synthesis', {
    generator: [{ generator: 'difficulty', of: 'captions', by: 'embedded' }],
    captions: ['one'],
    by: ['words'],
    repair: [2],
    capability: ['another'],
    kind: ['another'],
    ...SAMPLED,
  }),
  ...derivedFields('unseen', 'filter', {
    generator: [{ generator: 'difficulty', of: 'asked', by: 'embedded' }],
    of: ['captions'],
    'image_only[]': [['embedded', 'writer']],
    'caption_only[]': [['writer']],
    mode: ['paper'],
    ...SAMPLED,
  }),
  ...derivedFields('scored', 'difficulty', {
    generator: [{ generator: 'filter', of: 'unseen', image_only: ['writer'], caption_only: ['writer'] }],
    of: ['asked'],
    by: ['writer'],
    samples: [4],
    saturated: [null],
    hopeless: [0],
    ...SAMPLED,
  }),
  ...derivedFields('clean', 'overlap', {
    generator: [{ generator: 'difficulty', of: 'scored', by: 'writer' }],
    of: ['unseen'],
    'benchmarks[]': [['heldout', 'one']],
    drop: [false],
  }),
  'generators.*.onnx.kind': inside('derived', ['generators', 'embedded'], {
    kind: 'openai',
    model: 'e',
    revision: '1',
  }),
  'generators.*.onnx.stage': inside('derived', ['generators', 'embedded', 'stage'], 'rlvr'),
  'generators.*.openai.kind': inside('derived', ['generators', 'writer'], { kind: 'template' }),
  'generators.*.openai.model': inside('derived', ['generators', 'writer', 'model'], 'v'),
  'generators.*.openai.revision': inside('derived', ['generators', 'writer', 'revision'], '2'),
  // Who starts the server does not change what it answers.
  'generators.*.served.kind': outside(['generators', 'started', 'kind'], 'openai'),
  'generators.*.served.model': inside('derived', ['generators', 'started', 'model'], 'v'),
  'generators.*.served.revision': inside('derived', ['generators', 'started', 'revision'], '2'),
  'generators.*.template.kind': inside(
    'derived',
    ['generators', 'words'],
    { kind: 'openai', model: 'x', revision: '1' },
    [[['data', 'asked', 'by'], 'words']],
  ),
  'data.*.union.generator': inside('united', ['data', 'both'], digits),
  'data.*.union.of[]': inside('united', ['data', 'both', 'of'], ['two', 'one']),
  // Folded into the stages before keys are made: there they have the side of the setting that they give.
  'defaults.sft.*': inside('sft', ['defaults'], { sft: { training: { weight_decay: 0.1 } } }),
  'defaults.rlvr.*': inside('rlvr', ['defaults'], { rlvr: { training: { weight_decay: 0.1 } } }),
  ...stageFields('sft', 0),
  ...stageFields('rlvr', 1),
  // Position is no part of a key, the stage before is: what is left out alters those after it.
  'curriculum[]': {
    alters: ['united', 'own', 'derived'],
    at: ['curriculum'],
    to: ['sft', 'united', 'own', 'derived'],
  },
  'evaluation.data[]': outside(['evaluation', 'data'], ['heldout', 'one']),
  'evaluation.after': outside(['evaluation', 'after'], 'last'),
  // An evaluation has a key of its own.
  'evaluation.verifier': outside(['evaluation', 'verifier'], 'math'),
  'evaluation.shard_rows': outside(['evaluation', 'shard_rows'], 100),
  'prices.currency': outside(['prices', 'currency'], 'USD'),
  'prices.device_hour': outside(['prices', 'device_hour'], 2),
  // Of a variant that was not asked for.
  'variants.*.description': outside(['variants', 'unused', 'description'], 'words'),
  'variants.*.seed': outside(['variants', 'unused', 'seed'], 9),
  'variants.*.model': outside(['variants', 'unused', 'model'], 'demo'),
  'variants.*.trainer': outside(['variants', 'unused', 'trainer'], 'other'),
  'variants.*.curriculum[]': outside(['variants', 'unused', 'curriculum'], ['sft']),
  'variants.*.change.*.*': outside(['variants', 'unused', 'change'], { sft: { seed: 4 } }),
  'variants.*.defaults.*': outside(['variants', 'unused', 'defaults'], { sft: { seed: 4 } }),
  'variants.*.data.*': outside(['variants', 'unused', 'data'], { one: { count: 9 } }),
  'variants.*.evaluation.*': outside(['variants', 'unused', 'evaluation'], { after: 'last' }),
};

/** No part is shared with another, as in a file. */
function fresh(raw: Raw): Raw {
  return JSON.parse(JSON.stringify(raw)) as Raw;
}

function put(raw: Raw, [head = '', ...rest]: At, to: unknown): void {
  const inner = raw as Record<string | number, unknown>;
  if (rest.length > 0) put((inner[head] ??= {}) as Raw, rest, to);
  else if (to === undefined) delete inner[head];
  else inner[head] = JSON.parse(JSON.stringify(to));
}

function keysOf(raw: Raw): Map<string, string> {
  const plan = planRecipe(recipeSchema.parse(resolveVariant(raw)), facts);
  return new Map(plan.stages.map((stage) => [stage.name, stage.key]));
}

function altered({ at, to, also = [] }: Side): string[] {
  const raw = fresh(base);
  // Changes that others need come first: a whole gate before a field of it.
  for (const [where, what] of also) put(raw, where, what);
  put(raw, at, to);
  const [before, after] = [[...keysOf(fresh(base))], keysOf(raw)];
  return before.flatMap(([name, key], i) => {
    // A renamed stage is found by its place.
    const now = after.get(name) ?? (after.size === before.length ? [...after.values()][i] : undefined);
    return now === undefined || now === key ? [] : [name];
  });
}

it('every field of the schema has a side', () => {
  expect(Object.keys(SIDES).sort()).toEqual([...new Set(fieldsOf(recipeSchema))].sort());
});

describe('a field inside alters the key of its stage and of what follows', () => {
  test.each(Object.entries(SIDES).filter(([, side]) => side.alters.length > 0))('%s', (_, side) => {
    expect(altered(side)).toEqual(side.alters);
  });
});

describe('a field outside alters no key', () => {
  test.each(Object.entries(SIDES).filter(([, side]) => side.alters.length === 0))('%s', (_, side) => {
    expect(altered(side)).toEqual([]);
  });
});

it('other content of one’s own rows alters the stage that trains on them', () => {
  const side: Side = { alters: ['own', 'derived'], at: ['data', 'mine', 'path'], to: 'other' };
  expect(altered(side)).toEqual(side.alters);
});
