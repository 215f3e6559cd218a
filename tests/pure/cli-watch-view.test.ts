/** What is seen on a terminal: on any width, with curves where there is room, and questions never cut. */
import pc from 'picocolors';
import { describe, expect, it } from 'vitest';
import { drawCurves } from '../../cli/watch/charts.js';
import { drawView, stageInView, type Seen } from '../../cli/watch/view.js';
import type { MetricsLine } from '../../core/metrics.js';
import {
  curriculumStatusSchema,
  stageStatusSchema,
  type CurriculumStatus,
  type StageStatus,
} from '../../core/states.js';

const PLAIN = pc.createColors(false);

const stage = (name: string, change: Partial<StageStatus> = {}): StageStatus =>
  stageStatusSchema.parse({
    name,
    key: name.charCodeAt(0).toString(16).padStart(64, 'a'),
    state: 'queued',
    reused: false,
    attempts: 0,
    host: null,
    epoch: null,
    step: null,
    planned_steps: 80,
    question: null,
    last_failure: null,
    ...change,
  });
const seen = (stages: StageStatus[], change: Partial<CurriculumStatus> = {}, more: Partial<Seen> = {}): Seen => ({
  snapshot: {
    status: curriculumStatusSchema.parse({
      recipe: 'r',
      plan_hash: 'b'.repeat(64),
      state: 'running',
      stages,
      evaluations: stages.map(({ name, key }) => ({ stage: name, data: 'held', key, state: 'queued' })),
      ...change,
    }),
    live: new Map(
      stages
        .filter(({ state }) => state === 'running')
        .map(({ key }) => [
          key,
          {
            progress: {
              phase: 'training',
              step: 40,
              planned_steps: 80,
              steps_per_second: 2,
              last_manifest: { epoch: 1, step: 20 },
              idle_seconds: 0,
            },
            activity: 'train',
            attempt: 1,
            trouble: null,
          },
        ]),
    ),
  },
  curves: null,
  silence: null,
  idleSeconds: 0,
  ...more,
});
const metrics = (count: number): MetricsLine[] =>
  Array.from({ length: count }, (_, i) => ({
    objective: 'rlvr',
    step: i + 1,
    loss: 0,
    grad_norm: 1,
    learning_rate: 0.001,
    tokens: 10,
    tokens_per_second: 10,
    seconds: 1,
    prompt_ids_sha256: 'c'.repeat(64),
    reward: i / count,
    accuracy: i / count,
    format: 1,
    mixed_groups: 0.5,
    kl: 0.001 * i,
    entropy: 2 - i / count,
    clip_fraction: 0,
    trace_length: 12 + (i % 3),
  }));
const WAITS = seen(
  [stage('base', { state: 'done' }), stage('see', { state: 'done' }), stage('think')],
  {
    state: 'waiting',
    gates: [{ stage: 'see', gate: 'accuracy on held', state: 'waiting', detail: 'accuracy on held is 0.1, below 0.2' }],
    question: {
      type: 'Gate',
      reason: 'accuracy on held is 0.1000 (n = 64), below the minimum 0.2',
      question: 'Go on all the same?',
      choices: ['approve', 'reject'],
    },
  },
  { curves: { stage: 'see', lines: metrics(400) } },
);

describe('the view', () => {
  it.each([20, 40, 60, 80, 120, 200])('is never wider than %i columns', (columns) => {
    const text = drawView(WAITS, { columns, rows: 60 }, PLAIN);
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(columns);
  });

  it.each([8, 15, 24, 60])('is never higher than %i rows, curves first to go', (rows) => {
    const lines = drawView(WAITS, { columns: 100, rows }, PLAIN).split('\n');
    if (rows > 8) expect(lines.length).toBeLessThan(rows);
    expect(lines.join('\n')).toContain('stagewright approve r');
  });

  it('says how each stage stands, with a bar where there is room', () => {
    const stages = [stage('base', { state: 'done' }), stage('see', { state: 'running' }), stage('think')];
    const wide = drawView(seen(stages), { columns: 100, rows: 40 }, PLAIN).split('\n');
    expect(wide[0]).toBe('r · running · 1 of 3 stages done');
    expect(wide[1]).toBe(`base  ${'█'.repeat(24)} done`);
    expect(wide).toContain(
      `see   ${'█'.repeat(12)}${'░'.repeat(12)} 40/80 steps · 2.0 steps/s · 20 s left · checkpoint at 20`,
    );
    expect(drawView(seen(stages), { columns: 60, rows: 40 }, PLAIN)).not.toContain('░');
  });

  it('never cuts a question or the commands that answer it', () => {
    const text = drawView(WAITS, { columns: 30, rows: 60 }, PLAIN).replace(/\s+/gu, ' ');
    expect(text).toContain('the run waits: accuracy on held is 0.1000 (n = 64), below the minimum 0.2');
    expect(text).toContain('stagewright reject r');
  });

  it('says that the server is away, and for how long', () => {
    const away = seen([stage('see', { state: 'running' })], {}, { silence: { who: 'server', seconds: 75 } });
    expect(drawView(away, { columns: 80, rows: 24 }, PLAIN)).toContain(
      'the Temporal server does not answer for 1 min 15 s; waiting',
    );
  });

  it('an amended stage stands below the one that it superseded, whose evaluations it does not repeat', () => {
    const control = 'ann: too fast';
    const text = drawView(
      seen([
        stage('see', { state: 'superseded', last_control: control }),
        stage('see', { state: 'done', key: 'd'.repeat(64) }),
      ]),
      { columns: 100, rows: 40 },
      PLAIN,
    );
    expect(text).toContain(`superseded by ${control}`);
    expect(text).toContain('1 of 1 stages done');
    expect(text.match(/evaluation on held/gu)).toHaveLength(2);
  });
});

describe('curves', () => {
  it('are those of the stage at work, else of the last that began', () => {
    const begun = stage('see', { attempts: 1 });
    expect(stageInView(seen([stage('base', { state: 'done' }), begun, stage('think')]).snapshot)).toEqual(begun);
    expect(stageInView(WAITS.snapshot)?.name).toBe('see');
    expect(stageInView(seen([stage('base')]).snapshot)).toBeUndefined();
  });

  it('show reward, accuracy, KL, entropy and trace length, the last value in each title', () => {
    const text = drawCurves(metrics(400), 100, 40).join('\n');
    for (const title of ['reward 0.998', 'accuracy 0.998', 'KL 0.399', 'entropy 1.002', 'trace length 12.0'])
      expect(text).toContain(title);
  });

  it.each([26, 50, 77, 130])('fit %i columns', (columns) => {
    const lines = drawCurves(metrics(1_000), columns, 60);
    expect(lines.length).toBeGreaterThan(5);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns);
  });

  it('stay away where there is no room or nothing to draw', () => {
    expect(drawCurves(metrics(400), 20, 40)).toEqual([]);
    expect(drawCurves(metrics(400), 100, 4)).toEqual([]);
    expect(drawCurves(metrics(1), 100, 40)).toEqual([]);
  });
});
