/**
 * What a host's profile says of EasyR1 besides command and home: `settings` of its entry in the STAGEWRIGHT_TRAINERS file. Places and
 * files only; what a stage trains with is the recipe's. Paths are looked at by prepare.ts, before anything is started.
 */
import { z } from 'zod';
import { StagewrightError } from '../../../core/failures.js';
import { hint } from '../../../core/nearest-name.js';
import type { TrainerProfile } from '../../../core/trainer-profile.js';
import { EASYR1_VERSIONS } from './version-names.js';

const path = z.string().min(1);

export const hostSettingsSchema = z.strictObject({
  /** A changed checkout is taken for this version. Its features are looked at all the same. */
  fork: z.enum(EASYR1_VERSIONS).optional(),
  /** A YAML file of EasyR1's settings, below all that is set by us. */
  config: path.optional(),
  /** A jinja file around each question. */
  format_prompt: path.optional(),
  /** `file.py:function` in place of our verifier: a published recipe's own rewards, unchanged. */
  reward_function: path.optional(),
  /** A set for EasyR1's own validation, `path` or `name@split`; without it, a few rows of the training set, which it insists on. */
  val_files: path.optional(),
  /** Short folder (Ray's sockets lie in it) for the temporary files of each attempt's own Ray. */
  ray_tmp: path.default('/tmp'),
});
export type HostSettings = z.infer<typeof hostSettingsSchema>;

/** @throws StagewrightError SettingsMissing naming the key and the nearest known one. */
export function hostSettings({ settings }: Pick<TrainerProfile, 'settings'>): HostSettings {
  const parsed = hostSettingsSchema.safeParse(settings);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const known = Object.keys(hostSettingsSchema.shape);
  const unknown = issue?.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
  const what =
    unknown === undefined
      ? `settings.${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'has another form'}`
      : `unknown setting "${unknown}"; ${hint(unknown, known)}`;
  throw new StagewrightError('SettingsMissing', `profile of trainer easyr1 (STAGEWRIGHT_TRAINERS): ${what}`, {
    key: unknown ?? issue?.path.join('.') ?? '',
  });
}
