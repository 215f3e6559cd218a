/** What is seen of a run at one moment, as lines for a terminal of any width. Pure; drawing is screen.ts's. */
import cliProgress from 'cli-progress';
import pc from 'picocolors';
import type { Snapshot } from '../../client/snapshot.js';
import type { MetricsLine } from '../../core/metrics.js';
import { isOpen } from '../../core/control.js';
import type { GateStatus, StageState, StageStatus } from '../../core/states.js';
import { controlsOf, duration, gateWords, liveWords, questionsOf, stateWords } from '../progress-text.js';
import { drawCurves } from './charts.js';

export interface Seen {
  readonly snapshot: Snapshot;
  /** Null where the store cannot be read. */
  readonly curves: { readonly stage: string; readonly lines: readonly MetricsLine[] } | null;
  /** Nobody answered for so long. */
  readonly silence: { readonly who: 'server' | 'worker'; readonly seconds: number } | null;
  /** Since anything moved. */
  readonly idleSeconds: number;
}
export interface Size {
  readonly columns: number;
  readonly rows: number;
}

const BAR = 24;
/** Below, there is no room for bars. */
const NARROW = 72;
const IDLE_SECONDS = 10;
const BAR_LOOKS = {
  barsize: BAR,
  barCompleteString: '█'.repeat(BAR),
  barIncompleteString: '░'.repeat(BAR),
  barGlue: '',
};

type Colours = Pick<typeof pc, 'bold' | 'dim' | 'green' | 'red' | 'yellow' | 'cyan'>;

/** The stage whose curves are shown: the one at work, else the last that began. */
export function stageInView({ status }: Snapshot): StageStatus | undefined {
  return (
    status.stages.find(({ state, attempts }) => isOpen(state) && (state !== 'queued' || attempts > 0)) ??
    status.stages.findLast(({ state, reused }) => state !== 'queued' && !reused)
  );
}

export function drawView(seen: Seen, { columns, rows }: Size, colours: Colours = pc): string {
  const { status, live } = seen.snapshot;
  const cut = (text: string): string => (text.length <= columns ? text : `${text.slice(0, Math.max(0, columns - 1))}…`);
  const done = status.stages.filter((stage) => stage.state === 'done' || stage.state === 'skipped').length;
  const counted = status.stages.filter((stage) => stage.state !== 'superseded').length;
  const head = cut(`${status.recipe} · ${status.state} · ${done} of ${counted} stages done`);
  const lines = [colours.bold(head)];
  const width = Math.min(Math.max(...status.stages.map((stage) => stage.name.length)), Math.floor(columns / 3));
  for (const stage of status.stages) {
    const name = stage.name.padEnd(width).slice(0, width);
    const words = stage.state === 'running' ? liveWords(stage, live.get(stage.key)) : stateWords(stage);
    const bar = columns < NARROW ? '' : `${barOf(stage, live.get(stage.key)?.progress?.step)} `;
    const text = cut(`${name} ${bar}${words}`);
    const start = name.length + 1 + bar.length;
    lines.push(`${text.slice(0, start)}${paint(stage.state, text.slice(start), colours)}`);
    for (const { data, state } of status.evaluations.filter(
      (one) => one.stage === stage.name && shown(stage, one.state),
    ))
      lines.push(colours.dim(cut(`${' '.repeat(width)} evaluation on ${data}: ${state}`)));
  }
  for (const gate of status.gates) lines.push(gateLine(gate, cut, colours));
  for (const control of controlsOf(status)) lines.push(colours.dim(cut(control)));
  if (seen.idleSeconds >= IDLE_SECONDS && status.state === 'running')
    lines.push(colours.yellow(cut(`no progress for ${duration(seen.idleSeconds)}`)));
  const tail = questionsOf(status).flatMap((text) => text.split('\n').flatMap((line) => wrap(line, columns)));
  if (seen.silence !== null)
    tail.push(
      cut(
        `the ${seen.silence.who === 'server' ? 'Temporal server' : 'worker'} does not answer for ${duration(seen.silence.seconds)}; waiting`,
      ),
    );
  const { curves } = seen;
  // One row stays for the cursor.
  const room = rows - lines.length - tail.length - 3;
  const drawn = curves === null ? [] : drawCurves(curves.lines, columns, room);
  if (curves !== null && drawn.length > 0)
    lines.push('', colours.dim(cut(`${curves.stage}: curves of ${curves.lines.length} steps`)), ...drawn);
  if (tail.length > 0) lines.push('', ...tail.map((line) => colours.yellow(line)));
  return lines.join('\n');
}

/** Those to come are not worth a line. A superseded stage has the name of the one that goes on, whose evaluations they are. */
function shown(stage: StageStatus, state: string): boolean {
  if (stage.state === 'superseded') return false;
  return stage.state === 'done' || stage.state === 'skipped' || state !== 'queued';
}

function barOf(stage: StageStatus, step: number | null | undefined): string {
  if (stage.state === 'superseded') return ' '.repeat(BAR);
  const at = stage.state === 'done' ? stage.planned_steps : (step ?? stage.step ?? 0);
  return cliProgress.Format.BarFormat(Math.min(1, at / Math.max(1, stage.planned_steps)), BAR_LOOKS);
}

function paint(state: StageState, text: string, colours: Colours): string {
  switch (state) {
    case 'done':
    case 'skipped':
      return colours.green(text);
    case 'running':
      return colours.cyan(text);
    case 'failed':
    case 'cancelled':
    case 'stopped':
      return colours.red(text);
    case 'waiting':
    case 'pausing':
    case 'paused':
      return colours.yellow(text);
    case 'queued':
    case 'superseded':
      return colours.dim(text);
  }
}

function gateLine(gate: GateStatus, cut: (text: string) => string, colours: Colours): string {
  const text = cut(gateWords(gate));
  return gate.state === 'passed' || gate.state === 'approved' ? colours.green(text) : colours.yellow(text);
}

/** At words, for text that must not be cut: what a person is asked, and the commands that answer. */
function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  let rest = text;
  while (rest.length > columns) {
    const space = rest.lastIndexOf(' ', columns);
    const at = space > columns / 3 ? space : columns;
    lines.push(rest.slice(0, at));
    rest = rest.slice(at).trimStart();
  }
  return [...lines, rest];
}
