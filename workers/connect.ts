/** Waits for a Temporal server that is not up yet: NativeConnection.connect fails at once and does not try again by itself. */
import { setTimeout as sleep } from 'node:timers/promises';
import { NativeConnection } from '@temporalio/worker';
import type { Logger } from 'pino';
import { StagewrightError } from '../core/failures.js';
import type { ServerSettings } from './server-settings.js';

const PAUSE_MS = 500;
const SAY_EVERY = 10;

/** @throws StagewrightError SettingsMissing for what a Worker's connection cannot do */
export async function connectWorker(
  server: ServerSettings,
  logger: Logger,
  signal: AbortSignal,
): Promise<NativeConnection> {
  if (!server.verifyHost)
    throw new StagewrightError(
      'SettingsMissing',
      'a Worker always verifies the server’s certificate: take --tls-disable-host-verification (TEMPORAL_TLS_DISABLE_HOST_VERIFICATION) away and name the CA with --tls-ca-path',
    );
  const { address, apiKey, tls, metadata } = server;
  for (let tries = 0; ; tries++) {
    try {
      return await NativeConnection.connect({
        address,
        ...(apiKey === undefined ? {} : { apiKey }),
        ...(tls === undefined ? {} : { tls }),
        ...(metadata === undefined ? {} : { metadata: { ...metadata } }),
      });
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
