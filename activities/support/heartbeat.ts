/** Keeps an activity alive and cancellable from a timer while it works. It proves that the worker lives, not that work advances. */
import { Context } from '@temporalio/activity';

const BEAT_MS = 2_000;

/** Beats while `work` runs, cancelled or not: cleaning up after a cancel must not time out either. */
export async function beating<T>(work: () => Promise<T>): Promise<T> {
  const context = Context.current();
  const timer = setInterval(() => context.heartbeat(), BEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}

/** The same, but ends as soon as the activity is cancelled; `work` should stop at `signal`. */
export function withHeartbeat<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const context = Context.current();
  return beating(() => Promise.race([work(context.cancellationSignal), context.cancelled]));
}

/** The same, with the details that `tell` was last given: what a watcher reads, and a later try of the activity. */
export function withDetails<T, Details>(
  work: (signal: AbortSignal, tell: (details: Details) => void) => Promise<T>,
): Promise<T> {
  const context = Context.current();
  let last: Details | undefined;
  const timer = setInterval(() => context.heartbeat(last), BEAT_MS);
  const told = (details: Details): void => {
    last = details;
  };
  return Promise.race([work(context.cancellationSignal, told), context.cancelled]).finally(() => clearInterval(timer));
}
