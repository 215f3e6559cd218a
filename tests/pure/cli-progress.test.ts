/** What a watcher is told in words, and when. */
import { describe, expect, it } from 'vitest';
import { ProgressLines } from '../../cli/progress-lines.js';
import { duration, liveWords, questionText, rate } from '../../cli/progress-text.js';
import type { Live, Snapshot } from '../../client/snapshot.js';
import { dataStatusSchema, NOTHING_SPENT } from '../../core/data/work.js';
import type { StageStatus } from '../../core/states.js';

const stage: StageStatus = {
  name: 'perception',
  key: 'a'.repeat(64),
  state: 'running',
  reused: false,
  attempts: 1,
  host: null,
  epoch: null,
  step: null,
  planned_steps: 80,
  question: null,
  last_failure: null,
  last_control: null,
};
const live = (step: number): Live => ({
  progress: {
    phase: 'training',
    step,
    planned_steps: 80,
    steps_per_second: 2,
    last_manifest: { epoch: 1, step: 20 },
    idle_seconds: 0,
  },
  activity: 'train',
  attempt: 1,
  trouble: null,
});
const snapshot = (at: Live, change: Partial<StageStatus> = {}): Snapshot => ({
  status: {
    recipe: 'r',
    plan_hash: 'b'.repeat(64),
    state: 'running',
    stages: [{ ...stage, ...change }],
    evaluations: [],
    gates: [],
    question: null,
    last_control: null,
  },
  live: new Map([[stage.key, at]]),
});

describe('words', () => {
  it('durations and rates have units that fit', () => {
    expect([duration(8.4), duration(130), duration(3900)]).toEqual(['8 s', '2 min 10 s', '1 h 05 min']);
    expect([rate(2.5), rate(0.1)]).toEqual(['2.5 steps/s', '10.0 s/step']);
  });
  it('a running stage: steps, rate, time left, checkpoint', () => {
    expect(liveWords(stage, live(40))).toBe('40/80 steps · 2.0 steps/s · 20 s left · checkpoint at 20');
  });
  it('a stage without a trainer says what it waits for', () => {
    const making = (change: object): Live => ({
      ...{ progress: null, activity: null, attempt: 0, trouble: null },
      data: dataStatusSchema.parse({
        ...{ name: 'unseen', key: 'd', state: 'asking', phase: 'from the image alone by onnx@1', rows: 4096 },
        ...{
          rows_done: 1024,
          seconds: 4,
          spent: NOTHING_SPENT,
          question: null,
          last_failure: null,
          last_control: null,
        },
        ...change,
      }),
    });
    expect(liveWords(stage, making({}))).toBe(
      'data set unseen: from the image alone by onnx@1 · 1024/4096 rows · 256 rows/s · 12 s left',
    );
    expect(liveWords(stage, making({ spent: { ...NOTHING_SPENT, cost: 1.5 }, rows_done: 0 }))).toBe(
      'data set unseen: from the image alone by onnx@1 · 0/4096 rows · cost 1.50',
    );
    expect(liveWords(stage, making({ state: 'assembling' }))).toBe('data set unseen: putting it together');
    const waiting: Live = { progress: null, activity: 'acquireGpu', attempt: 7, trouble: 'no free CPU slot' };
    expect(liveWords(stage, waiting)).toBe('no free CPU slot');
  });
  it('a question names the commands that answer it', () => {
    const question = {
      type: 'DiskFull',
      reason: 'no space',
      question: 'Free space, then?',
      choices: ['retry', 'stop'] as ('retry' | 'stop')[],
    };
    const text = questionText('r', { ...stage, state: 'waiting', question });
    expect(text).toContain('  stagewright retry r\n  stagewright stop r');
    expect(text).toContain('no space');
  });
});

describe('lines', () => {
  it('one every few seconds, at once on a change of state, and a word on standstill', () => {
    const lines: string[] = [];
    let now = 0;
    const progress = new ProgressLines(
      (line) => lines.push(line),
      () => now,
    );
    progress.onSnapshot(snapshot(live(1)));
    expect(lines).toEqual(['perception: running']);
    now = 1_000;
    progress.onSnapshot(snapshot(live(2)));
    expect(lines).toHaveLength(1);
    now = 6_000;
    progress.onSnapshot(snapshot(live(12)));
    expect(lines.at(-1)).toMatch(/^perception: 12\/80 steps/u);
    now = 20_000;
    progress.onSnapshot(snapshot(live(12)));
    expect(lines.at(-1)).toMatch(/no progress for 14 s$/u);
    progress.onSnapshot(snapshot(live(80), { state: 'done' }));
    expect(lines.at(-1)).toBe('perception: done');
  });
  it('a silent server is told of now and then, not at every look', () => {
    const lines: string[] = [];
    const progress = new ProgressLines(
      (line) => lines.push(line),
      () => 0,
    );
    for (const seconds of [1, 4, 6, 7, 9, 12]) progress.onSilence('server', seconds);
    expect(lines).toEqual([
      'the Temporal server does not answer for 6 s; still trying',
      'the Temporal server does not answer for 12 s; still trying',
    ]);
  });
});
