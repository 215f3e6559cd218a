/**
 * Asks models for derived data sets: by this worker's file of generators, with the journal of the store. What a generator's name
 * means here is read when the Worker is made, so that a mistake in the file stops it and not a run.
 */
import type { Worker } from '@temporalio/worker';
import { z } from 'zod';
import type { Answerer, Answerers } from '../../activities/data/derived/answerers.js';
import { createInferenceActivities } from '../../activities/data/derived/activities.js';
import type { GenerationAnswer } from '../../core/generation.js';
import type { PlannedGenerator } from '../../core/generators.js';
import { readGeneratorsFile } from '../../generators/configuration-file.js';
import type { GeneratorsConfiguration, ImageLimits, Price } from '../../generators/configuration.js';
import { createJournals, type Journals } from '../../generators/journals.js';
import { createGenerators, type Generators } from '../../generators/registry.js';
import { storeAt, type Store } from '../../store/store.js';
import { DomainPlugin, requireSettings } from './domain-plugin.js';

const settingsSchema = z.object({
  store: z.string().min(1),
  /** File of the servers that generators answer from; null = none. */
  generators: z.string().min(1).nullable(),
  host: z.string().min(1),
});
export type InferencePluginSettings = z.infer<typeof settingsSchema>;

const NAME = 'stagewright.inference';

/** Makes data sets that models help to make. */
export class InferencePlugin extends DomainPlugin {
  private readonly answerers: LateAnswerers;

  /** @param env where keys are, by the names that the file gives */
  constructor(settings: InferencePluginSettings, env: Readonly<Record<string, string | undefined>> = process.env) {
    const { store: folder, generators, host } = requireSettings(NAME, settingsSchema, settings);
    const store = storeAt(folder);
    const answerers = new LateAnswerers(store, generators, host, env);
    super({ name: NAME, activities: createInferenceActivities(store, answerers), store: folder });
    this.answerers = answerers;
  }

  override async prepare(): Promise<void> {
    await this.answerers.read();
    await super.prepare();
  }

  override async runWorker(worker: Worker, next: (worker: Worker) => Promise<void>): Promise<void> {
    try {
      await super.runWorker(worker, next);
    } finally {
      await this.answerers.close();
    }
  }
}

class LateAnswerers implements Answerers {
  private configuration: Promise<GeneratorsConfiguration> | undefined;
  private opened: { readonly generators: Generators; readonly journals: Journals } | undefined;

  constructor(
    private readonly store: Store,
    private readonly file: string | null,
    private readonly host: string,
    private readonly env: Readonly<Record<string, string | undefined>>,
  ) {}

  read(): Promise<GeneratorsConfiguration> {
    return (this.configuration ??= readGeneratorsFile(this.file));
  }

  async of(planned: PlannedGenerator): Promise<Answerer> {
    const configuration = await this.read();
    this.opened ??= {
      generators: createGenerators({ configuration, env: this.env, store: this.store }),
      journals: createJournals(this.store.objects, { owner: `${this.host}-${process.pid}` }),
    };
    const price = configuration.generators[planned.name]?.price;
    return {
      generator: await this.opened.generators.of(planned),
      journal: await this.opened.journals.of(planned.identity),
      costOf: (answer) => (price === undefined ? null : costOf(answer, price)),
    };
  }

  async imageLimits(): Promise<ImageLimits> {
    return (await this.read()).images;
  }

  async close(): Promise<void> {
    const { opened } = this;
    this.opened = undefined;
    await opened?.generators.close();
    await opened?.journals.close();
  }
}

function costOf({ prompt_tokens, completion_tokens }: GenerationAnswer, price: Price): number {
  return (prompt_tokens * price.prompt_million + completion_tokens * price.completion_million) / 1_000_000;
}
