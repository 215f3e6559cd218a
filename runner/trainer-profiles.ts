/**
 * Reads the host's file of trainers (STAGEWRIGHT_TRAINERS, core/trainer-profile.ts) and finds the profile of one. Read anew for each
 * launch, so that a mended file needs no new worker.
 */
import type { PlannedStage } from '../core/plan.js';
import { hint } from '../core/nearest-name.js';
import { trainerProfileSchema, trainerProfilesSchema, type TrainerProfile } from '../core/trainer-profile.js';
import { versionsOf } from '../core/trainer-versions.js';
import { openSettingsDocument, readSettingsText, type Complaint } from '../store/settings-document.js';
import type { Backend } from './backends/backend.js';
import { listBackends } from './backends/registry.js';
import { unknownPlaceholder } from './prefix.js';

const VARIABLE = 'STAGEWRIGHT_TRAINERS';

export interface TrainerProfiles {
  /** Null where the file has none for it: every field is then at its default. */
  of(trainer: PlannedStage['trainer']): TrainerProfile | null;
}
export const NO_PROFILES: TrainerProfiles = { of: () => null };
export const DEFAULT_PROFILE: TrainerProfile = trainerProfileSchema.parse({});

type Known = readonly Pick<Backend, 'name' | 'version' | 'versions'>[];

/** @param file null: none. @throws StagewrightError SettingsMissing with one line for each error. */
export async function readTrainerProfiles(file: string | null, known?: Known): Promise<TrainerProfiles> {
  if (file === null) return NO_PROFILES;
  return parseTrainerProfiles(await readSettingsText(file, VARIABLE), file, known ?? (await listBackends()));
}

/** @throws StagewrightError SettingsMissing */
export function parseTrainerProfiles(text: string, file: string, known: Known): TrainerProfiles {
  const secretsBelong = 'put it into the worker’s environment and name its variable under `secrets`';
  const document = openSettingsDocument({ text, file, variable: VARIABLE, secretsBelong });
  const parsed = trainerProfilesSchema.safeParse(document.value);
  document.refuse(
    parsed.success
      ? Object.entries(parsed.data.trainers).flatMap(([entry, profile]) => wrongIn(entry, profile, known))
      : document.complaintsOf(document.value, trainerProfilesSchema, parsed.error),
  );
  const profiles = new Map(Object.entries(parsed.data?.trainers ?? {}));
  return { of: ({ name, version }) => profiles.get(`${name}@${version}`) ?? profiles.get(name) ?? null };
}

function wrongIn(entry: string, profile: TrainerProfile, known: Known): Complaint[] {
  const path = ['trainers', entry];
  const complaints: Complaint[] = [];
  const [name = '', version] = entry.split('@', 2);
  const backend = known.find((one) => one.name === name);
  if (backend === undefined)
    complaints.push({
      path,
      message: `no trainer "${name}" is installed; ${hint(
        name,
        known.map((one) => one.name),
      )}`,
    });
  else if (version !== undefined && !versionsOf(backend).includes(version))
    complaints.push({
      path,
      message: `trainer ${name} has no version "${version}"; ${hint(version, versionsOf(backend))}`,
    });
  for (const key of ['prefix', 'stop'] as const) {
    const unknown = unknownPlaceholder(profile[key] ?? []);
    if (unknown !== null) complaints.push({ path: [...path, key], message: unknown });
  }
  return complaints;
}
