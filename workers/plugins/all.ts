/** Every plugin that stagewright has, for a Worker that does everything: one queue of one's own, or a host of its own. */
import type { Logger } from 'pino';
import { createLogger } from '../logging.js';
import type { Settings } from '../settings.js';
import type { DomainPlugin } from './domain-plugin.js';
import { ControlPlugin, DataPlugin, EvaluationPlugin, StorePlugin } from './domains.js';
import { InferencePlugin } from './inference.js';
import { TrainingPlugin } from './training.js';

export function stagewrightPlugins(
  settings: Settings,
  logger: Logger = createLogger({ level: settings.logLevel, format: settings.logFormat }),
): DomainPlugin[] {
  return [
    new ControlPlugin(),
    new StorePlugin(settings),
    new DataPlugin(settings),
    new InferencePlugin(settings),
    new EvaluationPlugin(settings),
    new TrainingPlugin(settings, logger),
  ];
}
