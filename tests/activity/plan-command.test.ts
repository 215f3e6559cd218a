/** `plan` as a command, without a server: what it says, what it blocks, and that it changes nothing. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it, test } from 'vitest';
import { stringify } from 'yaml';
import { ROOT } from '../../cli/root.js';
import { planViewSchema, variantsViewSchema, type PlanView } from '../../core/plan-view.js';
import { runCli, temporaryFolder, type Ended } from '../support/cli.js';
import { planCommitted } from '../support/committed-recipes.js';

const folder = temporaryFolder();
const store = join(folder.path, 'store');
const STAGED = join(ROOT, 'configs', 'recipes', 'digits-staged.yaml');
const plan = (...args: string[]): Promise<Ended> =>
  runCli(['plan', ...args], { env: { STAGEWRIGHT_STORE: store, STAGEWRIGHT_HOME: folder.path } });
const viewOf = ({ stdout }: Ended): PlanView => planViewSchema.parse(JSON.parse(stdout));
afterAll(() => folder.remove());

/** A folder of one's own rows; each with what `more` says. */
function ownRows(name: string, more: readonly object[]): string {
  mkdirSync(join(folder.path, name), { recursive: true });
  const rows = more.map((own, i) => ({
    id: `row-${i}`,
    capability: 'textual_reasoning',
    kind: 'text_sum',
    problem: 'sum 1 2 3 4',
    images: [],
    answer: '10',
    ...own,
  }));
  writeFileSync(join(folder.path, name, 'rows.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  return name;
}

const digits = { generator: 'digits', split: 'rl', count: 8, mix: { at: 1 } };
const sft = {
  name: 'first',
  capability: 'base',
  objective: 'sft',
  data: 'rows',
  training: { steps: 4, learning_rate: 0.01 },
};
const rlvr = { ...sft, name: 'second', objective: 'rlvr' };
function recipe(name: string, parts: object): string {
  const file = join(folder.path, `${name}.yaml`);
  writeFileSync(file, stringify({ name, model: 'tiny', data: { rows: digits }, stages: [sft, rlvr], ...parts }));
  return file;
}

describe('the staged recipe', () => {
  it('is shown within 100 columns, paths apart, and no store is begun', async () => {
    const { code, stdout, stderr } = await plan(STAGED);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const wide = stdout
      .split('\n')
      .filter((line) => line.length > 100 && !line.includes(folder.path) && !line.includes(ROOT));
    expect(wide).toEqual([]);
    for (const words of ['perception', 'to train', '2,010 steps', 'train-job.json', 'at least 0.85, else ask'])
      expect(stdout).toContain(words);
    expect(existsSync(store)).toBe(false);
  });

  it('has the keys, commands and trainer settings in its JSON', async () => {
    const view = viewOf(await plan(STAGED, '--json'));
    const planned = await planCommitted('digits-staged');
    expect(view.stages.map(({ name, key }) => [name, key])).toEqual(planned.stages.map(({ name, key }) => [name, key]));
    expect(view.plan_hash).toBe(planned.hash);
    const perception = view.stages.find(({ name }) => name === 'perception');
    expect(perception).toMatchObject({
      command: {
        argv: [
          process.execPath,
          join(ROOT, 'dist', 'trainers', 'onnx', 'main.js'),
          'train',
          expect.any(String) as string,
        ],
        cwd: expect.stringContaining('<run>') as string,
      },
      overrides: {
        'objective.training.steps': '80',
        'objective.training.rollouts': '8',
        'data.order': 'easy_to_hard',
        'output.checkpoints': expect.stringContaining('/epochs/<epoch>/checkpoints') as string,
      },
      blocked: null,
      shared_with: ['digits-staged.order-123'],
      data: { name: 'perception' },
    });
    // Named by what only a run knows, never by a digest that is not one.
    expect(JSON.stringify(view)).not.toContain('0'.repeat(64));
  });

  it('--all-variants counts a stage once; every variant can run', async () => {
    const views = variantsViewSchema.parse(JSON.parse((await plan(STAGED, '--all-variants', '--json')).stdout));
    expect(views.plans.filter(({ blocked }) => blocked !== null)).toEqual([]);
    const keys = new Set(views.plans.flatMap(({ stages }) => stages.map(({ key }) => key)));
    expect(views.distinct.stages).toBe(keys.size);
    const { stdout } = await plan(STAGED, '--all-variants');
    expect(stdout.split('\n').filter((line) => line.length > 100)).toEqual([]);
  });

  it('another seed is another plan', async () => {
    const [one, two] = [viewOf(await plan(STAGED, '--json')), viewOf(await plan(STAGED, '--json', '--set-seed', '2'))];
    expect(two.seed).toBe(2);
    expect(two.stages.filter(({ key }, i) => key === one.stages[i]?.key)).toEqual([]);
  });
});

it('--all-variants names what is blocked, with its reason', async () => {
  const file = recipe('ordered', {
    variants: {
      shuffled: { curriculum: ['first', 'second'] },
      hard: { defaults: { rlvr: { order: 'easy_to_hard' } } },
    },
  });
  const views = variantsViewSchema.parse(JSON.parse((await plan(file, '--all-variants', '--json')).stdout));
  expect(views.plans.filter(({ blocked }) => blocked !== null).map(({ variant }) => variant)).toEqual(['hard']);
  const { stdout } = await plan(file, '--all-variants');
  expect(stdout.replace(/\s+/gu, ' ')).toContain(
    'needs the pass_rate of every row, and none of the 8 rows of data set "rows" has one',
  );
});

const PARTS: Record<string, { parts: () => object; blocked: (string | null)[] }> = {
  'rows of which one lacks its pass rate': {
    parts: () => ({
      data: {
        rows: digits,
        own: { generator: 'folder', path: ownRows('half', [{ pass_rate: 0.5 }, {}, { pass_rate: 1 }]) },
      },
      stages: [sft, { ...rlvr, data: 'own', order: { by: 'easy_to_hard', bands: [0.5] } }],
    }),
    blocked: [
      null,
      'order easy_to_hard in 2 bands needs the pass_rate of every row, and not every row (1 of 3 lack it) of data set "own"',
    ],
  },
  'rows that all have one': {
    parts: () => ({
      data: {
        rows: digits,
        own: { generator: 'folder', path: ownRows('full', [{ pass_rate: 0.5 }, { pass_rate: 1 }]) },
      },
      stages: [sft, { ...rlvr, data: 'own', order: 'hard_to_easy' }],
    }),
    blocked: [null, null],
  },
  'SFT on rows without a response': {
    parts: () => ({ data: { rows: { generator: 'folder', path: ownRows('mute', [{}, {}]) } } }),
    blocked: [
      'trainer onnx cannot run it: SFT needs meta.response in every row; 2 of the 2 rows of data set "rows"',
      null,
    ],
  },
  'a trainer that is not installed': {
    parts: () => ({ stages: [{ ...sft, trainer: 'verl' }, rlvr] }),
    blocked: ['unknown trainer "verl"; known: onnx', null],
  },
  'a gate on a capability that the evaluated rows lack': {
    parts: () => ({
      data: { rows: digits, own: { generator: 'folder', path: ownRows('sums', [{}]) } },
      evaluation: { data: ['own'] },
      stages: [{ ...sft, gates: [{ on: 'evaluation', data: 'own', capability: 'perception', min: 0.5 }] }, rlvr],
    }),
    blocked: [
      'gate "accuracy of perception on own" cannot be measured: "own" has no rows of capability "perception"; it has textual_reasoning',
      null,
    ],
  },
};
test.each(Object.entries(PARTS))('%s', async (name, { parts, blocked }) => {
  const ended = await plan(recipe(name.replaceAll(' ', '-').toLowerCase(), parts()), '--json');
  expect({ code: ended.code, stderr: ended.stderr }).toEqual({ code: 0, stderr: '' });
  const { stages } = viewOf(ended);
  for (const [i, words] of blocked.entries())
    if (words === null) expect(stages[i]?.blocked).toBeNull();
    else expect(stages[i]?.blocked).toContain(words);
});

it('a trainer that is not installed leaves keys and hash unknown from its stage on', async () => {
  const view = viewOf(await plan(recipe('absent', { stages: [sft, { ...rlvr, trainer: 'verl' }] }), '--json'));
  expect(view.stages.map(({ key }) => key === null)).toEqual([false, true]);
  expect(view).toMatchObject({ plan_hash: null, workflow_id: null });
  expect(view.stages[1]).toMatchObject({ command: null, overrides: {} });
});

it('a plan with no disk ends with 1 and says what it needs, what there is and what to do; the plan is shown all the same', async () => {
  const much = { save_every_steps: 1, keep: 2_000_000_000 };
  const file = recipe('no-disk', {
    stages: [{ ...sft, checkpoints: much, training: { steps: 2_000_000_000, learning_rate: 0.01 } }, rlvr],
  });
  const { code, stdout, stderr } = await plan(file, '--json');
  expect(code).toBe(1);
  expect(viewOf({ code, stdout, stderr }).store.enough).toBe(false);
  expect(stderr).toMatch(
    /^stagewright: DiskFull: stage first is blocked: the disk of the store .* has [\d.]+ \w+ free where this stage starts; it needs [\d.]+ TB \(2000000001 checkpoints of [\d.]+ kB and [\d.]+ kB of weights\)\. Free space, keep fewer checkpoints/u,
  );
});

test.each([
  [['--variant', 'mergd'], 'has no variant "mergd"; did you mean "merged"?'],
  [['--variant', 'merged', '--all-variants'], '--variant and --all-variants exclude each other'],
  [['--set-seed', 'x'], '--set-seed must be a whole number'],
])('%s is refused', async (args, words) => {
  const { code, stdout, stderr } = await plan(STAGED, ...args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain(words);
});

it('reads no secret and prints none: a recipe that holds one is refused without repeating it', async () => {
  const token = `hf_${'a'.repeat(34)}`;
  const file = recipe('secret', { description: token });
  const { code, stdout, stderr } = await plan(file);
  expect(code).toBe(2);
  expect(stdout + stderr).not.toContain(token);
  expect(readFileSync(file, 'utf8')).toContain(token);
});
