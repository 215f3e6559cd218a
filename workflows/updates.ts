/**
 * How a workflow takes updates: shape, secrets and state are judged before anything enters history, and one update at a time is
 * carried out; what came meanwhile is judged by the state after it. What an update does is its owner's (stage-control.ts,
 * curriculum-control.ts).
 */
import {
  ApplicationFailure,
  CancellationScope,
  condition,
  currentUpdateInfo,
  setHandler,
  uuid4,
} from '@temporalio/workflow';
import type { UpdateDefinition } from '@temporalio/common';
import type { z } from 'zod';
import { StagewrightError, type FailureType } from '../core/failures.js';
import { findSecret } from '../core/secrets.js';
import { classify } from './failure.js';

export interface Lock {
  readonly busy: () => boolean;
  readonly hold: <T>(work: () => Promise<T>) => Promise<T>;
  /** Within `hold`: others may have it while `work` goes on; what they made of the state is to be looked at afterwards. */
  readonly aside: <T>(work: () => Promise<T>) => Promise<T>;
}

export function createLock(): Lock {
  let busy = false;
  const take = async (): Promise<void> => {
    // Several waiters may be let through in one activation: the first takes it, the others wait again.
    while (busy) await condition(() => !busy);
    busy = true;
  };
  return {
    busy: () => busy,
    async aside(work) {
      busy = false;
      try {
        return await work();
      } finally {
        await CancellationScope.nonCancellable(take);
      }
    },
    async hold(work) {
      // Not by a function of its own: histories of before hold the order of its awaits.
      while (busy) await condition(() => !busy);
      busy = true;
      try {
        return await work();
      } finally {
        busy = false;
      }
    },
  };
}

export interface UpdateRule<Input, Answer> {
  readonly schema: z.ZodType<Input>;
  /** Shown beside the update in the Temporal UI. */
  readonly description: string;
  /** Throws `refuse` where the state or the input does not allow it. Changes nothing. */
  readonly judge: (input: Input, when: 'before history' | 'in its turn') => void;
  readonly carryOut: (input: Input) => Promise<void> | void;
  readonly answer: () => Answer;
}

export function takeUpdate<Answer, Args extends [unknown], Input>(
  definition: UpdateDefinition<Answer, Args>,
  lock: Lock,
  rule: UpdateRule<Input, Answer>,
): void {
  const read = (raw: unknown): Input => {
    const parsed = rule.schema.safeParse(raw);
    if (!parsed.success) throw refuse(`not a valid ${definition.name}: ${words(parsed.error)}`);
    const secret = findSecret(parsed.data);
    if (secret !== null)
      throw refuse(
        `"${secret}" looks like a secret; secrets belong to the worker's environment and never enter history`,
      );
    return parsed.data;
  };
  setHandler(
    definition,
    (...[raw]: Args) =>
      lock.hold(async () => {
        const input = read(raw);
        rule.judge(input, 'in its turn');
        await rule.carryOut(input);
        return rule.answer();
      }),
    {
      description: rule.description,
      validator: (...[raw]: Args) => {
        const input = read(raw);
        if (!lock.busy()) rule.judge(input, 'before history');
      },
    },
  );
}

export function refuse(message: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(message, 'UpdateRefused' satisfies FailureType);
}

/** What our own pure code says against it becomes the refusal. */
export function orRefuse<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof StagewrightError) throw refuse(error.message);
    throw error;
  }
}

/** An activity on behalf of an update: its failure is the update's, not the run's. */
export async function onBehalf<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { type, message } = classify(error);
    throw ApplicationFailure.nonRetryable(message, type);
  }
}

/** Of the update that is being handled, so that what it causes elsewhere happens once. */
export function updateId(): string {
  return currentUpdateInfo()?.id ?? uuid4();
}

function words(error: z.ZodError): string {
  return error.issues
    .map(({ path, message }) => `${path.length > 0 ? `${path.join('.')}: ` : ''}${message}`)
    .join('; ');
}
