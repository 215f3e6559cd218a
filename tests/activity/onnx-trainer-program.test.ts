/** The trainer as a program: exit codes, stops, kills, full disks, damaged files. Needs the compiled dist/. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { OnnxJob } from '../../core/onnx-job.js';
import {
  filesOf,
  makeData,
  makeJob,
  readMetrics,
  resumeFrom,
  runTrainer,
  sha256,
  temporaryFolder,
  type Data,
  type JobSettings,
} from './onnx-trainer-support.js';

const folder = temporaryFolder();
let data: Data;
let whole: string;
let runs = 0;
const freshOut = (): string => join(folder, `run-${runs++}`);
const jobFor = (out: string, settings: JobSettings = { sft: {} }): OnnxJob => makeJob(out, data, settings);

beforeAll(async () => {
  data = await makeData(join(folder, 'data'));
  whole = freshOut();
  expect((await runTrainer('train', jobFor(whole))).code).toBe(0);
});
afterAll(() => rmSync(folder, { recursive: true }));

const checkpoint = (out: string, step: number) => filesOf(join(out, 'checkpoints', `step-${step}`));
const listCheckpoints = (out: string): string[] => readdirSync(join(out, 'checkpoints')).sort();

test('a run leaves a metrics line a step, its checkpoints and nothing else', () => {
  expect(readMetrics(jobFor(whole)).map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6]);
  expect(listCheckpoints(whole)).toEqual(['step-2', 'step-4', 'step-6']);
  const listing = JSON.parse(readFileSync(join(whole, 'checkpoints/step-4/checkpoint.json'), 'utf8')) as object;
  expect(listing).toMatchObject({ step: 4, seed: 1001, data_position: { rows: 64, pass: 1 } });
  expect(listing).toHaveProperty(
    'files',
    checkpoint(whole, 4)
      .filter(({ path }) => path !== 'checkpoint.json')
      .toSorted((a, b) => (a.path < b.path ? 1 : -1)),
  );
});

describe('bad jobs end with code 2 and say what is wrong', () => {
  const cases: [string, (job: OnnxJob) => unknown, string, RegExp][] = [
    ['unknown key', (job) => ({ ...job, sead: 1 }), 'RecipeInvalid', /job\.json.*sead/],
    [
      'wrong type, by its path',
      (job) => ({ ...job, objective: { ...job.objective, training: { ...job.objective.training, steps: 'six' } } }),
      'RecipeInvalid',
      /objective\.training\.steps/,
    ],
    [
      'another model.json',
      (job) => ({ ...job, model: { ...job.model, sha256: '0'.repeat(64) } }),
      'DigestMismatch',
      /model\.json/,
    ],
    [
      'other rows',
      (job) => ({ ...job, data: { ...job.data, rows_sha256: '0'.repeat(64) } }),
      'DigestMismatch',
      /rows\.jsonl/,
    ],
    [
      'order without pass rates',
      (job) => ({ ...job, data: { ...job.data, order: 'easy_to_hard' } }),
      'DataInvalid',
      /pass_rate/,
    ],
    ['no JSON', () => '{', 'RecipeInvalid', /job\.json/],
  ];
  test.each(cases)('%s', async (_, change, type, message) => {
    const out = freshOut();
    mkdirSync(out);
    const changed = change(jobFor(out));
    const file = join(out, 'job.json');
    writeFileSync(file, typeof changed === 'string' ? changed : JSON.stringify(changed));
    const { code, error } = await runTrainer('train', file);
    expect([code, error?.type]).toEqual([2, type]);
    expect(error?.message).toMatch(message);
    expect(existsSync(join(out, 'metrics.jsonl'))).toBe(false);
  });

  test('other initial weights: retried, since the parent’s export is verified and repaired before the next attempt', async () => {
    const out = freshOut();
    const init = {
      kind: 'weights',
      file: join(whole, 'checkpoints/step-6/weights.safetensors'),
      sha256: '0'.repeat(64),
    };
    const job = { ...jobFor(out, { sft: { steps: 2 } }), init };
    const { code, error } = await runTrainer('train', job as OnnxJob);
    expect([code, error?.type]).toEqual([1, 'TrainerExited']);
    expect(error?.message).toMatch(/initial weights.*step-6\/weights\.safetensors/);
    expect(existsSync(join(out, 'metrics.jsonl'))).toBe(false);
  });

  test('a bad row anywhere, before any training', async () => {
    const bad = join(folder, 'bad-data');
    await makeData(bad);
    const file = join(bad, 'rows.jsonl');
    writeFileSync(file, readFileSync(file, 'utf8').replace(/"sum /g, '"add '));
    const out = freshOut();
    const { code, error } = await runTrainer(
      'train',
      makeJob(out, { folder: bad, rows_sha256: sha256(file) }, { sft: {} }),
    );
    expect([code, error?.type]).toEqual([2, 'DataInvalid']);
    expect(error?.message).toMatch(/rows\.jsonl:\d+: unknown word "add"/);
    expect(existsSync(out)).toBe(false);
  });
});

describe('stop and kill', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)(
    '%s saves after the current step; the rest ends with the same bytes',
    async (signal) => {
      const settings: JobSettings = { sft: { steps: 150, batch_size: 64 }, more: { save_every_steps: 1000 } };
      const [out, all] = [freshOut(), freshOut()];
      const job = jobFor(out, settings);
      let child = 0;
      const running = runTrainer('train', job, {}, (pid) => (child = pid));
      while (!existsSync(job.output.metrics) || readFileSync(job.output.metrics).length === 0) await sleep(5);
      process.kill(child, signal);
      expect(await running).toMatchObject({ code: 143, error: undefined });
      const step = readMetrics(job).at(-1)?.step ?? NaN;
      expect(step).toBeLessThan(150);
      expect(listCheckpoints(out)).toEqual([`step-${step}`]);

      const rest = jobFor(out, { ...settings, more: { save_every_steps: 1000, resume: resumeFrom(out, step) } });
      expect((await runTrainer('train', rest)).code).toBe(0);
      expect((await runTrainer('train', jobFor(all, settings))).code).toBe(0);
      expect(checkpoint(out, 150)).toEqual(checkpoint(all, 150));
      expect(readMetrics(job).map((line) => line.step)).toEqual(Array.from({ length: 150 }, (_, i) => i + 1));
    },
  );

  test.each([
    ['step:3', ['step-2'], 2],
    ['save-begin:2', ['step-2'], 4],
    ['save-mid:2', ['step-2'], 4],
    ['save-before-rename:2', ['step-2'], 4],
    ['save-after-rename:2', ['step-2', 'step-4'], 4],
  ])('killed at %s, no half checkpoint has a checkpoint’s name', async (point, kept, lines) => {
    const out = freshOut();
    const job = jobFor(out);
    expect(await runTrainer('train', job, { STAGEWRIGHT_FAIL_POINT: point })).toMatchObject({ signal: 'SIGKILL' });
    expect(listCheckpoints(out).filter((name) => !name.startsWith('.partial-'))).toEqual(kept);
    for (const name of kept)
      expect(checkpoint(out, Number(name.slice(5)))).toEqual(checkpoint(whole, Number(name.slice(5))));
    expect(readMetrics(job).length).toBe(lines);
    // Resumed from the newest whole one, in the same folders, over what the kill left.
    const resume = resumeFrom(out, Number(kept.at(-1)?.slice(5)));
    expect((await runTrainer('train', jobFor(out, { sft: {}, more: { resume } }))).code).toBe(0);
    expect(checkpoint(out, 6)).toEqual(checkpoint(whole, 6));
  });

  test('a metrics line cut short by a kill is dropped, not continued', async () => {
    const out = freshOut();
    mkdirSync(out);
    const job = jobFor(out, { sft: {}, more: { resume: resumeFrom(whole, 4) } });
    writeFileSync(
      job.output.metrics,
      `${readFileSync(join(whole, 'metrics.jsonl'), 'utf8').split('\n').slice(0, 4).join('\n')}\n{"objec`,
    );
    expect((await runTrainer('train', job)).code).toBe(0);
    expect(readMetrics(job).map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test('negative control: with resume switched off it silently starts from step 1', async () => {
    const job = jobFor(freshOut(), { sft: {}, more: { resume: resumeFrom(whole, 4) } });
    expect((await runTrainer('train', job, { STAGEWRIGHT_TEST_IGNORE_RESUME: '1' })).code).toBe(0);
    expect(readMetrics(job)[0]?.step).toBe(1);
  });
});

describe('damage', () => {
  const damages: [string, string, (file: string) => void][] = [
    ['truncated', 'weights.safetensors', (file) => truncateSync(file, 1000)],
    ['one bit flipped', 'adam.safetensors', flipBit],
    ['missing', 'checkpoint.json', (file) => rmSync(file)],
  ];
  test.each(damages)('a checkpoint file %s is refused by name: %s', async (_, name, damage) => {
    const source = freshOut();
    expect((await runTrainer('train', jobFor(source))).code).toBe(0);
    const resume = resumeFrom(source, 6);
    damage(join(resume.folder, name));
    const out = freshOut();
    const earlier = { ...resume, files: resume.files };
    const trained = await runTrainer('train', jobFor(out, { sft: {}, more: { resume: earlier } }));
    expect([trained.code, trained.error?.type]).toEqual([1, 'TrainerExited']);
    expect(trained.error?.message).toContain(join(resume.folder, name));
    expect(existsSync(join(out, 'metrics.jsonl'))).toBe(false);
    const exported = await runTrainer('export', jobFor(out, { sft: {}, more: { resume: earlier } }));
    expect([exported.code, exported.error?.type]).toEqual([1, 'ExportCorrupt']);
    expect(exported.error?.message).toContain(join(resume.folder, name));
  });

  test('another checkpoint of the same step is not overwritten', async () => {
    const out = freshOut();
    expect((await runTrainer('train', jobFor(out, { sft: {}, more: { seed: 5 } }))).code).toBe(0);
    const before = checkpoint(out, 2);
    const { code, error } = await runTrainer('train', jobFor(out));
    expect([code, error?.type]).toEqual([1, 'Internal']);
    expect(error?.message).toMatch(/step-2/);
    expect(checkpoint(out, 2)).toEqual(before);
    expect(listCheckpoints(out)).toEqual(['step-2', 'step-4', 'step-6']);
  });
});

describe('export', () => {
  const exportFiles = (job: OnnxJob): unknown => filesOf(job.output.export);
  const exportJob = (out: string): OnnxJob => jobFor(out, { sft: {}, more: { resume: resumeFrom(whole, 6) } });

  test('gives weights that a next stage can start from, the same bytes each time, also over a damaged export', async () => {
    const job = exportJob(freshOut());
    expect((await runTrainer('export', job)).code).toBe(0);
    const first = exportFiles(job);
    const file = join(job.output.export, 'model.safetensors');
    expect(sha256(file)).toBe(sha256(join(whole, 'checkpoints/step-6/weights.safetensors')));
    flipBit(file);
    expect(exportFiles(job)).not.toEqual(first);
    expect((await runTrainer('export', job)).code).toBe(0);
    expect(exportFiles(job)).toEqual(first);
    expect(readdirSync(join(job.output.export, '..'))).toEqual(['export']);

    const next = jobFor(freshOut(), {
      rlvr: { steps: 1 },
      more: { init: { kind: 'weights', file, sha256: sha256(file) } },
    });
    expect((await runTrainer('train', next)).code).toBe(0);
  });

  test.each(['export-begin', 'export-mid'])('killed at %s there is no export; the next try makes it', async (point) => {
    const job = exportJob(freshOut());
    expect(await runTrainer('export', job, { STAGEWRIGHT_FAIL_POINT: `${point}:1` })).toMatchObject({
      signal: 'SIGKILL',
    });
    expect(existsSync(job.output.export)).toBe(false);
    expect((await runTrainer('export', job)).code).toBe(0);
  });

  test('without a checkpoint it says so', async () => {
    const { code, error } = await runTrainer('export', jobFor(freshOut()));
    expect([code, error?.message]).toEqual([2, expect.stringMatching(/resume/)]);
  });
});

describe('full disk', () => {
  test('a checkpoint that does not fit leaves the older ones whole and no part of itself', async (context) => {
    const out = freshOut();
    mkdirSync(join(out, 'checkpoints'), { recursive: true });
    const mount = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=240k', 'tmpfs', join(out, 'checkpoints')]);
    if (mount.status !== 0) return context.skip('a tmpfs cannot be mounted here');
    try {
      const { code, error } = await runTrainer('train', jobFor(out));
      expect([code, error?.type]).toEqual([3, 'DiskFull']);
      expect(error?.message).toMatch(/checkpoints/);
      expect(listCheckpoints(out)).toEqual(['step-2', 'step-4']);
      expect(checkpoint(out, 4)).toEqual(checkpoint(whole, 4));
    } finally {
      spawnSync('umount', [join(out, 'checkpoints')]);
    }
  });

  test('metrics that cannot be written end the run before a checkpoint claims the step', async () => {
    const out = freshOut();
    const job = jobFor(out);
    const { code, error } = await runTrainer('train', { ...job, output: { ...job.output, metrics: '/dev/full' } });
    expect([code, error?.type]).toEqual([3, 'DiskFull']);
    expect(existsSync(join(out, 'checkpoints'))).toBe(false);
  });
});

function flipBit(file: string): void {
  const bytes = readFileSync(file);
  const at = bytes.length - 20;
  bytes[at] = (bytes[at] ?? 0) ^ 4;
  writeFileSync(file, bytes);
}
