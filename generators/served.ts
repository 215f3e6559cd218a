/**
 * A server that the worker starts for its questions and ends after them. It is asked as any other endpoint (openai.ts); here it is
 * started, watched and started again: what was answered before stands, what was not is asked again. Which devices it may use is
 * decided by whoever leases them, and comes in as its environment.
 */
import { StagewrightError } from '../core/failures.js';
import type { GenerationRequest } from '../core/generation.js';
import type { GeneratorIdentity } from '../core/generators.js';
import { systemClock, type Clock } from './clock.js';
import type { ServedConfiguration } from './configuration.js';
import type { Answered, AnswerOptions, Generator } from './generator.js';
import { endpointGenerator } from './openai.js';
import { freePort } from './served-process.js';
import { createSupervisor } from './supervisor.js';

export interface ServedOptions {
  /** The recipe's name for it, for messages. */
  readonly name: string;
  readonly identity: Extract<GeneratorIdentity, { kind: 'endpoint' }>;
  readonly settings: ServedConfiguration;
  /** The worker's environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What a device lease adds: CUDA_VISIBLE_DEVICES, the marker of its holder. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly clock?: Clock;
  /** Starts, ends, speed: for the worker's log. */
  readonly onEvent?: (text: string) => void;
}

/** @throws StagewrightError SettingsMissing when it needs devices and none were leased */
export async function servedGenerator(options: ServedOptions): Promise<Generator> {
  const { name, identity, settings, clock = systemClock, environment = {} } = options;
  if (settings.devices > 0 && environment['CUDA_VISIBLE_DEVICES'] === undefined)
    throw new StagewrightError(
      'SettingsMissing',
      `generator "${name}" needs ${settings.devices} devices, and none were leased for it; start its server by hand and give its base_url, or set devices: 0`,
      { generator: name },
    );
  // Kept over restarts, so that one client counts what was spent.
  const port = settings.port === 0 ? await freePort() : settings.port;
  const supervisor = createSupervisor({
    ...{ name, settings, port, clock },
    model: settings.model ?? identity.model,
    // Empty hides all GPUs from a server that leased none.
    env: { ...options.env, CUDA_VISIBLE_DEVICES: '', ...environment },
    onEvent: options.onEvent ?? (() => undefined),
  });
  const { command: _, port: __, env: ___, ...rest } = settings;
  const client = endpointGenerator({
    ...{ name, identity, clock, apiKey: null },
    settings: { ...rest, base_url: `http://127.0.0.1:${port}${settings.base_path}` },
  });

  return {
    identity,
    answer: async function* (batch, of): AsyncGenerator<Answered> {
      const left = new Map<number, GenerationRequest>(batch.entries());
      const leave = supervisor.enter();
      try {
        while (left.size > 0) {
          const server = await supervisor.running(of.signal);
          const indices = [...left.keys()];
          try {
            for await (const { index, outcome } of client.answer(
              [...left.values()],
              within(of, server.dead, indices),
            )) {
              const at = indices[index] as number;
              left.delete(at);
              if (outcome.kind === 'answer') server.answered(outcome.answer.completion_tokens);
              yield { index: at, outcome };
            }
          } catch (error) {
            of.signal.throwIfAborted();
            if (server.dead.aborted) continue;
            if (!(error instanceof StagewrightError && error.type === 'EndpointDown')) throw error;
            server.condemn(error.message);
          }
        }
      } finally {
        leave();
      }
    },
    spent: () => client.spent(),
    close: async () => {
      await client.close();
      await supervisor.close();
    },
  };
}

/** The options of a part of a batch, whose questions are `indices` of the whole. */
function within(of: AnswerOptions, dead: AbortSignal, indices: readonly number[]): AnswerOptions {
  const { known } = of;
  return {
    images: of.images,
    signal: AbortSignal.any([of.signal, dead]),
    ...(known === undefined ? {} : { known: (index: number) => known(indices[index] as number) }),
  };
}
