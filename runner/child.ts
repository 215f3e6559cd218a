/** One program of a run (trainer, exporter): its own process group, its log, its end. Ending it is a ladder, proved by a sweep. */
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { setTimeout as delay } from 'node:timers/promises';
import type { Command, Launch } from '../core/launch.js';
import { createLineRedactor } from '../core/redact.js';
import { faultOf } from '../store/faults.js';
import type { Exit } from './exit-verdict.js';
import { kill, MARKER_VARIABLE, sweep } from './processes.js';

const TAIL_CHARS = 16 * 1024;
/** What a program wrote last may arrive after its end is known; its children may hold the pipe open for ever. */
const DRAIN_MS = 300;
/** A line that is not ended is written after this much silence. */
const FLUSH_MS = 1_000;

export interface Child {
  readonly pid: number | null;
  readonly exited: Promise<Exit>;
  /** Null while it runs. */
  exit(): Exit | null;
  /** SIGTERM; it may save. After `graceMs` its group is killed. Does not wait. */
  stop(graceMs: number): void;
  /** SIGKILL of the group and of all with the run's marker; returns pids that survive. */
  destroy(): Promise<number[]>;
  /** The last 16 kB that it wrote, without secrets, also when the log's disk is full. */
  log(): string;
}

/** @throws StagewrightError when the log cannot be opened. */
export function startChild(launch: Launch, command: Command, logFile: string): Child {
  let log: number;
  try {
    mkdirSync(dirname(logFile), { recursive: true });
    log = openSync(logFile, 'a');
  } catch (error) {
    throw faultOf(error, logFile);
  }
  const [program = '', ...args] = command.argv;
  const child = spawn(program, args, {
    cwd: command.cwd,
    detached: true,
    // Through this process, so that last words about a full disk are heard although the log cannot hold them.
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      ...command.env,
      [MARKER_VARIABLE]: launch.marker,
      // Empty hides all GPUs from a stage that leased none.
      CUDA_VISIBLE_DEVICES: launch.devices.join(','),
    },
  });
  let tail = '';
  const write = (text: string): void => {
    tail = (tail + text).slice(-TAIL_CHARS);
    try {
      if (text !== '') writeSync(log, text);
    } catch {
      // A log that cannot be written is no reason to end a training.
    }
  };
  // Apart: their lines must not be mixed. The store never holds a token that a trainer printed.
  const streams = [child.stdout, child.stderr].map((stream) => {
    const redactor = createLineRedactor();
    const text = new StringDecoder('utf8');
    let since = 0;
    stream.on('data', (bytes: Buffer) => {
      write(redactor.push(text.write(bytes)));
      since = performance.now();
    });
    // A prompt or a progress bar without an end of line is shown when nothing follows it.
    return { flush: (quietMs: number) => void (performance.now() - since >= quietMs && write(redactor.flush())) };
  });
  const flush = (quietMs = 0): void => streams.forEach((stream) => stream.flush(quietMs));
  const flusher = setInterval(flush, FLUSH_MS, FLUSH_MS);
  let ended: Exit | null = null;
  const exited = new Promise<Exit>((resolve) => {
    const end = (exit: Exit): void => {
      if (ended !== null) return;
      ended = exit;
      clearInterval(flusher);
      flush();
      child.stdout.destroy();
      child.stderr.destroy();
      closeSync(log);
      resolve(exit);
    };
    child.once('error', (error) => end({ code: null, signal: null, error: error.message }));
    child.once('exit', (code, signal) => void delay(DRAIN_MS).then(() => end({ code, signal, error: null })));
    child.once('close', (code, signal) => end({ code, signal, error: null }));
  });
  const { pid } = child;
  return {
    pid: pid ?? null,
    exited,
    exit: () => ended,
    stop(graceMs) {
      if (pid === undefined || ended !== null) return;
      kill(pid, 'SIGTERM');
      void Promise.race([exited, delay(graceMs)]).then(() => {
        if (ended === null) kill(-pid, 'SIGKILL');
      });
    },
    async destroy() {
      if (pid !== undefined) kill(-pid, 'SIGKILL');
      const left = await sweep(launch.marker);
      if (pid !== undefined && left.length === 0) await exited;
      return left;
    },
    log: () => tail,
  };
}
