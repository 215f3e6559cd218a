/**
 * A workflow that waits for a person: one question at a time, answered by the `answer` update. It keeps devices free, costs no
 * event while it waits, and knows nothing of what is asked.
 */
import { ApplicationFailure, condition, setHandler } from '@temporalio/workflow';
import { answerSchema, type Answer, type Question, type StageStatus } from '../core/states.js';
import { answerUpdate } from './messages.js';

export interface Parking {
  /** Resolves with the answer; meanwhile `question()` returns what is asked. */
  ask(question: Question): Promise<Answer>;
  question(): Question | null;
}

/**
 * Registers the update's handler: call once, before the first await.
 * @param status what the person gets back, after `resumed` was told
 */
export function createParking(status: () => StageStatus, resumed: () => void): Parking {
  let open: Question | null = null;
  let given: Answer | null = null;
  setHandler(
    answerUpdate,
    (answer) => {
      given = answer;
      open = null;
      resumed();
      return status();
    },
    {
      validator: (raw) => {
        const parsed = answerSchema.safeParse(raw);
        if (!parsed.success) throw refuse(`not an answer: ${parsed.error.issues.map((i) => i.message).join('; ')}`);
        if (open === null) throw refuse(`nothing was asked: the stage is ${status().state}`);
        if (!open.choices.includes(parsed.data.choice))
          throw refuse(`"${parsed.data.choice}" is not offered; choices: ${open.choices.join(', ')}`);
      },
    },
  );
  return {
    question: () => open,
    async ask(question) {
      open = question;
      given = null;
      await condition(() => given !== null);
      // The condition above is the only way here; the compiler cannot see the handler's assignment.
      return given as unknown as Answer;
    },
  };
}

function refuse(message: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(message, 'AnswerRefused');
}
