/** The runner's judgements, without processes: the resume guard and what an exit means. */
import { describe, expect, it } from 'vitest';
import { endedEarly, failureOf } from '../../runner/exit-verdict.js';
import { createStepGuard } from '../../runner/step-guard.js';

describe('the resume guard', () => {
  it('wants the step after the manifest, or 1 from the start', () => {
    const scratch = createStepGuard(null, 20);
    scratch.see(1, 0);
    expect(scratch.lastStep()).toBe(1);
    const resumed = createStepGuard(10, 20);
    expect(resumed.lastStep()).toBe(10);
    resumed.see(11, 0);
    resumed.see(12, 500);
    expect(resumed.stepsPerSecond()).toBe(2);
  });
  it('measures no rate within lines that were read at once', () => {
    const guard = createStepGuard(null, 100);
    for (let step = 1; step <= 40; step += 1) guard.see(step, step / 100);
    expect(guard.stepsPerSecond()).toBeNull();
    for (let step = 41; step <= 80; step += 1) guard.see(step, 1000 + step / 100);
    expect(guard.stepsPerSecond()).toBeCloseTo(40, 0);
  });
  it.each([
    [null, 2],
    [10, 1],
    [10, 10],
    [10, 12],
  ])('from %s, step %s first is a wrong resume', (from, first) => {
    expect(() => createStepGuard(from, 20).see(first, 0)).toThrow(
      expect.objectContaining({ type: 'ResumeNotHonoured', details: { expected: (from ?? 0) + 1, found: first } }),
    );
  });
  it('allows no step after a manifest at the planned one', () => {
    const guard = createStepGuard(20, 20);
    expect(guard.lastStep()).toBe(20);
    expect(() => guard.see(21, 0)).toThrow(expect.objectContaining({ type: 'ResumeNotHonoured' }));
  });
  it('admits a checkpoint only of a step that was seen', () => {
    const guard = createStepGuard(10, 20);
    expect(guard.admits(20)).toBe(false);
    expect(guard.admits(10)).toBe(true);
    for (const step of [11, 12]) guard.see(step, step);
    expect([12, 13].map((step) => guard.admits(step))).toEqual([true, false]);
  });
});

describe('an exit', () => {
  const exit = (code: number | null, signal: string | null = null) => ({ code, signal, error: null });
  it('takes the failure type of the last JSON line, if it is one of ours', () => {
    const line = JSON.stringify({ type: 'DataInvalid', message: 'rows.jsonl:3', details: {} });
    expect(failureOf('the trainer', exit(2), `noise\n${line}\n`)).toMatchObject({
      type: 'DataInvalid',
      message: 'rows.jsonl:3',
    });
    expect(failureOf('the trainer', exit(2), '{"type":"Surprise","message":"m"}\n')).toMatchObject({
      type: 'TrainerExited',
    });
  });
  it('is told by code or signal otherwise, with the last lines but never more than 2 kB', () => {
    expect(failureOf('the trainer', exit(null, 'SIGSEGV'), '').message).toBe('the trainer was ended by SIGSEGV');
    const { message } = failureOf('the trainer', exit(1), `${'x'.repeat(10_000)}END`);
    expect(message.length).toBeLessThan(2_000);
    expect(message).toContain('END');
    expect(endedEarly(7, 20, '').message).toBe('the trainer ended without error after step 7 of 20');
  });
});
