/**
 * What a person may do to a running stage or curriculum, in which state, and what comes of it: one table for validators, commands,
 * docs and tests. It changes nothing itself.
 */
import { z } from 'zod';
import { settingsSchema } from './amend.js';
import { assertNever } from './assert-never.js';
import type { CurriculumState, StageState } from './states.js';

/** Who asks for it and why: kept in the history. */
const by = {
  actor: z.string().min(1),
  reason: z.string().default(''),
};

export const pauseSchema = z.strictObject(by);
export const resumeSchema = z.strictObject(by);
export const stopSchema = z.strictObject(by);
export const approveSchema = z.strictObject(by);
export const rejectSchema = z.strictObject(by);
export const retrySchema = z.strictObject({
  ...by,
  /** Dotted `execution.` settings to retry with. */
  set: settingsSchema.default({}),
  /** Forget all checkpoints, where the question offers it. */
  restart: z.boolean().default(false),
});
export const skipSchema = z.strictObject({
  ...by,
  /** Checkpoint whose weights are handed over; without it the newest, 0 = the weights that the stage started from. */
  step: z.int().min(0).optional(),
});
export const amendSchema = z.strictObject({
  ...by,
  /** Name of the stage; without it the one under way. Only a curriculum takes it. */
  stage: z.string().optional(),
  set: settingsSchema,
  /** Checkpoint to go on from; without it the newest. An earlier one is a roll-back. */
  from: z.int().min(0).optional(),
  /** Take the weights of the checkpoint only: optimizer, data position and step count begin anew. */
  weights_only: z.boolean().default(false),
});
export type Pause = z.infer<typeof pauseSchema>;
export type Retry = z.infer<typeof retrySchema>;
export type Skip = z.infer<typeof skipSchema>;
export type Amend = z.infer<typeof amendSchema>;
export type By = Pause;

/** Updates of a stage's workflow. */
export const STAGE_UPDATES = ['pause', 'resume', 'retry', 'skip', 'amend', 'stop'] as const;
export type StageUpdate = (typeof STAGE_UPDATES)[number];
/** Updates of a curriculum's workflow; those of its own stage under way are passed on to it. */
export const CURRICULUM_UPDATES = [...STAGE_UPDATES, 'approve', 'reject'] as const;
export type CurriculumUpdate = (typeof CURRICULUM_UPDATES)[number];

export type Judged<State> =
  | { readonly accepted: true; readonly after: State }
  /** `message` says why not, and what is allowed. */
  | { readonly accepted: false; readonly message: string };

/** States in which a stage's workflow is open. */
export const OPEN_STAGE_STATES = ['queued', 'running', 'pausing', 'paused', 'waiting'] as const satisfies StageState[];
export type OpenStageState = (typeof OPEN_STAGE_STATES)[number];

type Cell<State> = { readonly to: State } | { readonly no: string };
type Table<Row extends string, Column extends string, State> = Readonly<
  Record<Row, Readonly<Record<Column, Cell<State>>>>
>;

const STAGE_TABLE: Table<OpenStageState, StageUpdate, StageState> = {
  queued: {
    pause: { to: 'paused' },
    resume: { no: 'it is not paused: it waits for a device' },
    retry: { no: 'it asked nothing; nothing has failed for good' },
    skip: { to: 'skipped' },
    amend: { to: 'superseded' },
    stop: { to: 'stopped' },
  },
  running: {
    pause: { to: 'pausing' },
    resume: { no: 'it is not paused' },
    retry: { no: 'it asked nothing' },
    skip: { to: 'skipped' },
    amend: { to: 'superseded' },
    stop: { to: 'stopped' },
  },
  pausing: {
    pause: { no: 'a second pause changes nothing' },
    resume: { to: 'queued' },
    retry: { no: 'it asked nothing' },
    skip: { to: 'skipped' },
    amend: { to: 'superseded' },
    stop: { to: 'stopped' },
  },
  paused: {
    pause: { no: 'a second pause changes nothing' },
    resume: { to: 'queued' },
    retry: { no: 'it asked nothing' },
    skip: { to: 'skipped' },
    amend: { to: 'superseded' },
    stop: { to: 'stopped' },
  },
  waiting: {
    pause: { no: 'its device is free already' },
    resume: { no: 'it is not paused: its question has to be answered' },
    retry: { to: 'queued' },
    skip: { to: 'skipped' },
    amend: { to: 'superseded' },
    stop: { to: 'stopped' },
  },
};

/**
 * What an update makes of a stage. An `amend` whose settings are outside the key leaves the stage itself: it goes on as `queued`,
 * or stays `paused`.
 */
export function judgeStage(state: StageState, update: StageUpdate): Judged<StageState> {
  if (!isOpen(state)) return { accepted: false, message: `the stage is ${state}: nothing can be changed any more` };
  return judged(`the stage is ${state}`, STAGE_TABLE[state], update);
}

/** What a curriculum is at. `stage`: a stage of its own; `joined`: one that another curriculum runs; `last`: its last stage has ended. */
export const PLACES = ['stage', 'joined', 'between', 'last', 'gate', 'held'] as const;
export type Place = (typeof PLACES)[number];
/** `pass on`: the stage judges. */
export type CurriculumAfter = CurriculumState | 'pass on';

const OTHERS = 'that is run by another curriculum; address its workflow instead';
const NO_STAGE = 'no stage is under way';
const NO_GATE = 'no gate asks for a decision';
const CURRICULUM_TABLE: Table<Place, CurriculumUpdate, CurriculumAfter> = {
  stage: {
    pause: { to: 'pass on' },
    resume: { to: 'pass on' },
    retry: { to: 'pass on' },
    skip: { to: 'pass on' },
    amend: { to: 'pass on' },
    stop: { to: 'pass on' },
    approve: { no: NO_GATE },
    reject: { no: NO_GATE },
  },
  joined: {
    pause: { no: OTHERS },
    resume: { no: OTHERS },
    retry: { no: OTHERS },
    skip: { no: OTHERS },
    amend: { no: OTHERS },
    // Ends the waiting only; the stage goes on for those who own it.
    stop: { to: 'stopped' },
    approve: { no: NO_GATE },
    reject: { no: NO_GATE },
  },
  /** It prepares or evaluates: what pauses it takes effect before the next stage. */
  between: {
    pause: { to: 'paused' },
    resume: { no: 'it is not paused' },
    retry: { no: NO_STAGE },
    skip: { no: NO_STAGE },
    amend: { no: `${NO_STAGE}; name a later one` },
    stop: { to: 'stopped' },
    approve: { no: NO_GATE },
    reject: { no: NO_GATE },
  },
  /** It evaluates what the last stage left, or measures its gates. */
  last: {
    pause: { no: 'no stage follows that could be held back' },
    resume: { no: 'it is not paused' },
    retry: { no: NO_STAGE },
    skip: { no: NO_STAGE },
    amend: { no: `${NO_STAGE}, and none follows` },
    stop: { to: 'stopped' },
    approve: { no: NO_GATE },
    reject: { no: NO_GATE },
  },
  gate: {
    pause: { no: 'its device is free already' },
    resume: { no: 'it is not paused' },
    retry: { no: NO_STAGE },
    skip: { no: NO_STAGE },
    amend: { no: `${NO_STAGE}; name a later one` },
    stop: { to: 'stopped' },
    approve: { to: 'running' },
    reject: { to: 'stopped' },
  },
  held: {
    pause: { no: 'a second pause changes nothing' },
    resume: { to: 'running' },
    retry: { no: NO_STAGE },
    skip: { no: NO_STAGE },
    amend: { no: `${NO_STAGE}; name a later one` },
    stop: { to: 'stopped' },
    approve: { no: NO_GATE },
    reject: { no: NO_GATE },
  },
};

const PLACE_WORDS: Readonly<Record<Place, string>> = {
  stage: 'the curriculum runs a stage',
  joined: 'the curriculum waits for a stage',
  between: 'the curriculum is between stages',
  last: 'the curriculum is past its last stage',
  gate: 'the curriculum waits at a gate',
  held: 'the curriculum is paused',
};

/** An `amend` that names a later stage is accepted everywhere and leaves the state; this judges all others. */
export function judgeCurriculum(place: Place, update: CurriculumUpdate): Judged<CurriculumAfter> {
  return judged(PLACE_WORDS[place], CURRICULUM_TABLE[place], update);
}

function judged<Column extends string, State>(
  where: string,
  row: Readonly<Record<Column, Cell<State>>>,
  update: Column,
): Judged<State> {
  const cell = row[update];
  if ('to' in cell) return { accepted: true, after: cell.to };
  const allowed = (Object.keys(row) as Column[]).filter((other) => 'to' in row[other]);
  return {
    accepted: false,
    message: `${update} is refused: ${where}, and ${cell.no}. Allowed now: ${allowed.join(', ')}.`,
  };
}

export function isOpen(state: StageState): state is OpenStageState {
  return (OPEN_STAGE_STATES as readonly StageState[]).includes(state);
}

/** `pause by ann: dinner` */
export function describeControl(update: CurriculumUpdate, { actor, reason }: By): string {
  return `${past(update)} by ${actor}${reason === '' ? '' : `: ${reason}`}`;
}

function past(update: CurriculumUpdate): string {
  switch (update) {
    case 'pause':
      return 'paused';
    case 'resume':
      return 'resumed';
    case 'retry':
      return 'retried';
    case 'skip':
      return 'skipped';
    case 'amend':
      return 'amended';
    case 'stop':
      return 'stopped';
    case 'approve':
      return 'approved';
    case 'reject':
      return 'rejected';
    default:
      return assertNever(update);
  }
}
