/** From a command line to what an update is given: forms, and what never leaves this process. */
import { describe, expect, it } from 'vitest';
import { exitCodeOf } from '../../cli/exit.js';
import { controlOf, parseSettings } from '../../cli/update-arguments.js';
import type { CurriculumUpdate } from '../../core/control.js';
import type { Options } from '../../cli/commands.js';
import { TOKENS } from '../support/tokens.js';

const by = { actor: 'ann', reason: 'dinner' };

describe('what an update is given', () => {
  it.each<[CurriculumUpdate, Options, object]>([
    ['pause', {}, {}],
    ['approve', {}, {}],
    ['skip', { step: '40' }, { step: 40 }],
    ['skip', { step: '0' }, { step: 0 }],
    ['retry', { set: ['execution.threads=1'], restart: true }, { set: { 'execution.threads': 1 }, restart: true }],
    ['retry', { set: [] }, {}],
    [
      'amend',
      { set: ['training.learning_rate=2e-4', 'order=file'], stage: 'see', from: '20', weightsOnly: true },
      { set: { 'training.learning_rate': 0.0002, order: 'file' }, stage: 'see', from: 20, weights_only: true },
    ],
  ])('%s %j', (update, options, args) => {
    expect(controlOf(update, { ...by, ...options })).toEqual({ update, args: { ...by, ...args } });
  });

  it('a user without a name is somebody', () => {
    expect(controlOf('pause', {}).args.actor).not.toBe('');
  });
});

describe('values of --set are YAML', () => {
  it.each([
    ['a=3', 3],
    ['a=0.1', 0.1],
    ['a=true', true],
    ['a=cosine', 'cosine'],
    ['a="3"', '3'],
    ['a=x=y', 'x=y'],
    ['a={ kind: cosine, final: 0.1 }', { kind: 'cosine', final: 0.1 }],
    ['a=[1, 2]', [1, 2]],
  ])('%s', (given, value) => {
    expect(parseSettings([given])).toEqual({ a: value });
  });
});

describe('wrong usage costs nothing but a message', () => {
  it.each<[CurriculumUpdate, Options, RegExp]>([
    ['amend', { set: ['learning_rate'] }, /^--set must be key=value, e\.g\./u],
    ['amend', { set: ['=1'] }, /^--set must be key=value/u],
    ['amend', { set: ['a=1', 'a=2'] }, /^--set a is given twice$/u],
    ['amend', { set: ['a='] }, /^--set a has no value$/u],
    ['amend', { set: ['a={ b'] }, /^--set a: its value is no YAML/u],
    ['amend', { set: ['a=.nan'] }, /^--set a: its value must be a number/u],
    ['amend', {}, /^amend needs --set key=value, or --from STEP/u],
    ['amend', { set: ['a=1'], from: '-3' }, /^--from must be a step, a whole number from 0, not "-3"$/u],
    ['skip', { step: 'last' }, /^--step must be a step/u],
    ['retry', { set: ['execution.treads=1'] }, /under execution: .*did you mean "execution\.threads"\?/u],
    ['retry', { set: ['training.steps=1'] }, /under execution: .*; amend changes others/u],
  ])('%s %j', (update, options, message) => {
    try {
      controlOf(update, options);
    } catch (error) {
      expect((error as Error).message).toMatch(message);
      expect(exitCodeOf(error)).toBe(2);
      return;
    }
    throw new Error('no error');
  });

  it.each(TOKENS)('a secret is refused and not repeated: $form', ({ text, secret }) => {
    for (const set of [`training.note=${text}`, `env.HF_TOKEN=${text}`, `training.note={ a: ${text}`])
      try {
        parseSettings([set]);
        throw new Error('no error');
      } catch (error) {
        expect((error as Error).message).toMatch(/looks like a secret/u);
        expect((error as Error).message).not.toContain(secret);
      }
  });
});
