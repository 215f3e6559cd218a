/**
 * Whether an endpoint answers at all. After several failures in a row nothing more is sent, and a real completion of one token is
 * asked for again and again (an endpoint whose health page is fine may still hang): it answers, and the work goes on; it does not
 * for too long, and all who wait are told. What a single reply means is chat-reply.ts's.
 */
import { StagewrightError } from '../core/failures.js';
import { waitMs, type BackOff, type Clock } from './clock.js';
import { orAborted } from './or-aborted.js';

/** Failures in a row over the whole client before it is doubted. */
const DOUBT_AFTER = 5;
/** Failures without an answer between, however well probes went, that make an endpoint down once its patience is over too. */
const MOST_BARREN = 20;
/** Questions in a row that were given up while probes went well: then probes say nothing. */
const MOST_GIVEN_UP = 10;
/** Of its length: those who wait for the same moment come a little apart. */
const SPREAD = 0.1;

export interface Health {
  /** Before each request: waits while the endpoint is doubted or asks for a pause. @throws StagewrightError EndpointDown, or the signal's reason */
  open(signal: AbortSignal): Promise<void>;
  /** Of questions, so far. */
  readonly answers: number;
  /** A question was answered, or refused for what it is. */
  alive(answered: boolean): void;
  /** @throws StagewrightError EndpointDown when nothing else has happened for too long */
  failed(why: string): void;
  /** @throws StagewrightError EndpointDown when it has throttled everything for too long */
  throttled(afterMs: number | null, why: string): void;
  /** Returns once a probe went well. @throws StagewrightError EndpointDown */
  examine(why: string, signal: AbortSignal): Promise<void>;
  /** A question got no answer in all its tries. @throws StagewrightError EndpointDown when too many did in a row */
  gaveUp(why: string): void;
}

export interface HealthOptions {
  /** Null: it answers. Else why not. @throws StagewrightError EndpointDown when it cannot be used */
  readonly probe: () => Promise<string | null>;
  readonly backOff: BackOff;
  readonly patienceMs: number;
  readonly clock: Clock;
  /** `generator "x" at http://…`, for messages. */
  readonly what: string;
  /** Of the whole client. */
  readonly closed: AbortSignal;
}

export function createHealth({ probe, backOff, patienceMs, clock, what, closed }: HealthOptions): Health {
  let answers = 0;
  let failures = 0;
  let givenUp = 0;
  let barren = 0;
  let barrenSince = 0;
  let doubt: Promise<void> | null = null;
  let pausedUntil = -Infinity;
  let throttledSince: number | null = null;
  let throttles = 0;

  const down = (why: string): StagewrightError => {
    // Whoever comes after a person has answered begins anew.
    failures = 0;
    givenUp = 0;
    barren = 0;
    throttledSince = null;
    throttles = 0;
    return new StagewrightError(
      'EndpointDown',
      `${what} ${why}. Its answers so far are journaled; see to the server, then retry`,
    );
  };

  const doubted = async (first: string): Promise<void> => {
    const since = clock.now();
    let why = first;
    for (let tries = 1; ; tries += 1) {
      const failed = await probe();
      if (failed === null) {
        failures = 0;
        return;
      }
      why = failed;
      const wait = waitMs(backOff, tries);
      if (clock.now() + wait - since >= patienceMs)
        throw down(`answers nothing, also not a probe of one token (${tries} in a row): ${why}`);
      await clock.sleep(wait, closed);
    }
  };
  const begin = (why: string): Promise<void> => {
    doubt ??= doubted(why).finally(() => (doubt = null));
    // Those who wait for it are told; it may be that nobody does.
    doubt.catch(() => undefined);
    return doubt;
  };

  return {
    open: async (signal) => {
      for (;;) {
        signal.throwIfAborted();
        if (doubt !== null) await orAborted(doubt, signal);
        const pause = pausedUntil - clock.now();
        if (pause <= 0 && doubt === null) return;
        if (pause > 0) await clock.sleep(pause * (1 + SPREAD * Math.random()), signal);
      }
    },
    get answers() {
      return answers;
    },
    alive: (answered) => {
      failures = 0;
      throttledSince = null;
      throttles = 0;
      if (answered) {
        answers += 1;
        givenUp = 0;
        barren = 0;
      }
    },
    failed: (why) => {
      failures += 1;
      if (barren === 0) barrenSince = clock.now();
      barren += 1;
      if (barren >= MOST_BARREN && clock.now() - barrenSince >= patienceMs) throw down(unanswered(barren, why));
      if (failures >= DOUBT_AFTER) void begin(why);
    },
    throttled: (afterMs, why) => {
      const now = clock.now();
      throttledSince ??= now;
      // All that was in flight is throttled at once: that is one reason to wait longer, not many.
      if (now >= pausedUntil) throttles += 1;
      const until = Math.max(pausedUntil, now + (afterMs ?? waitMs(backOff, throttles)));
      if (until - throttledSince > patienceMs)
        throw down(
          `has answered nothing but "too many requests" and asks to wait ${Math.ceil((until - now) / 1000)} s more: ${why}`,
        );
      pausedUntil = until;
    },
    examine: (why, signal) => orAborted(begin(why), signal),
    gaveUp: (why) => {
      givenUp += 1;
      if (givenUp >= MOST_GIVEN_UP) throw down(unanswered(givenUp, why));
    },
  };
}

const unanswered = (requests: number, why: string): string =>
  `answers probes of one token, but none of the last ${requests} requests or questions: ${why}`;
