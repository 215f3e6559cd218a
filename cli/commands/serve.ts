/** `serve`: the embedded model with trained weights behind an OpenAI-compatible API, in the foreground, until it is told to end. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { modelOfStage } from '../../client/export-weights.js';
import { findOneStage } from '../../client/store-stages.js';
import { StagewrightError } from '../../core/failures.js';
import type { ServingOptions } from '../../serving/server.js';
import { readWeightsFolder } from '../../serving/weights-folder.js';
import { openStore } from '../../store/store.js';
import { exportedWeights, WEIGHTS_FILE } from '../../store/weights.js';
import type { Action, Options } from '../commands.js';
import { CommandError, EXIT, explain } from '../exit.js';
import { watchInterrupt } from '../interrupt.js';
import { settingsOf } from '../settings.js';
import { say } from '../watch-loudly.js';

const LOOPBACK = /^(localhost|127\..*|::1)$/;

export const serve: Action = async ([meant = ''], options) => {
  const { weights, name } = await weightsMeant(meant, options);
  const { startServing } = await import('../../serving/server.js');
  const key = process.env['STAGEWRIGHT_SERVE_KEY'] ?? '';
  const host = String(options['host']);
  const modelName = typeof options['modelName'] === 'string' ? options['modelName'] : name;
  const serving = await startServing({
    ...{ weights, host, modelName },
    port: numberOf(options, 'port', 0, 65_535),
    threads: numberOf(options, 'threads', 1, 64),
    queue: numberOf(options, 'queue', 64, 1_000_000),
    strict: options['strict'] === true,
    key: key === '' ? null : key,
    onError: (error) => say(explain(error)),
  });
  if (key === '' && !LOOPBACK.test(host))
    say('it listens beyond this machine without a key: set STAGEWRIGHT_SERVE_KEY');
  say(`${modelName}: sha256 ${weights.weightsSha256.slice(0, 12)} of ${weights.weightsFile}`);
  // From here on: whoever reads the address may tell it to end at once.
  const told = new Promise<void>((resolve) => watchInterrupt(resolve));
  process.stdout.write(`${serving.url}/v1\n`);
  await told;
  say('ending: what was asked is answered first');
  await serving.close();
  return EXIT.done;
};

/** @throws StagewrightError UnknownName */
async function weightsMeant(
  meant: string,
  options: Options,
): Promise<{ weights: ServingOptions['weights']; name: string }> {
  if (existsSync(join(meant, WEIGHTS_FILE))) return { weights: await readWeightsFolder(meant), name: 'stagewright' };
  const settings = settingsOf(options);
  const store = await openStore(settings.store, { create: false }).catch((error: unknown) => {
    throw new CommandError(
      `${meant} is no folder with ${WEIGHTS_FILE}, and stages are named in a store: ${explain(error)}`,
      EXIT.usage,
      { cause: error },
    );
  });
  const recipe = typeof options['recipe'] === 'string' ? options['recipe'] : undefined;
  const connect = async () => (await import('../../client/connection.js')).connect(settings);
  const stage = await findOneStage(store, meant, { recipe, connect });
  const result = await store.readResult(stage.key);
  const name = stage.name ?? stage.key.slice(0, 12);
  if (result === null)
    throw new StagewrightError(
      'UnknownName',
      `stage ${name} is not finished; \`stagewright export ${name} --step <n>\` makes a folder of a checkpoint's weights`,
    );
  const { file, sha256 } = exportedWeights(store, result);
  const model = await modelOfStage(store, stage);
  return {
    name,
    weights: { modelFolder: model.folder, modelSha256: model.sha256, weightsFile: file, weightsSha256: sha256 },
  };
}

function numberOf(options: Options, name: string, least: number, most: number): number {
  const text = String(options[name]);
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new CommandError(`--${name} is "${text}"; it is a whole number from ${least} to ${most}`, EXIT.usage);
}
