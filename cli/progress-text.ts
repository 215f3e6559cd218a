/** Words for what a watcher sees: pure, so that terminal bars and plain lines say the same. */
import type { StageStatus } from '../core/states.js';
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
  if (progress === null) return waitWords(live);
  const { step, planned_steps: planned, steps_per_second: speed, last_manifest: manifest } = progress;
  const parts = [`${step ?? 0}/${planned} steps`];
  if (progress.phase !== 'training') parts.push(progress.phase);
  else if (speed !== null && speed > 0) parts.push(rate(speed), `${duration((planned - (step ?? 0)) / speed)} left`);
  if (manifest !== null) parts.push(`checkpoint at ${manifest.step}`);
  if (stage.attempts > 1) parts.push(`attempt ${stage.attempts}`);
  return parts.join(' · ');
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
  if (stage.state === 'done')
    return stage.reused ? 'done already' : `done${stage.attempts > 1 ? ` in ${stage.attempts} attempts` : ''}`;
  if (stage.state === 'waiting') return `waiting for an answer: ${stage.question?.reason ?? ''}`.trimEnd();
  return stage.state;
}

/** What a person is told of a stage that waits, with the commands that answer it. */
export function questionText(stage: StageStatus): string {
  if (stage.question === null) return `stage ${stage.name} waits`;
  const { type, reason, question, choices } = stage.question;
  return [
    `stage ${stage.name} waits (${type}): ${reason}`,
    question,
    ...choices.map((choice) => `  stagewright answer ${stage.name} ${choice}`),
  ].join('\n');
}
