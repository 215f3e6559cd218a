/**
 * Where the rows of a data set come from, in a recipe (settings) and in a plan (derivation: what keys hash). Sources are told
 * apart by `generator`.
 */
import { z } from 'zod';
import { derivationKey } from './canonical-json.js';
import { sha256Schema } from './checkpoint.js';
import { derivedDerivations, derivedSettings } from './derived-data.js';
import { DIGITS_GENERATOR_VERSION, digitsDerivationSchema } from './digits/derivation.js';
import { StagewrightError } from './failures.js';
import { LATER_DATA_SETTINGS, withoutLaterDefaults } from './later-settings.js';

const folderSettingsSchema = z.strictObject({
  generator: z
    .literal('folder')
    .describe("One's own rows: a folder with rows.jsonl (core/row.ts) and its images, relative to the recipe's file."),
  path: z.string().min(1),
});

const captionsSettingsSchema = z.strictObject({
  generator: z
    .literal('captions')
    .describe(
      'Captions of images, as DOCCI and PixMo publish them: a folder with captions.jsonl ({example_id, image_file, description} or {image_url, caption}) and its images.',
    ),
  path: z.string().min(1).describe("Folder, relative to the recipe's file."),
});

const unionSettingsSchema = z.strictObject({
  generator: z
    .literal('union')
    .describe('Rows of other entries of `data`, one set after the other: what a merged stage trains on.'),
  of: z.array(z.string().min(1)).min(2),
});

/** Settings as a recipe gives them. `seed` defaults to the recipe's; versions and digests are the planner's. */
export const dataSchema = z.discriminatedUnion('generator', [
  digitsDerivationSchema
    .omit({ version: true, digits_sha256: true, seed: true })
    .extend({ seed: z.int().min(0).optional() }),
  folderSettingsSchema,
  captionsSettingsSchema,
  ...derivedSettings,
  unionSettingsSchema,
]);
export type DataSettings = z.infer<typeof dataSchema>;

const partDerivationSchema = z.discriminatedUnion('generator', [
  digitsDerivationSchema,
  z.strictObject({ generator: z.literal('folder'), content_sha256: sha256Schema }),
  z.strictObject({ generator: z.literal('captions'), content_sha256: sha256Schema }),
  ...derivedDerivations,
]);
export type PartDerivation = z.infer<typeof partDerivationSchema>;

export const dataDerivationSchema = z.discriminatedUnion('generator', [
  ...partDerivationSchema.options,
  z.strictObject({ generator: z.literal('union'), of: z.array(partDerivationSchema).min(2) }),
]);
export type DataDerivation = z.infer<typeof dataDerivationSchema>;

/** What identifies a data set's rows, wherever they are named. */
export function dataKey(derivation: DataDerivation): string {
  const material = (part: PartDerivation): object => withoutLaterDefaults(part, LATER_DATA_SETTINGS);
  return derivationKey(
    derivation.generator === 'union' ? { ...derivation, of: derivation.of.map(material) } : material(derivation),
  );
}

export interface DataFacts {
  readonly digits_sha256: string;
  /** Of each `folder` and `captions` source, by the path that the recipe gives: where it is and the sha256 over its content. */
  readonly folders: Readonly<Record<string, { readonly folder: string; readonly content_sha256: string }>>;
}

export type PartSettings = Exclude<DataSettings, { generator: 'union' }>;
/** Sets that are made of nothing but their own settings and files. */
export type SourceSettings = Extract<PartSettings, { generator: 'digits' | 'folder' | 'captions' }>;
/** Sets that models make of other sets (derived-data.ts). */
export type DerivedSettings = Exclude<PartSettings, SourceSettings>;
export type DerivedDerivation = Exclude<PartDerivation, { generator: 'digits' | 'folder' | 'captions' }>;

export function isDerived<T extends { readonly generator: string }>(
  set: T,
): set is Extract<T, { generator: 'synthesis' | 'filter' | 'difficulty' | 'overlap' }> {
  return ['synthesis', 'filter', 'difficulty', 'overlap'].includes(set.generator);
}

/** Names of the sets that a derived one is made of, in order. */
export function inputsOf(settings: DerivedSettings): string[] {
  switch (settings.generator) {
    case 'synthesis':
      return [settings.captions];
    case 'filter':
    case 'difficulty':
      return [settings.of];
    case 'overlap':
      return [settings.of, ...settings.benchmarks];
  }
}

/** Names of the generators that a derived set asks. */
export function askedBy(settings: DerivedSettings): string[] {
  switch (settings.generator) {
    case 'synthesis':
    case 'difficulty':
      return [settings.by];
    case 'filter':
      return [...new Set([...settings.image_only, ...settings.caption_only])];
    case 'overlap':
      return [];
  }
}

export interface ResolvedPart {
  readonly derivation: PartDerivation;
  /** Absolute path of one's own rows; null for generated data. Not part of any key. */
  readonly folder: string | null;
}

/** @throws StagewrightError UnknownName when a folder was not read by whoever made the facts. */
export function resolveSource(settings: SourceSettings, recipeSeed: number, facts: DataFacts): ResolvedPart {
  switch (settings.generator) {
    case 'folder':
    case 'captions': {
      const found = Object.hasOwn(facts.folders, settings.path) ? facts.folders[settings.path] : undefined;
      if (found === undefined) throw new StagewrightError('UnknownName', `data folder ${settings.path} was not read`);
      return {
        derivation: { generator: settings.generator, content_sha256: found.content_sha256 },
        folder: found.folder,
      };
    }
    case 'digits': {
      const filled = {
        ...settings,
        seed: settings.seed ?? recipeSeed,
        version: DIGITS_GENERATOR_VERSION,
        digits_sha256: facts.digits_sha256,
      };
      return { derivation: digitsDerivationSchema.parse(filled), folder: null };
    }
  }
}
