/** Progress where there is no terminal: a line when something changes, else one every few seconds, and a word on standstill. */
import { duration, liveWords, stateWords } from './progress-text.js';
import type { Snapshot } from '../client/snapshot.js';
import type { Watcher } from '../client/watch.js';

const LINE_EVERY_MS = 4_000;
const STANDSTILL_MS = 10_000;

export class ProgressLines implements Watcher {
  private readonly states = new Map<string, string>();
  private lastLine = 0;
  private lastSeen = '';
  private lastMove: number;
  private silenceTold = 0;

  constructor(
    private readonly write: (line: string) => void,
    private readonly now: () => number = Date.now,
  ) {
    this.lastMove = now();
  }

  onSnapshot({ status, live }: Snapshot): void {
    this.silenceTold = 0;
    for (const stage of status.stages)
      this.change(stage.key, stage.name, stage.state === 'running' ? 'running' : stateWords(stage), stage.state);
    for (const e of status.evaluations) this.change(e.key, evaluationName(e), e.state, e.state);
    const running = status.stages.filter((stage) => stage.state === 'running');
    const seen = JSON.stringify([
      status,
      running.map((stage) => live.get(stage.key)?.progress?.step),
      running.map((s) => live.get(s.key)?.progress?.phase),
      running.map((s) => live.get(s.key)?.data),
    ]);
    const now = this.now();
    if (seen !== this.lastSeen) {
      this.lastSeen = seen;
      this.lastMove = now;
    }
    if (now - this.lastLine < LINE_EVERY_MS) return;
    const idle = now - this.lastMove;
    const still = idle >= STANDSTILL_MS ? ` · no progress for ${duration(idle / 1000)}` : '';
    for (const stage of running) this.line(`${stage.name}: ${liveWords(stage, live.get(stage.key))}${still}`);
    // An evaluation reports nothing between its start and its end.
    if (still === '') return;
    for (const e of status.evaluations.filter((one) => one.state === 'running'))
      this.line(`${evaluationName(e)}: running${still}`);
  }

  onSilence(who: 'server' | 'worker', seconds: number): void {
    if (seconds < 5 || seconds < this.silenceTold + 5) return;
    this.silenceTold = seconds;
    this.line(
      `the ${who === 'server' ? 'Temporal server' : 'worker'} does not answer for ${duration(seconds)}; still trying`,
    );
  }

  private change(key: string, name: string, words: string, state: string): void {
    if (this.states.get(key) === words) return;
    const first = !this.states.has(key);
    this.states.set(key, words);
    if (!(first && state === 'queued')) this.line(`${name}: ${words}`);
  }

  private line(text: string): void {
    this.lastLine = this.now();
    this.write(text);
  }
}

function evaluationName({ stage, data }: { readonly stage: string; readonly data: string }): string {
  return `evaluation of ${stage} on ${data}`;
}
