/** What the Temporal UI shows of a run, in Markdown: where it is, what it asks, and which updates may be sent now. Words only. */
import { workflowInfo } from '@temporalio/workflow';
import {
  CURRICULUM_UPDATES,
  judgeCurriculum,
  judgeStage,
  STAGE_UPDATES,
  type CurriculumUpdate,
  type Place,
} from '../core/control.js';
import type { DataStatus } from '../core/data/work.js';
import type { CurriculumStatus, Question, StageStatus } from '../core/states.js';

const INPUT: Readonly<Record<CurriculumUpdate, Readonly<Record<string, unknown>>>> = {
  pause: {},
  resume: {},
  retry: { set: { 'execution.threads': 2 } },
  skip: { step: 100 },
  amend: { set: { 'training.learning_rate': 0.0001 } },
  stop: {},
  approve: {},
  reject: {},
};
const NOTES: Readonly<Partial<Record<CurriculumUpdate, string>>> = {
  retry: '`set` may change `execution.` settings; without it as before',
  skip: 'hands over the weights of checkpoint `step`; without it of the newest',
  amend:
    'goes on with other settings from the newest checkpoint; `from` names an earlier one, `weights_only` starts anew',
  stop: 'saves and ends it',
};

export function stageDetails(status: StageStatus): string {
  const { state, host, epoch, step, planned_steps, question, last_failure, last_control } = status;
  const where = host === null ? '' : ` on ${host}, epoch ${epoch ?? '?'}`;
  const open = STAGE_UPDATES.filter((update) => judgeStage(state, update).accepted);
  return [
    `**${state}**${where}: step ${step ?? 0} of ${planned_steps} is safe`,
    ...told(question, last_control, last_failure),
    ...allowed(open),
  ].join('\n\n');
}

export function curriculumDetails(status: CurriculumStatus, place: Place): string {
  const open = CURRICULUM_UPDATES.filter((update) => judgeCurriculum(place, update).accepted);
  const rows = status.stages.map(({ name, state, last_control }) =>
    [name, state, last_control ?? ''].map((cell) => cell.replaceAll('|', '\\|')).join(' | '),
  );
  return [
    `**${status.state}**`,
    ['stage | state | last change', '--- | --- | ---', ...rows].join('\n'),
    ...told(status.question, status.last_control, null),
    ...allowed(open),
  ].join('\n\n');
}

export function dataDetails(status: DataStatus): string {
  const { state, phase, rows, rows_done: done, spent, question, last_control, last_failure } = status;
  const open = question !== null ? (['retry', 'stop'] as const) : (['stop'] as const);
  const over = state === 'done' || state === 'stopped' || state === 'failed' || state === 'cancelled';
  const cost = spent.cost === null ? '' : `, cost ${spent.cost.toFixed(2)}`;
  return [
    `**${state}**${phase === null ? '' : `: ${phase}`}; ${done} of ${rows ?? '?'} rows`,
    `${spent.requests} requests sent, ${spent.reused} answers from the journal, ${spent.prompt_tokens + spent.completion_tokens} tokens${cost}`,
    ...told(question, last_control, last_failure),
    ...(over ? [] : allowed(open)),
  ].join('\n\n');
}

/** Of a workflow that waits at a gate. */
export function gateDetails(question: Question): string {
  return [...told(question, null, null), ...allowed(['approve', 'reject'])].join('\n\n');
}

function told(question: Question | null, control: string | null, failure: string | null): string[] {
  return [
    ...(question === null ? [] : [`> **${question.type}**: ${question.reason}\n>\n> ${question.question}`]),
    ...(control === null ? [] : [`Last change: ${control}`]),
    ...(failure === null ? [] : [`Last failure: ${failure}`]),
  ];
}

function allowed(updates: readonly CurriculumUpdate[]): string[] {
  if (updates.length === 0) return [];
  const rows = updates.map((update) => {
    const input = JSON.stringify({ actor: 'you', reason: 'why', ...INPUT[update] });
    return `\`${update}\` | \`${input}\` | ${NOTES[update] ?? ''}`;
  });
  return [
    ['update | input | ', '--- | --- | ---', ...rows].join('\n'),
    `\`temporal workflow update execute --workflow-id '${workflowInfo().workflowId}' --name NAME --input INPUT\``,
  ];
}
