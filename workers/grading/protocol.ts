/** What the pool and its threads say to each other. Lines travel as bytes that change hands, so nothing is copied. */
import type { VerifySettings } from '../../core/verify/settings.js';

export interface ThreadSetup {
  readonly verifier: string;
  /** Module with the user's own verifiers, an absolute path; null = none. */
  readonly module: string | null;
  readonly goldCheck: boolean;
  readonly settings: VerifySettings | undefined;
  /** [0]: number of the line of the current batch that is being graded, from 1; 0 = none. */
  readonly progress: SharedArrayBuffer;
}

export interface Batch {
  readonly id: number;
  readonly lines: Uint8Array<ArrayBuffer>;
  /** Lines, from 1, that a thread was lost on: they are not graded again. */
  readonly lost: readonly { readonly line: number; readonly reason: 'stuck' | 'failed' }[];
}

export interface Fault {
  /** In the batch, from 1. */
  readonly line: number;
  readonly message: string;
}

export type FromThread =
  | { readonly kind: 'ready' }
  /** The module or the verifier's name is wrong: no thread will do better. */
  | { readonly kind: 'refused'; readonly type: 'UnknownName' | 'SettingsMissing'; readonly message: string }
  | {
      readonly kind: 'graded';
      readonly id: number;
      readonly output: Uint8Array<ArrayBuffer>;
      readonly faults: readonly Fault[];
      /** Golds that their own verifier refuses. */
      readonly refused: readonly Fault[];
    };
