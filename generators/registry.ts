/**
 * From the generator that a plan names to the one that answers: its kind by the plan, its address by the worker's configuration.
 * A process has one of each name, so that the limits of a name hold over all shards that run at once.
 */
import { assertNever } from '../core/assert-never.js';
import { canonicalJson } from '../core/canonical-json.js';
import { StagewrightError } from '../core/failures.js';
import type { GeneratorIdentity, PlannedGenerator } from '../core/generators.js';
import { hint } from '../core/nearest-name.js';
import { modelFolder } from '../store/models.js';
import type { Store } from '../store/store.js';
import { exportedWeights } from '../store/weights.js';
import type { GeneratorConfiguration, GeneratorsConfiguration } from './configuration.js';
import type { Generator } from './generator.js';
import { createOnnxGenerator } from './onnx.js';
import { endpointGenerator } from './openai.js';
import { servedGenerator } from './served.js';
import { createTemplateGenerator } from './template.js';

export interface GeneratorSite {
  readonly configuration: GeneratorsConfiguration;
  /** The worker's environment, for keys. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** For weights of earlier stages. */
  readonly store: Store;
  /** What a device lease adds for servers that are started: CUDA_VISIBLE_DEVICES, the holder's marker. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Starts, ends and speed of such servers, for the worker's log. */
  readonly onEvent?: (text: string) => void;
}

export interface Generators {
  /** Opened at first, then the same. @throws StagewrightError SettingsMissing */
  of(planned: PlannedGenerator): Promise<Generator>;
  close(): Promise<void>;
}

export function createGenerators(site: GeneratorSite): Generators {
  const open = new Map<string, Promise<Generator>>();
  return {
    of: (planned) => {
      const id = canonicalJson(planned);
      const held = open.get(id);
      if (held !== undefined) return held;
      const opening = openGenerator(planned, site);
      open.set(id, opening);
      // What was missing may be there next time.
      opening.catch(() => open.delete(id));
      return opening;
    },
    close: async () => {
      const all = [...open.values()];
      open.clear();
      for (const one of all) await (await one.catch(() => null))?.close();
    },
  };
}

/** @throws StagewrightError SettingsMissing */
export async function openGenerator(planned: PlannedGenerator, site: GeneratorSite): Promise<Generator> {
  const { kind } = planned;
  switch (kind) {
    case 'openai':
      return openEndpoint(planned, site);
    case 'served':
      return openServed(planned, site);
    case 'onnx':
      return openEmbedded(planned, site);
    case 'template':
      return createTemplateGenerator();
    default:
      return assertNever(kind);
  }
}

function openServed(planned: PlannedGenerator, site: GeneratorSite): Promise<Generator> {
  const { name } = planned;
  const { kind: _, ...settings } = configured(planned, site, 'served');
  const { env, environment = {}, onEvent } = site;
  return servedGenerator({
    ...{ name, settings, env, environment, identity: endpointIdentity(planned) },
    ...(onEvent === undefined ? {} : { onEvent }),
  });
}

/** CPU threads of the embedded model. */
const THREADS = 2;

/** Weights of an earlier stage, which whoever asks has verified (activities/store takeOver). */
async function openEmbedded({ name, identity, model }: PlannedGenerator, { store }: GeneratorSite): Promise<Generator> {
  if (identity.kind !== 'onnx' || model === null)
    throw new StagewrightError('Internal', `generator "${name}": its plan names no embedded model`);
  const result = await store.readResult(identity.weights);
  if (result === null)
    throw new StagewrightError('Internal', `generator "${name}": stage ${identity.weights} has no result in the store`);
  const weights = exportedWeights(store, result);
  return createOnnxGenerator({
    identity,
    modelFolder: await modelFolder({ name: model, sha256: identity.model_sha256 }),
    modelSha256: identity.model_sha256,
    weightsFile: weights.file,
    weightsSha256: weights.sha256,
    threads: THREADS,
  });
}

function openEndpoint(planned: PlannedGenerator, site: GeneratorSite): Generator {
  const { name } = planned;
  const { kind: _, api_key_env, ...settings } = configured(planned, site, 'openai');
  const identity = endpointIdentity(planned);
  return endpointGenerator({ name, identity, settings, apiKey: keyOf(name, api_key_env, site) });
}

function endpointIdentity({ name, identity }: PlannedGenerator): Extract<GeneratorIdentity, { kind: 'endpoint' }> {
  if (identity.kind === 'endpoint') return identity;
  throw new StagewrightError(
    'Internal',
    `generator "${name}": its plan has the identity of a ${identity.kind} generator`,
  );
}

/** @throws StagewrightError SettingsMissing */
function keyOf(name: string, variable: string | undefined, { env, configuration }: GeneratorSite): string | null {
  if (variable === undefined) return null;
  const key = env[variable];
  if (key === undefined || key === '')
    throw new StagewrightError(
      'SettingsMissing',
      `generator "${name}": ${configuration.file ?? ''} names ${variable} as the variable of its key, and this worker's environment lacks it`,
      { generator: name },
    );
  return key;
}

/** The worker's entry for a generator. @throws StagewrightError SettingsMissing */
export function configured<K extends GeneratorConfiguration['kind']>(
  { name }: PlannedGenerator,
  { configuration }: GeneratorSite,
  kind: K,
): Extract<GeneratorConfiguration, { kind: K }> {
  const { file, generators } = configuration;
  const entry = Object.hasOwn(generators, name) ? generators[name] : undefined;
  if (entry === undefined)
    throw new StagewrightError(
      'SettingsMissing',
      file === null
        ? `generator "${name}" answers from a server, and this worker has no file of generators: set STAGEWRIGHT_GENERATORS (docs/generators.md)`
        : `generator "${name}" is not in ${file}, this worker’s file of generators; ${hint(name, Object.keys(generators))}`,
      { generator: name },
    );
  if (!isKind(entry, kind))
    throw new StagewrightError(
      'SettingsMissing',
      `generator "${name}" is of kind ${kind} in the recipe, but ${file ?? ''} gives it ${entry.kind === 'served' ? 'a command (kind served)' : 'a base_url (kind openai)'}`,
      { generator: name },
    );
  return entry;
}

function isKind<K extends GeneratorConfiguration['kind']>(
  entry: GeneratorConfiguration,
  kind: K,
): entry is Extract<GeneratorConfiguration, { kind: K }> {
  return entry.kind === kind;
}
