/** Progress on a terminal: one bar a stage and evaluation, with rate and time left. Drawn on standard error. */
import cliProgress from 'cli-progress';
import pc from 'picocolors';
import { duration, liveWords, stateWords } from './progress-text.js';
import type { Snapshot } from '../client/snapshot.js';
import type { Watcher } from '../client/watch.js';

const STANDSTILL_MS = 10_000;

export class ProgressBars implements Watcher {
  private readonly multi = new cliProgress.MultiBar(
    {
      stream: process.stderr,
      format: ' {name} {bar} {words}',
      barsize: 24,
      barCompleteChar: '█',
      barIncompleteChar: '░',
      hideCursor: true,
      clearOnComplete: false,
      linewrap: false,
      autopadding: true,
      gracefulExit: false,
    },
    cliProgress.Presets.shades_grey,
  );
  private readonly bars = new Map<string, cliProgress.SingleBar>();
  private lastSteps = '';
  private lastMove = Date.now();

  onSnapshot({ status, live }: Snapshot): void {
    const width = Math.max(
      ...status.stages.map((s) => s.name.length),
      ...status.evaluations.map((e) => e.stage.length + 5),
    );
    const steps = JSON.stringify([status, ...[...live.values()].map((l) => [l.progress?.step, l.progress?.phase])]);
    if (steps !== this.lastSteps) {
      this.lastSteps = steps;
      this.lastMove = Date.now();
    }
    const idle = Date.now() - this.lastMove;
    const still = idle >= STANDSTILL_MS ? pc.yellow(` · no progress for ${duration(idle / 1000)}`) : '';
    for (const stage of status.stages) {
      const running = stage.state === 'running';
      const at =
        stage.state === 'done' ? stage.planned_steps : (live.get(stage.key)?.progress?.step ?? stage.step ?? 0);
      const words = running ? `${liveWords(stage, live.get(stage.key))}${still}` : stateWords(stage);
      this.draw(stage.key, stage.name.padEnd(width), stage.planned_steps, at, words);
      for (const e of status.evaluations.filter((one) => one.stage === stage.name))
        this.draw(e.key, pc.dim(`${e.stage} eval`.padEnd(width)), 1, e.state === 'done' ? 1 : 0, e.state);
    }
  }

  onSilence(who: 'server' | 'worker', seconds: number): void {
    if (seconds >= 5)
      this.multi.log(
        pc.yellow(`the ${who === 'server' ? 'Temporal server' : 'worker'} does not answer for ${duration(seconds)}\n`),
      );
  }

  /** A line above the bars. */
  log(line: string): void {
    this.multi.log(`${line}\n`);
    this.multi.update();
  }

  stop(): void {
    this.multi.stop();
  }

  private draw(key: string, name: string, total: number, at: number, words: string): void {
    const bar = this.bars.get(key);
    if (bar === undefined) this.bars.set(key, this.multi.create(total, at, { name, words }));
    else bar.update(at, { name, words });
  }
}
