/**
 * Asks a server for K samples of each row and writes them as difficulty.ts reads them. Answers are journaled in the store, like those
 * of a recipe's data stage: what was answered once is not asked again. The durable form of the same work is that stage.
 */
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { difficultyRequests } from '../../../core/data/difficulty.js';
import { dumps } from '../../../core/data/python-dumps.js';
import { JsonFault } from '../../../core/data/python-json.js';
import { isObject, type PyValue } from '../../../core/data/python-value.js';
import { gradableRow } from '../../../core/data/scored-row.js';
import { StagewrightError } from '../../../core/failures.js';
import { UNKNOWN_REASONS, type GenerationRequest, type Sampling } from '../../../core/generation.js';
import type { GeneratorIdentity } from '../../../core/generators.js';
import { askAll } from '../../../generators/ask-all.js';
import { readGeneratorsFile } from '../../../generators/configuration-file.js';
import type { Generator } from '../../../generators/generator.js';
import { ImageFault } from '../../../generators/image-fault.js';
import { folderImages, readImage, type PictureLimits } from '../../../generators/images.js';
import { openJournal, type Journal } from '../../../generators/journal.js';
import { openGenerator } from '../../../generators/registry.js';
import type { AsideFile } from '../../../store/aside-files.js';
import { rowBatches, type BatchedRow } from '../../../store/row-batches.js';
import { openStore } from '../../../store/store.js';

export interface SampleSettings {
  readonly input: string;
  readonly generator: string;
  readonly model: string;
  readonly revision: string;
  /** The worker's file of generators; null: none is set. */
  readonly file: string | null;
  readonly store: string;
  readonly imageFolder: string | null;
  readonly sampling: Sampling;
  readonly seed: number;
  readonly samples: number;
}

interface Sampled {
  readonly samples: number;
  readonly reused: number;
  readonly unknown: number;
}

/** @throws StagewrightError SettingsMissing, EndpointDown, BudgetSpent: what was answered is journaled */
export async function sampleModel(settings: SampleSettings, out: AsideFile, signal: AbortSignal): Promise<Sampled> {
  const configuration = await readGeneratorsFile(settings.file);
  const identity: GeneratorIdentity = { kind: 'endpoint', model: settings.model, revision: settings.revision };
  const planned = { name: settings.generator, kind: 'openai' as const, model: null, identity };
  const store = await openStore(settings.store);
  const generator = await openGenerator(planned, { configuration, env: process.env, store });
  const journal = await openJournal(store.objects, identity, { owner: hostname() });
  const sampler = new Sampler(settings, generator, journal, configuration.images, signal);
  try {
    for await (const batch of rowBatches(settings.input)) await sampler.batch(batch, out);
    return sampler.counts;
  } finally {
    await journal.close();
    await generator.close();
  }
}

/** The questions of one row; where it cannot be asked, why. */
interface AskedRow {
  readonly id: string;
  readonly requests: readonly GenerationRequest[];
  readonly fault: string | null;
}

class Sampler {
  readonly counts = { samples: 0, reused: 0, unknown: 0 };
  private readonly folder: string;

  constructor(
    private readonly settings: SampleSettings,
    private readonly generator: Generator,
    private readonly journal: Journal,
    private readonly limits: PictureLimits,
    private readonly signal: AbortSignal,
  ) {
    this.folder = settings.imageFolder ?? dirname(settings.input);
  }

  async batch(rows: readonly BatchedRow[], out: AsideFile): Promise<void> {
    const paths = new Map<string, string>();
    const asked: AskedRow[] = [];
    for (const row of rows) {
      const one = await this.questionsOf(row, paths);
      if (one !== null) asked.push(one);
    }
    const requests = asked.flatMap((one) => one.requests);
    const said = new Map<number, Record<string, PyValue>>();
    const options = {
      images: folderImages(this.folder, (sha256) => paths.get(sha256), this.limits),
      signal: this.signal,
    };
    for await (const { index, outcome, cached } of askAll(this.generator, this.journal, requests, options)) {
      this.counts.reused += Number(cached);
      said.set(
        index,
        outcome.kind === 'answer'
          ? { text: outcome.answer.text }
          : { text: null, unknown: `${UNKNOWN_REASONS[outcome.reason]}: ${outcome.message}` },
      );
    }
    let first = 0;
    for (const { id, requests: own, fault } of asked) {
      for (let sample = 0; sample < this.settings.samples; sample += 1) {
        const found = said.get(first + sample) ?? { text: null, unknown: fault ?? 'it was not answered' };
        this.counts.samples += 1;
        this.counts.unknown += Number(found['text'] === null);
        out.textLine(dumps(new Map(Object.entries({ id, sample: BigInt(sample), ...found }))));
      }
      first += own.length;
    }
  }

  /** Null for a line that is no row: scoring tells of it. */
  private async questionsOf({ value, fault }: BatchedRow, paths: Map<string, string>): Promise<AskedRow | null> {
    if (fault !== null || !isObject(value)) return null;
    try {
      const { id, kind, answer } = gradableRow(value);
      const [problem, images] = [value.get('problem'), value.get('images') ?? []];
      if (typeof problem !== 'string') throw new JsonFault('there is no "problem"');
      if (!Array.isArray(images) || !images.every((path) => typeof path === 'string'))
        throw new JsonFault('"images" is no list of paths');
      const digests: string[] = [];
      try {
        for (const path of images) {
          const { sha256 } = await readImage(this.folder, path, this.limits);
          paths.set(sha256, path);
          digests.push(sha256);
        }
        const row = { id, kind, answer, problem, images };
        const { sampling, seed, samples } = this.settings;
        const by = this.generator.identity;
        return { id, requests: difficultyRequests(row, digests, { by, sampling, seed, samples }), fault: null };
      } catch (error) {
        const isRows = error instanceof StagewrightError && error.type === 'DataInvalid';
        if (!isRows && !(error instanceof ImageFault)) throw error;
        return { id, requests: [], fault: error.message };
      }
    } catch (error) {
      if (error instanceof JsonFault) return null;
      throw error;
    }
  }
}
