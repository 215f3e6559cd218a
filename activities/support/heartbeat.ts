/** Keeps an activity alive and cancellable from a timer while it works. It proves that the worker lives, not that work advances. */
import { Context } from '@temporalio/activity';

const BEAT_MS = 2_000;

/** Ends as soon as the activity is cancelled; `work` should stop at `signal`. */
export async function withHeartbeat<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const context = Context.current();
  const timer = setInterval(() => context.heartbeat(), BEAT_MS);
  try {
    return await Promise.race([work(context.cancellationSignal), context.cancelled]);
  } finally {
    clearInterval(timer);
  }
}
