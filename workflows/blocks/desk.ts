/** A desk of its own for a gate in a workflow that has none: takes `approve` and `reject` while a question is open, and no longer. */
import { condition, setCurrentDetails, setHandler } from '@temporalio/workflow';
import { approveSchema, rejectSchema, type By } from '../../core/control.js';
import type { Question } from '../../core/states.js';
import { markQuestion } from '../attributes.js';
import { gateDetails } from '../details.js';
import { gateUpdates } from '../messages.js';
import { createLock, takeUpdate } from '../updates.js';
import type { Decision, Desk } from './gate.js';

export function createDesk(): Desk {
  const lock = createLock();
  return {
    async decide(question: Question): Promise<Decision> {
      let decision: Decision | null = null;
      const take = (update: 'approve' | 'reject', schema: typeof approveSchema, description: string): void =>
        takeUpdate(gateUpdates[update], lock, {
          schema,
          description,
          judge: () => undefined,
          carryOut: (by: By) => {
            decision ??= { approved: update === 'approve', by };
          },
          answer: () => ({ approved: decision?.approved === true }),
        });
      take('approve', approveSchema, `Goes on: ${question.reason}`);
      take('reject', rejectSchema, `Ends here: ${question.reason}`);
      markQuestion(question);
      setCurrentDetails(gateDetails(question));
      try {
        await condition(() => decision !== null);
      } finally {
        setHandler(gateUpdates.approve, undefined);
        setHandler(gateUpdates.reject, undefined);
        setCurrentDetails('');
      }
      // The condition above is the only way here; the compiler cannot see the handler's assignment.
      return decision as unknown as Decision;
    },
  };
}
