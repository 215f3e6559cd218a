/** The model and its app on a socket, until it is told to end: then what was asked is answered, and nothing more is taken. */
import type { Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { serve } from '@hono/node-server';
import { StagewrightError } from '../core/failures.js';
import { Sampler, SAMPLER_WIDTH, type WeightsFile } from '../trainers/onnx/sampler.js';
import { createApp } from './app.js';
import { Batcher } from './batcher.js';

export interface ServingOptions {
  readonly weights: WeightsFile;
  readonly modelName: string;
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  readonly threads: number;
  readonly strict: boolean;
  readonly key: string | null;
  /** Most questions that wait. */
  readonly queue: number;
  readonly onError: (error: unknown) => void;
}

export interface Serving {
  readonly url: string;
  /** Resolves when the last answer is out, or after ENDING_MS. */
  close(): Promise<void>;
}

const WINDOW_MS = 3;
const BODY_BYTES = 32 * 1024 * 1024;
const ENDING_MS = 10_000;
const DRAIN_MS = 200;
const LOOK_MS = 10;

/** @throws StagewrightError DigestMismatch, SettingsMissing (the address cannot be had) */
export async function startServing(options: ServingOptions): Promise<Serving> {
  const { weights, threads, host, port } = options;
  const sampler = await Sampler.load(weights, threads);
  const batcher = new Batcher((draws) => sampler.draw(draws), {
    width: SAMPLER_WIDTH,
    windowMs: WINDOW_MS,
    most: options.queue,
  });
  let ending = false;
  const app = createApp({
    ...options,
    batcher,
    fingerprint: `weights-${weights.weightsSha256.slice(0, 12)}`,
    bodyBytes: BODY_BYTES,
    ending: () => ending,
  });
  const { server, address } = await listen(app.fetch, host, port).catch(async (error: unknown) => {
    await sampler.release();
    throw error;
  });
  const underWay = new Set<ServerResponse>();
  server.on('request', (_, response) => {
    underWay.add(response);
    response.once('close', () => underWay.delete(response));
  });
  return {
    url: `http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`,
    close: async () => {
      ending = true;
      // What was sent before lies in sockets that look idle: it is told to come again, not cut off.
      await delay(DRAIN_MS);
      server.close();
      // A connection over which nothing was ever asked is not idle to Node, and would be waited for.
      for (let waited = 0; underWay.size > 0 && waited < ENDING_MS; waited += LOOK_MS) await delay(LOOK_MS);
      server.closeAllConnections();
      await sampler.release();
    },
  };
}

type Fetch = (request: Request) => Response | Promise<Response>;

function listen(fetch: Fetch, host: string, port: number): Promise<{ server: Server; address: AddressInfo }> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch, hostname: host, port }, (address) => resolve({ server, address })) as Server;
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        new StagewrightError(
          'SettingsMissing',
          `cannot listen on ${host}:${port}: ${error.message}`,
          {},
          { cause: error },
        ),
      ),
    );
  });
}
