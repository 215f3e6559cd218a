/** The data sets of a plan: each with its derivation and key, and those that it is made of. Stages are plan.ts's. */
import {
  askedBy,
  dataKey,
  inputsOf,
  isDerived,
  resolveSource,
  type DerivedDerivation,
  type DerivedSettings,
  type PartDerivation,
  type PartSettings,
} from './data-source.js';
import { gradedBy } from './data/graded-by.js';
import { promptsSha256 } from './data/prompts.js';
import { DERIVED_VERSIONS } from './derived-data.js';
import { StagewrightError } from './failures.js';
import { TEMPLATE_VERSION, type GeneratorIdentity, type PlannedGenerator } from './generators.js';
import { hint } from './nearest-name.js';
import type { PlanFacts, PlannedData, PlannedStage } from './plan.js';
import type { Recipe } from './recipe.js';

/** What sets are planned from besides the recipe: facts, and the stages planned so far, whose weights may answer. */
export interface DataSite {
  readonly facts: PlanFacts;
  readonly before: readonly Pick<PlannedStage, 'name' | 'key' | 'model'>[];
}

/** @throws StagewrightError UnknownName, RecipeInvalid */
export function planData(recipe: Recipe, name: string, site: DataSite): PlannedData {
  const settings = pick(recipe.data, name, 'data set', `recipe ${recipe.name}`);
  if (settings.generator !== 'union') return planSet(recipe, name, settings, site);
  return uniteData(
    name,
    settings.of.map((part) => {
      const own = pick(recipe.data, part, 'data set', `data ${name}`);
      if (own.generator === 'union')
        throw new StagewrightError('RecipeInvalid', `data ${name}: "${part}" is a union itself; name its parts`);
      return planSet(recipe, part, own, site);
    }),
  );
}

/** A set without parts. */
type PlannedSet = Omit<PlannedData, 'parts' | 'derivation'> & { readonly derivation: PartDerivation };

/** The rows of several sets as one. */
export function uniteData(name: string, parts: readonly PlannedSet[]): PlannedData {
  const derivation = { generator: 'union' as const, of: parts.map((part) => part.derivation) };
  return { name, key: dataKey(derivation), derivation, folder: null, parts: [...parts] };
}

function planSet(recipe: Recipe, name: string, settings: PartSettings, site: DataSite): PlannedSet {
  if (isDerived(settings)) return planDerived(recipe, name, settings, site);
  const { derivation, folder } = resolveSource(settings, recipe.seed, site.facts);
  return { name, key: dataKey(derivation), derivation, folder };
}

function planDerived(recipe: Recipe, name: string, settings: DerivedSettings, site: DataSite): PlannedSet {
  const inputs = inputsOf(settings).map((input) => planData(recipe, input, site));
  const generators = askedBy(settings).map((asked) => planGenerator(recipe, asked, `data ${name}`, site));
  const derivation = derive(name, settings, recipe, { inputs, generators, facts: site.facts });
  return {
    name,
    key: dataKey(derivation),
    derivation,
    folder: null,
    inputs,
    generators,
    ...('max_unknown' in settings ? { max_unknown: settings.max_unknown } : {}),
  };
}

interface Made {
  readonly inputs: readonly PlannedData[];
  readonly generators: readonly PlannedGenerator[];
  readonly facts: PlanFacts;
}

function derive(name: string, settings: DerivedSettings, recipe: Recipe, made: Made): DerivedDerivation {
  const { inputs, generators, facts } = made;
  const { seed: recipeSeed } = recipe;
  const keyOf = (i: number): string => {
    const key = inputs[i]?.key;
    if (key === undefined) throw new StagewrightError('Internal', `data ${name}: input ${i} was not planned`);
    return key;
  };
  const identityOf = (asked: string): GeneratorIdentity =>
    pick(Object.fromEntries(generators.map((one) => [one.name, one.identity])), asked, 'generator', `data ${name}`);
  switch (settings.generator) {
    case 'synthesis': {
      const { captions: _, by, max_unknown: __, seed = recipeSeed, ...rest } = settings;
      const prompt_sha256 = promptsSha256('synthesis');
      const version = DERIVED_VERSIONS.synthesis;
      return { ...rest, version, captions: keyOf(0), by: identityOf(by), prompt_sha256, seed };
    }
    case 'filter': {
      const { of: _, image_only, caption_only, max_unknown: __, seed = recipeSeed, ...rest } = settings;
      return {
        ...rest,
        version: DERIVED_VERSIONS.filter,
        of: keyOf(0),
        image_only: image_only.map(identityOf),
        caption_only: caption_only.map(identityOf),
        prompt_sha256: promptsSha256('filter'),
        seed,
      };
    }
    case 'difficulty': {
      const { of: _, by, max_unknown: __, seed = recipeSeed, ...rest } = settings;
      return {
        ...rest,
        version: DERIVED_VERSIONS.difficulty,
        of: keyOf(0),
        by: identityOf(by),
        prompt_sha256: promptsSha256('difficulty'),
        verifier:
          recipe.verifier === undefined
            ? gradedBy(identityOf(by))
            : planVerifier(recipe.verifier, facts, `data ${name}`),
        seed,
      };
    }
    case 'overlap':
      return {
        generator: 'overlap',
        version: DERIVED_VERSIONS.overlap,
        of: keyOf(0),
        benchmarks: settings.benchmarks.map((_, i) => keyOf(i + 1)),
        drop: settings.drop,
      };
  }
}

function planGenerator(recipe: Recipe, name: string, where: string, { facts, before }: DataSite): PlannedGenerator {
  const settings = pick(recipe.generators ?? {}, name, 'generator', where);
  const { kind } = settings;
  switch (kind) {
    case 'onnx': {
      const stage = before.find((one) => one.name === settings.stage);
      if (stage === undefined)
        throw new StagewrightError(
          'RecipeInvalid',
          `${where}: generator "${name}" answers with the weights of stage "${settings.stage}", which does not run before`,
        );
      const model_sha256 = pick(facts.models, stage.model.name, 'model', where);
      return { name, kind, model: stage.model.name, identity: { kind, weights: stage.key, model_sha256 } };
    }
    case 'openai':
    case 'served': {
      const { model, revision } = settings;
      return { name, kind, model: null, identity: { kind: 'endpoint', model, revision } };
    }
    case 'template':
      return { name, kind, model: null, identity: { kind, version: TEMPLATE_VERSION } };
  }
}

/** @param name undefined: the installation's. @throws StagewrightError UnknownName */
export function planVerifier(name: string | undefined, facts: PlanFacts, where: string): PlanFacts['verifier'] {
  if (name === undefined || name === facts.verifier.name) return { ...facts.verifier };
  const known = facts.verifiers ?? {};
  const found = Object.hasOwn(known, name) ? known[name] : undefined;
  if (found !== undefined) return { name, version: found.version };
  const names = [...new Set([facts.verifier.name, ...Object.keys(known)])];
  throw new StagewrightError('UnknownName', `${where}: unknown verifier "${name}"; ${hint(name, names)}`, { name });
}

/** @throws StagewrightError UnknownName */
export function pick<T>(known: Readonly<Record<string, T>>, name: string, what: string, where: string): T {
  const found = Object.hasOwn(known, name) ? known[name] : undefined;
  if (found === undefined)
    throw new StagewrightError(
      'UnknownName',
      `${where}: unknown ${what} "${name}"; known: ${Object.keys(known).join(', ')}`,
    );
  return found;
}
