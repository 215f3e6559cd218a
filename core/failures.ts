/**
 * The closed list of failure types, and what the stage workflow does about each. This table is the only place where a
 * verdict lives; docs/failures.md is printed from it. It does not classify foreign errors: that is done where they arise.
 */

/** How many tries in a row without progress, and the wait between them (exponential). */
export interface RetryRule {
  readonly kind: 'retry';
  /** Tries without a newer manifest before the stage parks; `null` = for as long as it takes. */
  readonly attempts: number | null;
  readonly initialSeconds: number;
  readonly maxSeconds: number;
}
export type Verdict =
  | RetryRule
  /** The recipe or the data is wrong: the stage ends as failed. */
  | { readonly kind: 'fail' }
  /** A person must choose: the stage waits with a question. */
  | { readonly kind: 'park' }
  /** The work goes on without us: attach again on the same host first. */
  | { readonly kind: 'reattach' };

export interface FailureRule {
  readonly meaning: string;
  readonly verdict: Verdict;
}

const retry = (attempts: number | null, initialSeconds: number, maxSeconds: number): RetryRule => ({
  kind: 'retry',
  attempts,
  initialSeconds,
  maxSeconds,
});
const FAIL = { kind: 'fail' } as const;
const PARK = { kind: 'park' } as const;

export const FAILURES = {
  RecipeInvalid: { meaning: 'The recipe breaks its schema, or asks for what the trainer cannot do.', verdict: FAIL },
  UnknownName: { meaning: 'A name (data set, trainer, model, benchmark, verifier) is not registered.', verdict: FAIL },
  DataInvalid: { meaning: 'Rows of a data set are unreadable or fail their own verifier.', verdict: FAIL },
  DigestMismatch: { meaning: 'Bytes that a plan names by sha256 are other bytes here.', verdict: FAIL },
  NoFreeDevice: {
    meaning: 'Too few devices are free on the asked host; any host may try next.',
    verdict: retry(null, 1, 10),
  },
  EpochHeld: { meaning: 'Another runner still renews this stage’s epoch.', verdict: retry(null, 1, 10) },
  StoreUnreachable: { meaning: 'The store does not answer.', verdict: retry(null, 1, 60) },
  Detached: { meaning: 'The worker stopped; its runner goes on.', verdict: { kind: 'reattach' } },
  WorkerLost: { meaning: 'No heartbeat: the worker died, or only the server was away.', verdict: { kind: 'reattach' } },
  HostLost: { meaning: 'Nobody polls the host’s queue any more.', verdict: retry(10, 1, 30) },
  RunnerLost: { meaning: 'The runner died; what it left was stopped.', verdict: retry(10, 1, 30) },
  TrainerExited: { meaning: 'The trainer ended with an error, or before its last step.', verdict: retry(3, 2, 60) },
  TrainerStalled: {
    meaning: 'The trainer ran on without advancing; its stacks and last lines were kept, then it was stopped.',
    verdict: retry(2, 2, 60),
  },
  OutOfMemory: {
    meaning:
      'The trainer ran out of GPU or host memory; the next try runs one rung lower on the ladder of execution settings.',
    verdict: retry(6, 2, 60),
  },
  Diverged: { meaning: 'Loss, gradient norm or KL became NaN or infinite.', verdict: PARK },
  DeviceOccupied: {
    meaning: 'A device’s memory did not come free after its processes had ended; it is quarantined on its host.',
    verdict: retry(null, 5, 60),
  },
  TopologyChanged: {
    meaning: 'The checkpoint was written by another number of devices, which the trainer cannot read it with.',
    verdict: PARK,
  },
  SourceUnreachable: {
    meaning: 'A model or data set of a hub is neither cached nor to be fetched.',
    verdict: retry(5, 5, 120),
  },
  Unattended: {
    meaning: 'No worker attended the runner for the set time; it stopped at a checkpoint.',
    verdict: retry(5, 1, 60),
  },
  EpochLost: { meaning: 'A newer epoch was claimed elsewhere; this runner ended itself.', verdict: retry(5, 1, 60) },
  StopIncomplete: { meaning: 'Processes of a run survived the stop ladder; their devices stay leased.', verdict: PARK },
  DiskFull: { meaning: 'No space is left for a checkpoint or an export. Nothing committed is lost.', verdict: PARK },
  NoPermission: { meaning: 'The store or the host folder may not be written.', verdict: PARK },
  ResumeNotHonoured: { meaning: 'The first trained step was not the manifest’s step + 1.', verdict: PARK },
  ExportCorrupt: {
    meaning: 'An export, or a checkpoint to go on from, is damaged and cannot be made again.',
    verdict: PARK,
  },
  CheckpointElsewhere: {
    meaning: 'The only checkpoints can be read by one host, and that host is gone.',
    verdict: PARK,
  },
  GateUnmeasurable: {
    meaning: 'A gate asks for a metric that the evaluation or the training log does not have.',
    verdict: PARK,
  },
  EndpointDown: {
    meaning: 'A generator’s server does not answer, or answers nothing but errors. What it answered is journaled.',
    verdict: PARK,
  },
  TooManyUnknown: { meaning: 'More rows than the limit have no usable answer of a model.', verdict: PARK },
  BudgetSpent: { meaning: 'The budget that the worker sets for a generator is spent.', verdict: PARK },
  UpdateRefused: { meaning: 'The run’s state does not allow what was asked of it.', verdict: FAIL },
  AlreadyRuns: { meaning: 'Another plan of the same recipe still runs.', verdict: FAIL },
  ServerUnreachable: { meaning: 'No Temporal server answers at the address.', verdict: retry(null, 1, 60) },
  SettingsMissing: {
    meaning: 'The worker’s or client’s own configuration lacks a setting, or contradicts itself.',
    verdict: FAIL,
  },
  VersionMismatch: {
    meaning: 'A worker or a command of another version is at work, which does not know what was asked or answered.',
    verdict: FAIL,
  },
  Internal: { meaning: 'An error that stagewright did not foresee.', verdict: retry(3, 2, 60) },
} as const satisfies Record<string, FailureRule>;

export type FailureType = keyof typeof FAILURES;

export function isFailureType(type: string): type is FailureType {
  return Object.hasOwn(FAILURES, type);
}

/** JSON of a failure as it travels in runner state files and Temporal failures. */
export type FailureDetails = Record<string, string | number | boolean | null | readonly string[]>;

/** The only error class that our code throws on purpose. `message` says what, where and what to do. */
export class StagewrightError extends Error {
  override readonly name = 'StagewrightError';
  constructor(
    readonly type: FailureType,
    message: string,
    readonly details: FailureDetails = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
