/**
 * Keeps a server at work while somebody asks: starts it at the first question, ends it when nobody has asked for a while, starts it
 * again when it died or hangs, and says so when its budget of restarts is spent. It asks nothing itself.
 */
import { StagewrightError } from '../core/failures.js';
import type { Clock } from './clock.js';
import type { ServedConfiguration } from './configuration.js';
import { orAborted } from './or-aborted.js';
import { lastLines, startServed, type ServedProcess } from './served-process.js';

export interface RunningServer {
  /** Aborted when it has died, or was given up. */
  readonly dead: AbortSignal;
  /** A question was answered. */
  answered(tokens: number): void;
  /** It hangs, or answers nothing but errors: it is ended. */
  condemn(why: string): void;
}

export interface Supervisor {
  /** Somebody asks, until the function that is returned is called. */
  enter(): () => void;
  /** @throws StagewrightError EndpointDown when it cannot be kept at work; the signal's reason */
  running(signal: AbortSignal): Promise<RunningServer>;
  /** Resolves when nothing of it is left. */
  close(): Promise<void>;
}

export interface SupervisorOptions {
  readonly name: string;
  readonly settings: ServedConfiguration;
  readonly port: number;
  readonly model: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly onEvent: (text: string) => void;
}

/** Between two shards pass moments; what holds a GPU for nobody is ended. */
const IDLE_MS = 60_000;
const LOOK_MS = 500;

interface Current extends RunningServer {
  readonly gone: Promise<void>;
}

export function createSupervisor(options: SupervisorOptions): Supervisor {
  const { name, settings, clock, onEvent } = options;
  const closing = new AbortController();
  let current: Promise<Current> | null = null;
  /** Of servers before: they have the port until they are gone. */
  let stopping: Promise<void> = Promise.resolve();
  let users = 0;
  let restarts = 0;
  let idle: NodeJS.Timeout | undefined;
  const what = `server of generator "${name}"`;

  /** @throws StagewrightError EndpointDown once the budget is spent. Whoever comes after a person has answered begins anew. */
  const countRestart = (why: string): void => {
    restarts += 1;
    onEvent(`${what}: ${why}`);
    if (restarts <= settings.restarts) return;
    const times = restarts;
    restarts = 0;
    throw new StagewrightError(
      'EndpointDown',
      `the ${what} failed ${times} ${times === 1 ? 'time' : 'times'}; the last: ${why}. Answers so far are journaled; see to its command, then retry`,
      { generator: name },
    );
  };

  const begin = async (): Promise<Current> => {
    await stopping;
    for (;;) {
      try {
        const process = await startServed({ ...options, signal: closing.signal });
        onEvent(`${what}: at work on port ${options.port}`);
        return watched(process);
      } catch (error) {
        closing.signal.throwIfAborted();
        countRestart(error instanceof Error ? error.message : String(error));
        await clock.sleep(LOOK_MS, closing.signal);
      }
    }
  };

  const watched = (process: ServedProcess): Current => {
    const dead = new AbortController();
    const since = clock.now();
    let last = since;
    let tokens = 0;
    const die = (why: string): void => {
      if (dead.signal.aborted) return;
      const rate = tokens / Math.max(0.001, (clock.now() - since) / 1000);
      onEvent(`${what}: ${tokens} tokens, ${rate.toFixed(1)} a second`);
      dead.abort(new Error(why));
    };
    void process.ended.then(die);
    const looks = setInterval(() => {
      // While nobody asks, silence is no stall.
      if (users === 0) last = clock.now();
      else if (clock.now() - last > settings.stall_seconds * 1000)
        die(`no token in ${settings.stall_seconds} s while questions wait`);
    }, LOOK_MS);
    looks.unref();
    const gone = new Promise<void>((resolve) => {
      dead.signal.addEventListener('abort', () => {
        clearInterval(looks);
        void process.stop().then(resolve);
      });
    });
    const { signal } = dead;
    return {
      dead: signal,
      gone,
      answered: (count) => {
        tokens += count;
        last = clock.now();
      },
      condemn: (why) => die(`${why}${process.log() === '' ? '' : `. Its last words:\n${lastLines(process.log())}`}`),
    };
  };

  const again = async (before: Current): Promise<Current> => {
    await before.gone;
    const reason: unknown = before.dead.reason;
    countRestart(reason instanceof Error ? reason.message : String(reason));
    return begin();
  };

  /** A failure is told to those who wait for it; who comes later begins anew. */
  const held = (promise: Promise<Current>): Promise<Current> => {
    promise.catch(() => {
      if (current === promise) current = null;
    });
    return promise;
  };
  const end = (): Promise<void> => {
    const ended = current?.catch(() => null);
    current = null;
    stopping = stopping.then(async () => {
      const server = await ended;
      server?.condemn('nobody asks');
      await server?.gone;
    });
    return stopping;
  };

  return {
    enter: () => {
      users += 1;
      clearTimeout(idle);
      return () => {
        users -= 1;
        if (users > 0) return;
        idle = setTimeout(() => void end(), IDLE_MS);
        idle.unref();
      };
    },
    running: async (signal) => {
      for (;;) {
        const promise = (current ??= held(begin()));
        const server = await orAborted(promise, signal);
        if (!server.dead.aborted) return server;
        // Of several who find it dead, the first has it replaced.
        if (current === promise) current = held(again(server));
      }
    },
    close: async () => {
      closing.abort(new Error('the generator is closed'));
      clearTimeout(idle);
      await end();
    },
  };
}
