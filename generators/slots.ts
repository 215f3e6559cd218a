/**
 * How many requests may be in flight: fewer as soon as the server is overloaded (half, once for all that were in flight then), more
 * by one after as many answers as are allowed at once. First come, first served, but those who come again before all others.
 */

export interface Slot {
  /** Once. */
  release(how: 'answered' | 'overloaded' | 'other'): void;
}

export interface Slots {
  /** @param again before those who were never here: what was begun is ended first. @throws the signal's reason */
  acquire(signal: AbortSignal, again?: boolean): Promise<Slot>;
  readonly limit: number;
}

export function createSlots(most: number): Slots {
  let limit = most;
  let inFlight = 0;
  let answers = 0;
  /** Counts the halvings: what was sent before one says nothing new. */
  let round = 0;
  const waiting: (() => void)[] = [];

  const grant = (): Slot => {
    inFlight += 1;
    const sentIn = round;
    return {
      release: (how) => {
        inFlight -= 1;
        if (how === 'overloaded' && sentIn === round) {
          round += 1;
          limit = Math.max(1, Math.floor(limit / 2));
          answers = 0;
        }
        if (how === 'answered' && (answers += 1) >= limit) {
          limit = Math.min(most, limit + 1);
          answers = 0;
        }
        while (inFlight < limit && waiting.length > 0) waiting.shift()?.();
      },
    };
  };

  return {
    get limit() {
      return limit;
    },
    acquire: (signal, again = false) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(reasonOf(signal));
        if (inFlight < limit) return resolve(grant());
        const enter = (): void => {
          signal.removeEventListener('abort', leave);
          resolve(grant());
        };
        const leave = (): void => {
          waiting.splice(waiting.indexOf(enter), 1);
          reject(reasonOf(signal));
        };
        signal.addEventListener('abort', leave, { once: true });
        if (again) waiting.unshift(enter);
        else waiting.push(enter);
      }),
  };
}

function reasonOf(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error('aborted', { cause: signal.reason });
}
