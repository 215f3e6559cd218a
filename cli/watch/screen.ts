/** The live view of a run on a terminal, redrawn in place on standard error. What is seen is view.ts's. */
import { createLogUpdate } from 'log-update';
import type { CurveReader } from '../../client/curves.js';
import type { Snapshot } from '../../client/snapshot.js';
import type { Watcher } from '../../client/watch.js';
import { drawView, stageInView, type Seen } from './view.js';

/** A silence of less is not worth a word. */
const SILENCE_SECONDS = 3;

export class Screen implements Watcher {
  private readonly draw = createLogUpdate(process.stderr);
  private seen: Seen | undefined;
  private curves: Seen['curves'] = null;
  private reading = false;
  private drawnLines = 0;
  private lastSteps = '';
  private lastMove = Date.now();
  private readonly redraw = (): void => this.show();

  constructor(private readonly reader: CurveReader | null) {
    process.stderr.on('resize', this.redraw);
  }

  onSnapshot(snapshot: Snapshot): void {
    const steps = JSON.stringify([
      snapshot.status,
      ...[...snapshot.live.values()].map((l) => [l.progress?.step, l.progress?.phase]),
    ]);
    if (steps !== this.lastSteps) {
      this.lastSteps = steps;
      this.lastMove = Date.now();
    }
    this.seen = { snapshot, curves: this.curves, silence: null, idleSeconds: (Date.now() - this.lastMove) / 1000 };
    void this.readCurves(snapshot);
    this.show();
  }

  onSilence(who: 'server' | 'worker', seconds: number): void {
    if (seconds < SILENCE_SECONDS) return;
    if (this.seen !== undefined) {
      this.seen = { ...this.seen, silence: { who, seconds } };
      this.show();
    } else this.draw(`the ${who === 'server' ? 'Temporal server' : 'worker'} does not answer yet; waiting`);
  }

  /** A line above the view, which stays. */
  log(line: string): void {
    this.draw.persist(line);
    this.show();
  }

  /** What was seen last stays on the terminal. */
  stop(): void {
    process.stderr.off('resize', this.redraw);
    this.draw.done();
  }

  private async readCurves(snapshot: Snapshot): Promise<void> {
    const stage = stageInView(snapshot);
    if (this.reader === null || stage === undefined || this.reading) return;
    this.reading = true;
    this.curves = { stage: stage.name, lines: await this.reader.read(stage.key) };
    this.reading = false;
  }

  private show(): void {
    if (this.seen === undefined) return;
    const { columns = 80, rows = 24 } = process.stderr;
    const view = drawView(this.seen, { columns, rows });
    const count = view.split('\n').length;
    // The library's patch of a frame that grew or shrank leaves lines of the old one.
    if (count !== this.drawnLines) this.draw.clear();
    this.drawnLines = count;
    this.draw(view);
  }
}
