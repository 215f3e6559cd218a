/** Words for what a watcher sees: pure, so that the live view, plain lines and `status` say the same. */
import { assertNever } from '../core/assert-never.js';
import type { DataStatus } from '../core/data/work.js';
import type { Choice, CurriculumStatus, GateStatus, Question, StageStatus } from '../core/states.js';
import type { Live } from '../client/snapshot.js';

/** `1 h 05 min`, `2 min 10 s`, `8 s`. */
export function duration(seconds: number): string {
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${String(s % 60).padStart(2, '0')} s`;
  return `${Math.floor(s / 3600)} h ${String(Math.floor((s % 3600) / 60)).padStart(2, '0')} min`;
}

export function rate(stepsPerSecond: number): string {
  if (stepsPerSecond >= 1) return `${stepsPerSecond.toFixed(1)} steps/s`;
  return `${(1 / stepsPerSecond).toFixed(1)} s/step`;
}

/** How a stage that is at work stands, e.g. `42/80 steps · 3.1 steps/s · 12 s left · checkpoint at 40`. */
export function liveWords(stage: StageStatus, live: Live | undefined): string {
  const progress = live?.progress ?? null;
  if (live?.data !== undefined) return dataWords(live.data);
  if (progress === null) return waitWords(live);
  const { step, planned_steps: planned, steps_per_second: speed, last_manifest: manifest } = progress;
  const parts = [`${step ?? 0}/${planned} steps`];
  if (progress.phase !== 'training') parts.push(progress.phase);
  else if (speed !== null && speed > 0) parts.push(rate(speed), `${duration((planned - (step ?? 0)) / speed)} left`);
  if (manifest !== null) parts.push(`checkpoint at ${manifest.step}`);
  if (stage.attempts > 1) parts.push(`attempt ${stage.attempts}`);
  return parts.join(' · ');
}

/** How a data set stands that is being made, e.g. `data set unseen: from the image alone by onnx@1a2b · 512/4096 rows · 610 rows/s · 6 s left`. */
export function dataWords(data: DataStatus): string {
  const { name, state, phase, rows, rows_done: done, seconds, spent } = data;
  const at = `data set ${name}`;
  switch (state) {
    case 'inputs':
      return `${at}: making what it is made of`;
    case 'asking': {
      const speed = seconds > 0 ? done / seconds : 0;
      const left = rows === null || speed === 0 ? [] : [`${duration((rows - done) / speed)} left`];
      return [
        `${at}${phase === null ? '' : `: ${phase}`}`,
        `${done}/${rows ?? '?'} rows`,
        ...(speed > 0 ? [`${speed.toFixed(speed < 10 ? 1 : 0)} rows/s`] : []),
        ...(spent.cost === null ? [] : [`cost ${spent.cost.toFixed(2)}`]),
        ...left,
      ].join(' · ');
    }
    case 'assembling':
      return `${at}: putting it together`;
    case 'waiting':
      return `${at} waits for an answer: ${data.question?.reason ?? ''}`.trimEnd();
    case 'done':
    case 'stopped':
    case 'failed':
    case 'cancelled':
      return `${at}: ${state}`;
    default:
      return assertNever(state);
  }
}

function waitWords(live: Live | undefined): string {
  switch (live?.activity ?? null) {
    case 'acquireGpu':
      return live?.trouble ?? 'asking for a device';
    case 'prepareData':
      return 'making and checking data';
    case 'takeOver':
      return 'checking the weights it starts from';
    case 'train':
      return 'starting the trainer';
    case null:
      return 'starting';
    default:
      return live?.trouble ?? live?.activity ?? 'starting';
  }
}

/** How a stage that is not at work stands. */
export function stateWords(stage: StageStatus): string {
  const { state, last_control: control, last_failure: failure } = stage;
  switch (state) {
    case 'done':
      return stage.reused ? 'done already' : `done${stage.attempts > 1 ? ` in ${stage.attempts} attempts` : ''}`;
    case 'waiting':
      return `waiting for an answer: ${stage.question?.reason ?? ''}`.trimEnd();
    case 'queued':
    case 'running':
      return state;
    case 'failed':
      return failure === null ? state : `failed: ${failure}`;
    case 'pausing':
    case 'paused':
    case 'skipped':
    case 'stopped':
    case 'cancelled':
      return control === null ? (failure === null ? state : `${state}: ${failure}`) : `${state}; ${control}`;
    case 'superseded':
      // Its control is who amended it, and why.
      return control === null ? state : `${state} by ${control}`;
    default:
      return assertNever(state);
  }
}

/** All that a run asks, each with the commands that answer it. */
export function questionsOf({ recipe, stages, question }: CurriculumStatus): string[] {
  return [
    ...stages.filter((stage) => stage.state === 'waiting').map((stage) => questionText(recipe, stage)),
    ...(question === null ? [] : [asked(recipe, 'the run waits', question)]),
  ];
}

/** What a person is told of a stage that waits. */
export function questionText(recipe: string, stage: StageStatus): string {
  return stage.question === null
    ? `stage ${stage.name} waits`
    : asked(recipe, `stage ${stage.name} waits`, stage.question);
}

function asked(recipe: string, who: string, { type, reason, question, choices }: Question): string {
  return [
    // A gate's reason says already that it is one.
    `${type === 'Gate' ? who : `${who} (${type})`}: ${reason}`,
    question,
    ...choices.map((choice) => `  ${answerCommand(recipe, choice)}`),
  ].join('\n');
}

function answerCommand(recipe: string, choice: Choice): string {
  return choice === 'restart' ? `stagewright retry ${recipe} --restart` : `stagewright ${choice} ${recipe}`;
}

/** A gate as it was judged, or what it asks. */
export function gateWords({ stage, gate, state, detail }: GateStatus): string {
  return `gate after ${stage}: ${state}; ${detail === '' || state === 'waiting' ? gate : detail}`;
}

/** What persons did last: to the run, and to stages where the run does not say the same. */
export function controlsOf({ last_control: control, stages }: CurriculumStatus): string[] {
  const of = stages.flatMap(({ name, state, last_control: own }) =>
    own === null || state === 'superseded' || control?.includes(`(stage ${name}`) === true ? [] : [`${name}: ${own}`],
  );
  return [...(control === null ? [] : [control]), ...of];
}
