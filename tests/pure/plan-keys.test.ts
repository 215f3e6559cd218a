/** Keys: what enters them beside the recipe's fields (plan-fields.test.ts has those), and what must never change one. */
import { expect, test } from 'vitest';
import { canonicalJson } from '../../core/canonical-json.js';
import { withoutLaterDefaults } from '../../core/later-settings.js';
import { planRecipe, stageKeyMaterial, type Plan, type PlanFacts } from '../../core/plan.js';
import { recipeSchema, type Recipe } from '../../core/recipe.js';
import { planCommitted } from '../support/committed-recipes.js';

const facts: PlanFacts = {
  models: { tiny: 'a'.repeat(64), demo: 'b'.repeat(64) },
  trainers: { onnx: { version: '1' } },
  digits_sha256: 'c'.repeat(64),
  verifier: { name: 'digits', version: 1 },
  folders: {},
};

function recipe(): Recipe {
  const data = (split: string): object => ({ generator: 'digits', split, count: 64, mix: { at: 1 } });
  const stage = (name: string, objective: string, from: string): object => ({
    name,
    capability: 'perception',
    objective,
    data: from,
    training: { steps: 10, learning_rate: 0.001 },
  });
  return recipeSchema.parse({
    name: 'keys',
    model: 'tiny',
    data: { base: data('base'), rl: data('rl'), heldout: data('heldout') },
    stages: [stage('one', 'sft', 'base'), stage('two', 'rlvr', 'rl'), stage('three', 'rlvr', 'rl')],
    evaluation: { data: ['heldout'] },
  });
}

const keysOf = (plan: Plan): string[] => plan.stages.map((stage) => stage.key);
type Change = (recipe: Recipe, facts: { -readonly [K in keyof PlanFacts]: PlanFacts[K] }) => void;

/** Which of the three stages have another key after the change. */
function changed(change: Change): boolean[] {
  const before = keysOf(planRecipe(recipe(), facts));
  const other = recipe();
  const otherFacts = structuredClone(facts);
  change(other, otherFacts);
  return keysOf(planRecipe(recipeSchema.parse(other), otherFacts)).map((key, i) => key !== before[i]);
}
const stageOf = (r: Recipe, i: number): Recipe['stages'][number] => r.stages[i] as Recipe['stages'][number];

const EVERYWHERE: Record<string, Change> = {
  'the recipe’s seed': (r) => void (r.seed = 2),
  'the model': (r) => void (r.model = 'demo'),
  'a graph’s sha256': (_, f) => void (f.models = { ...f.models, tiny: 'd'.repeat(64) }),
  'the trainer’s version': (_, f) => void (f.trainers = { onnx: { version: '2' } }),
  'the digits': (_, f) => void (f.digits_sha256 = 'e'.repeat(64)),
};
test.each(Object.entries(EVERYWHERE))('%s changes all', (_, change) => {
  expect(changed(change)).toEqual([true, true, true]);
});

test('the verifier’s version changes RLVR stages, and what follows them', () => {
  expect(changed((_, f) => void (f.verifier = { name: 'digits', version: 2 }))).toEqual([false, true, true]);
});

test('a verifier that the recipe or a stage names is in the keys of RLVR stages and of evaluations', () => {
  const verifiers = { digits: { version: 1 }, math: { version: 4 } };
  const planned = (change: Change): Plan => {
    const other = recipe();
    change(other, facts);
    return planRecipe(recipeSchema.parse(other), { ...facts, verifiers });
  };
  const math = { name: 'math', version: 4 };
  const plain = planned(() => undefined);
  const whole = planned((r) => void (r.verifier = 'math'));
  expect(whole.stages.map(({ verifier }) => verifier)).toEqual([null, math, math]);
  expect(whole.evaluations.map(({ verifier }) => verifier)).toEqual([math, math, math]);
  expect(whole.stages.map(({ key }, i) => key === plain.stages[i]?.key)).toEqual([true, false, false]);
  expect(whole.evaluations.map(({ key }, i) => key === plain.evaluations[i]?.key)).toEqual([false, false, false]);
  // The default by its name is the default.
  expect(planned((r) => void (r.verifier = 'digits')).hash).toBe(plain.hash);
  expect(() => planned((r) => void (r.verifier = 'maths'))).toThrow('unknown verifier "maths"; did you mean "math"?');
});

test('weights of another parent make another stage', () => {
  expect(changed((r) => void (stageOf(r, 2).from = 'one'))).toEqual([false, false, true]);
});

test('the same recipe and facts give the same bytes', () => {
  expect(canonicalJson(planRecipe(recipe(), facts))).toBe(canonicalJson(planRecipe(recipe(), facts)));
});

test('an unknown trainer and an unknown model are errors that name what is known', () => {
  const other = { ...recipe(), trainer: 'verl' };
  expect(() => planRecipe(other, facts)).toThrow('stage one: unknown trainer "verl"; known: onnx');
  expect(() => planRecipe({ ...recipe(), model: 'huge' }, facts)).toThrow('unknown model "huge"; known: tiny, demo');
});

test('defaults that are written out are the same stage as defaults left out', () => {
  const stage = { name: 'one', capability: 'base', objective: 'rlvr', data: 'rl' };
  const planned = (data: object, own: object): Plan =>
    planRecipe(
      recipeSchema.parse({ name: 'r', model: 'tiny', data: { rl: data }, stages: [{ ...stage, ...own }] }),
      facts,
    );
  const digits = { generator: 'digits', split: 'rl', count: 64, mix: { at: 1 } };
  const short = planned(digits, { training: { steps: 10, learning_rate: 0.001 } });
  const long = planned(
    { mix: { at: 1 }, camera_noise: 0.1, label_noise: 0, seed: 1, count: 64, split: 'rl', generator: 'digits' },
    {
      training: reversed(short.stages[0]?.objective.training ?? {}),
      seed: 1,
      from: 'scratch',
      order: 'shuffled',
      trainer: 'onnx',
    },
  );
  expect(keysOf(long)).toEqual(keysOf(short));
  expect(long.stages[0]?.data.key).toBe(short.stages[0]?.data.key);
});

test('a later setting is outside the key while it has its default, and inside with any other value', () => {
  const later = { dropout: 0, window: { from: 1, to: 2 } };
  const old = { steps: 10, learning_rate: 0.001 };
  expect(withoutLaterDefaults({ ...old, ...later }, later)).toEqual(old);
  expect(withoutLaterDefaults({ ...old, window: { to: 2, from: 1 } }, later)).toEqual(old);
  expect(withoutLaterDefaults({ ...old, dropout: 0.1 }, later)).toEqual({ ...old, dropout: 0.1 });
});

test('the key hashes these and nothing else', () => {
  const [stage] = planRecipe(recipe(), facts).stages;
  if (stage === undefined) throw new Error('no stage');
  expect(Object.keys(stageKeyMaterial(stage)).sort()).toEqual(
    ['key_schema', 'parent', 'model', 'data', 'order', 'objective', 'trainer', 'verifier', 'seed'].sort(),
  );
  expect(stageKeyMaterial({ ...stage, continues: { key: 'f'.repeat(64), step: 3 } })).toHaveProperty('continues');
});

/** Written down, so that a key that changes by accident is seen: all that was trained under it would be trained again. */
const GOLDEN: Record<string, Record<string, string>> = {
  campaign: {
    base: '3122dfa14d9dda0ef37850b3dd167ec4109f74728883e9baec47db55bcf593d1',
    perception: 'c5b91164730ed58720137c9ebae8bb7ee26f147cd83e40321a0ca62d3e21ebc9',
    visual: 'aaf43b192eaf2e6ae0f227ab6733d83e5019284be038e8332cc48c579036cc92',
  },
  'digits-merged': {
    base: '4e366d3a1cab891d9316f701f1fe1438fd4a384f03c8a7d289e996ed49a1cfef',
    merged: '608964ad66f2b5c431e4ff092e7348308e16b837903667d9941184f5a8ab6df6',
  },
  'digits-staged': {
    witness: 'daa1f61eca6d6f268ad051b0e98c19f72da147b03d916fafbb6dc232167249d4',
    base: '4e366d3a1cab891d9316f701f1fe1438fd4a384f03c8a7d289e996ed49a1cfef',
    perception: 'bb3299b3b6fe0d171be591d6cf6d651664141b3bff004b8c56f200b8283c3477',
    textual: 'fa0db11d7970d293d4af224c765bdc49324108fbc2c47299d437c11319dd133b',
    visual: '8402104d8512a2451fba32c3c0d2a3a145bd1729862c6d9468532666055eeba9',
  },
  'digits-staged.unfiltered': {
    base: '4e366d3a1cab891d9316f701f1fe1438fd4a384f03c8a7d289e996ed49a1cfef',
    perception: '88154698132de1ecf00c248d807b72cee8507551df8574d549bda9fcf239ae33',
    textual: '732f38f95c72fa769871fb91cac7b78963a83673f8d4424f870af8ea149ce7fa',
    visual: 'a823c87d4d1c6e3562dd4627f667e5d724c31d5f6fd863b8e21487ad4fefc46a',
  },
  'digits-staged.order-123': {
    witness: 'daa1f61eca6d6f268ad051b0e98c19f72da147b03d916fafbb6dc232167249d4',
    base: '4e366d3a1cab891d9316f701f1fe1438fd4a384f03c8a7d289e996ed49a1cfef',
    perception: 'bb3299b3b6fe0d171be591d6cf6d651664141b3bff004b8c56f200b8283c3477',
    textual: 'fa0db11d7970d293d4af224c765bdc49324108fbc2c47299d437c11319dd133b',
    visual: '8402104d8512a2451fba32c3c0d2a3a145bd1729862c6d9468532666055eeba9',
  },
  'digits-staged.order-213': {
    witness: 'daa1f61eca6d6f268ad051b0e98c19f72da147b03d916fafbb6dc232167249d4',
    base: '4e366d3a1cab891d9316f701f1fe1438fd4a384f03c8a7d289e996ed49a1cfef',
    textual: 'c20dd917bb9997d7802a8a7d4fd861c439c31d4d078a932c02be8de4e44c7ca5',
    perception: 'abefed13edeaa6890de06b376367c0f7968c24a5fbaea407a46dee30b4ea73f0',
    visual: 'cb34e7862821d000f2e8dc50dcde0f147b5f6abf00b543bc006f3e8f26041271',
  },
  'digits-staged.order-321': {
    witness: 'daa1f61eca6d6f268ad051b0e98c19f72da147b03d916fafbb6dc232167249d4',
    base: '4e366d3a1cab891d9316f701f1fe1438fd4a384f03c8a7d289e996ed49a1cfef',
    visual: '59b1ac2a244537ff4e3f1949ea0e61b792fac337db69903a6ce5249fa86e62e4',
    textual: '1ec9d2ff4406752433fb6a5a2797c8e35a62ffcecb673ed2fe8d9ec30a53db42',
    perception: '7902e4ce1b3185da928926bf9ee9d0403148478dbd7036e43b58a1bf013185fd',
  },
  'digits-staged.only-3': {
    base: '4e366d3a1cab891d9316f701f1fe1438fd4a384f03c8a7d289e996ed49a1cfef',
    visual: '330628b681438e8c04a6ecf0fad36982ba7d724ccc831a2eb0f16ea8305d40e8',
  },
  'digits-staged.only-13': {
    witness: 'daa1f61eca6d6f268ad051b0e98c19f72da147b03d916fafbb6dc232167249d4',
    base: '4e366d3a1cab891d9316f701f1fe1438fd4a384f03c8a7d289e996ed49a1cfef',
    perception: '2b40c50ab7cdc075acdad765e789849c6a713bbd1efbd299c4062d99ffa10c32',
    visual: '6fd15464a4b3c1f2cb24636e80d5f430cc9bea6f04279fcc60207231f4dd261e',
  },
  'digits-staged.only-23': {
    base: '4e366d3a1cab891d9316f701f1fe1438fd4a384f03c8a7d289e996ed49a1cfef',
    textual: '06be3e0c8e5ea7293f4209f1df47f22bf7c5ff04d4665eff9327e7c60d7a8c4a',
    visual: '6e8c63117b133040c8ccb9ac371e224630c0452b53ff648a69c81e1a04c90190',
  },
  'digits-staged.merged': {
    base: '4e366d3a1cab891d9316f701f1fe1438fd4a384f03c8a7d289e996ed49a1cfef',
    merged: '608964ad66f2b5c431e4ff092e7348308e16b837903667d9941184f5a8ab6df6',
  },
  'digits-staged.merged-frozen-vision': {
    base: '4e366d3a1cab891d9316f701f1fe1438fd4a384f03c8a7d289e996ed49a1cfef',
    merged: '14d427bd3f9437fd31bd1bed854931d342f1d704602398b5ab60c738168c63d1',
  },
  'digits-staged.sft-answers': {
    base: '4e366d3a1cab891d9316f701f1fe1438fd4a384f03c8a7d289e996ed49a1cfef',
    perception: 'b77b60eefcd92e33ac4bf821ef68a12822aa4418ec02870e638892fc21f6abda',
    textual: '74369b2871e8e478a9c102bce921b2f402cc8f4835b3b3677e1db5a5b8622683',
    visual: '169bf5202c42ff64162a91b7d340aa64e1e2183bf0b79d8c8d0eb80a1e6a4c21',
  },
  'digits-staged.sft-captions': {
    base: '4e366d3a1cab891d9316f701f1fe1438fd4a384f03c8a7d289e996ed49a1cfef',
    perception: 'c690089b7210cbbf3a3d5b14ab57b141267a83e4409ca213c5ed99ccf0a37209',
    textual: '6690bda2fc076031f26cffbd244d0da9d9d2e4c45598b3bd8c5d8f8ccc68feab',
    visual: 'db350dd31001820e88e141e03e99b613174c3792d221af27d46f2a823d11060a',
  },
  'digits-staged.grid-neither': {
    base: '4e366d3a1cab891d9316f701f1fe1438fd4a384f03c8a7d289e996ed49a1cfef',
    merged: 'f9fb8431301b5f9d6425b3acfe25e080f15d71974b18bc3f96002b1b0d9e252d',
  },
  'digits-staged.grid-difficulty': {
    base: '4e366d3a1cab891d9316f701f1fe1438fd4a384f03c8a7d289e996ed49a1cfef',
    merged: '96b0154187105aa02b744a13e154ab827c5ffcf6c87f9627b89ecc557d5b2c8e',
  },
  'digits-staged.grid-capability': {
    base: '4e366d3a1cab891d9316f701f1fe1438fd4a384f03c8a7d289e996ed49a1cfef',
    perception: '8bee64b3ae17b3bcccb55457838e017499de534e2ee6f1a43b6e300cec602b99',
    textual: '0cf78e030e0e7bf0c8755a41f8b4a40a7aedad67e83099bac1ae5a1627ce5719',
    visual: '510e01b43ed393436b82c3dccdd4cae5275d075a54704a7b48de185b60a3e5ea',
  },
  'digits-staged.grid-both': {
    base: '4e366d3a1cab891d9316f701f1fe1438fd4a384f03c8a7d289e996ed49a1cfef',
    perception: 'f694988a8e620b33263eefb9d9a32562f164d7c82ea6e0dd7c4dad2cc1bdbc52',
    textual: '71a8fde33ee4de8581c18910fedbac5b2e3218ad5a47ac9241faba075c86bd9a',
    visual: '97791ff861ad98a594c634196a96a9b9a3594da204563bb9f555e05f04a7fb0f',
  },
  'digits-visual-only': {
    base: '4e366d3a1cab891d9316f701f1fe1438fd4a384f03c8a7d289e996ed49a1cfef',
    visual: '330628b681438e8c04a6ecf0fad36982ba7d724ccc831a2eb0f16ea8305d40e8',
  },
};
test.each(Object.entries(GOLDEN))('the keys of %s are what they were', async (name, keys) => {
  const { stages } = await planCommitted(name);
  expect(Object.fromEntries(stages.map((stage) => [stage.name, stage.key]))).toEqual(keys);
});

function reversed(object: object): object {
  return Object.fromEntries(Object.entries(object).reverse());
}
