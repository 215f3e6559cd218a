/** Waits for a Temporal server that is not up yet: NativeConnection.connect fails at once and does not try again by itself. */
import { setTimeout as sleep } from 'node:timers/promises';
import { NativeConnection } from '@temporalio/worker';
import type { Logger } from 'pino';

const PAUSE_MS = 500;
const SAY_EVERY = 10;

export async function connectWorker(address: string, logger: Logger, signal: AbortSignal): Promise<NativeConnection> {
  for (let tries = 0; ; tries++) {
    try {
      return await NativeConnection.connect({ address });
    } catch (error) {
      signal.throwIfAborted();
      if (tries % SAY_EVERY === 0)
        logger.warn(
          { address, reason: error instanceof Error ? error.message : String(error) },
          'waiting for the Temporal server',
        );
      await sleep(PAUSE_MS, undefined, { signal });
    }
  }
}
