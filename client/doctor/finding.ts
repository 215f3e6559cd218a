/** What a check of `doctor` says, and what it is given. Shapes only. */
import type { Client } from '@temporalio/client';
import type { Settings } from '../../workers/settings.js';

/** `warn`: it works, and something about it may hurt later. `fail`: runs will not work, or lose more than they must. */
export interface Finding {
  readonly verdict: 'pass' | 'warn' | 'fail';
  readonly text: string;
  /** What to do; of passes none. */
  readonly todo: string | null;
}

export const pass = (text: string): Finding => ({ verdict: 'pass', text, todo: null });
export const warn = (text: string, todo: string): Finding => ({ verdict: 'warn', text, todo });
export const fail = (text: string, todo: string): Finding => ({ verdict: 'fail', text, todo });

export interface Patient {
  readonly settings: Settings;
  readonly env: NodeJS.ProcessEnv;
  /** May put right what it can: register search attributes. */
  readonly fix: boolean;
  /** Null when none answers: the first check says so, and the others have nothing to ask. */
  readonly client: Client | null;
  /** Why there is no client. */
  readonly unreachable: string | null;
}

/** Small, and alone: it changes nothing unless `fix` says so, and a throw of it is a finding too. */
export interface Check {
  readonly name: string;
  readonly run: (patient: Patient) => Promise<readonly Finding[]>;
}
