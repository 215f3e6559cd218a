/**
 * What the derived sets of a recipe demand: inputs and generators that exist, no set made of itself, and weights that are trained
 * before the set is needed. Shapes are derived-data.ts's; which model answers where is for the worker to know.
 */
import { askedBy, inputsOf, isDerived, type DataSettings, type DerivedSettings } from './data-source.js';
import type { GeneratorSettings } from './generators.js';
import { hint } from './nearest-name.js';
import type { Complaint } from './recipe-checks.js';

interface Parts {
  readonly data: Readonly<Record<string, DataSettings>>;
  readonly generators?: Readonly<Record<string, GeneratorSettings>> | undefined;
  readonly stages: readonly { readonly name: string; readonly data: string }[];
  readonly evaluation?: { readonly data: readonly string[]; readonly after: 'each' | 'last' } | undefined;
}

/** @param order names of the stages that run */
export function derivedComplaints(recipe: Parts, order: readonly string[]): Complaint[] {
  const found = [...unknownStages(recipe), ...ownNames(recipe), ...cycles(recipe)];
  // Who needs what when cannot be told of sets that do not exist.
  return found.length > 0 ? found : tooEarly(recipe, order);
}

function unknownStages({ generators = {}, stages }: Parts): Complaint[] {
  const known = stages.map((stage) => stage.name);
  return Object.entries(generators).flatMap(([name, settings]) =>
    settings.kind !== 'onnx' || known.includes(settings.stage)
      ? []
      : [
          {
            path: ['generators', name, 'stage'],
            message: `no stage "${settings.stage}"; ${hint(settings.stage, known)}`,
          },
        ],
  );
}

type Field = readonly (string | number)[];

function ownNames({ data, generators = {} }: Parts): Complaint[] {
  const sets = Object.keys(data);
  const models = Object.keys(generators);
  return Object.entries(data).flatMap(([name, settings]) => {
    if (!isDerived(settings)) return [];
    const complain = (field: Field, message: string): Complaint => ({ path: ['data', name, ...field], message });
    return [
      ...inputFields(settings)
        .filter(([, input]) => !sets.includes(input))
        .map(([field, input]) => complain(field, `no data set "${input}"; ${hint(input, sets)}`)),
      ...askedFields(settings).flatMap(([field, asked]) => {
        const generator = Object.hasOwn(generators, asked) ? generators[asked] : undefined;
        if (generator === undefined)
          return [
            complain(
              field,
              `no generator "${asked}"; ${models.length === 0 ? 'the recipe has none: add `generators`' : hint(asked, models)}`,
            ),
          ];
        const cannot = whyNot(settings, generator);
        return cannot === null ? [] : [complain(field, `generator "${asked}" ${cannot}`)];
      }),
    ];
  });
}

function whyNot({ generator }: DerivedSettings, { kind }: GeneratorSettings): string | null {
  if (kind === 'template' && generator !== 'synthesis') return 'is a template: it writes questions and answers none';
  if (kind === 'onnx' && generator === 'synthesis')
    return 'is the embedded model: it answers questions and writes none';
  return null;
}

function inputFields(settings: DerivedSettings): [Field, string][] {
  switch (settings.generator) {
    case 'synthesis':
      return [[['captions'], settings.captions]];
    case 'filter':
    case 'difficulty':
      return [[['of'], settings.of]];
    case 'overlap':
      return [
        [['of'], settings.of],
        ...settings.benchmarks.map((name, i): [Field, string] => [['benchmarks', i], name]),
      ];
  }
}

function askedFields(settings: DerivedSettings): [Field, string][] {
  switch (settings.generator) {
    case 'synthesis':
    case 'difficulty':
      return [[['by'], settings.by]];
    case 'filter':
      return (['image_only', 'caption_only'] as const).flatMap((side) =>
        settings[side].map((name, i): [Field, string] => [[side, i], name]),
      );
    case 'overlap':
      return [];
  }
}

/** Each cycle once, at the set of it that stands first. */
function cycles({ data }: Parts): Complaint[] {
  const found: Complaint[] = [];
  const told = new Set<string>();
  const walk = (name: string, path: readonly string[]): void => {
    const at = path.indexOf(name);
    if (at >= 0) {
      const circle = path.slice(at);
      if (circle.some((one) => told.has(one))) return;
      circle.forEach((one) => told.add(one));
      found.push({ path: ['data', name], message: `"${name}" is made of itself: ${[...circle, name].join(' of ')}` });
      return;
    }
    for (const input of inputs(data, name)) walk(input, [...path, name]);
  };
  for (const name of Object.keys(data)) walk(name, []);
  return found;
}

function inputs(data: Parts['data'], name: string): readonly string[] {
  const settings = data[name];
  if (settings === undefined) return [];
  return settings.generator === 'union' ? settings.of : isDerived(settings) ? inputsOf(settings) : [];
}

/** Stages whose weights answer somewhere in the making of a set. */
function weightsIn({ data, generators = {} }: Parts, name: string): string[] {
  const settings = data[name];
  const own = settings !== undefined && isDerived(settings) ? askedBy(settings) : [];
  const stages = own.flatMap((asked) => {
    const generator = generators[asked];
    return generator?.kind === 'onnx' ? [generator.stage] : [];
  });
  return [
    ...new Set([
      ...stages,
      ...inputs(data, name).flatMap((input) => weightsIn({ data, generators, stages: [] }, input)),
    ]),
  ];
}

function tooEarly(recipe: Parts, order: readonly string[]): Complaint[] {
  const { stages, evaluation } = recipe;
  const found: Complaint[] = [];
  for (const [i, stage] of stages.entries()) {
    const at = order.indexOf(stage.name);
    if (at < 0) continue;
    for (const needed of weightsIn(recipe, stage.data))
      if (!order.slice(0, at).includes(needed))
        found.push({
          path: ['stages', i, 'data'],
          message: `"${stage.data}" is made with the weights of stage "${needed}", which does not run before stage "${stage.name}"`,
        });
  }
  // After each stage what ran so far is there; after the last, all.
  const there = evaluation?.after === 'last' ? order : order.slice(0, 1);
  for (const [i, name] of (evaluation?.data ?? []).entries())
    for (const needed of weightsIn(recipe, name))
      if (!there.includes(needed))
        found.push({
          path: ['evaluation', 'data', i],
          message: `"${name}" is made with the weights of stage "${needed}", which ${
            order.includes(needed)
              ? 'has not run when the first stage is evaluated; evaluate after "last"'
              : 'is not in the curriculum'
          }`,
        });
  return found;
}
