/** Reads the worker's file of generators (store/settings-document.ts): what an entry means depends on what it is. */
import { openSettingsDocument, readSettingsText, type Complaint } from '../store/settings-document.js';
import {
  checkedEntry,
  entrySchema,
  isServed,
  NO_GENERATORS,
  rawFileSchema,
  type GeneratorConfiguration,
  type GeneratorsConfiguration,
} from './configuration.js';

const VARIABLE = 'STAGEWRIGHT_GENERATORS';

/** @param file null: none. @throws StagewrightError SettingsMissing with one line for each error. */
export async function readGeneratorsFile(file: string | null): Promise<GeneratorsConfiguration> {
  if (file === null) return NO_GENERATORS;
  return parseGenerators(await readSettingsText(file, VARIABLE), file);
}

/** @throws StagewrightError SettingsMissing */
export function parseGenerators(text: string, file: string): GeneratorsConfiguration {
  const secretsBelong = 'put it into the worker’s environment and name its variable (api_key_env)';
  const document = openSettingsDocument({ text, file, variable: VARIABLE, secretsBelong });
  const complaints: Complaint[] = [];
  const generators: Record<string, GeneratorConfiguration> = {};
  const outer = rawFileSchema.safeParse(document.value);
  if (!outer.success) complaints.push(...document.complaintsOf(document.value, rawFileSchema, outer.error));
  else
    for (const [name, raw] of Object.entries(outer.data.generators)) {
      const schema = entrySchema(raw);
      const parsed = schema.safeParse(raw);
      if (!parsed.success) {
        complaints.push(...document.complaintsOf(raw, schema, parsed.error, ['generators', name]));
        continue;
      }
      const entry = { kind: isServed(raw) ? 'served' : 'openai', ...parsed.data } as GeneratorConfiguration;
      const wrong = checkedEntry(entry);
      if (wrong !== null) complaints.push({ path: ['generators', name, 'limits', 'budget'], message: wrong });
      generators[name] = entry;
    }
  document.refuse(complaints);
  return { file, generators, images: outer.data?.images ?? NO_GENERATORS.images };
}
