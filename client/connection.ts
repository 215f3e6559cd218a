/** A client of the Temporal server of the settings, or a clear error when nobody answers there. */
import { Client, Connection } from '@temporalio/client';
import type { Settings } from '../workers/settings.js';
import { tracingInterceptors } from './tracing.js';
import { StagewrightError } from '../core/failures.js';

/** A call that takes longer counts as "the server does not answer". */
export const CALL_MS = 5_000;

export async function connect(settings: Settings): Promise<Client> {
  try {
    const connection = await Connection.connect({ address: settings.address, connectTimeout: CALL_MS });
    return new Client({ connection, namespace: settings.namespace, interceptors: await tracingInterceptors(settings) });
  } catch (error) {
    throw new StagewrightError(
      'ServerUnreachable',
      `no Temporal server answers at ${settings.address}. Start one here with \`stagewright up\`, or set TEMPORAL_ADDRESS.`,
      { address: settings.address },
      { cause: error },
    );
  }
}

/** Every call of `work` gives up after `CALL_MS`. */
export function call<T>(client: Client, work: () => Promise<T>): Promise<T> {
  return client.withDeadline(Date.now() + CALL_MS, work);
}

/** True when the error says nothing about our request: the server is away, or nobody serves the queue just now. */
export function isUnanswered(error: unknown): boolean {
  // gRPC status: cancelled 1, unknown 2, deadline exceeded 4, failed precondition 9 (no poller for a query), unavailable 14.
  const seen = new Set<unknown>();
  for (let e = error; e instanceof Error && !seen.has(e); e = e.cause) {
    seen.add(e);
    const code = (e as { code?: unknown }).code;
    if (code === 1 || code === 2 || code === 4 || code === 9 || code === 14) return true;
  }
  return false;
}
