/**
 * Settings that a later version added to training: outside a key for as long as they have their default, so that an upgrade
 * never trains a finished stage again. Add a line here with each new field of training.ts.
 */

/** Field of training -> its default. None was added since keys began (version 0.1). */
export const LATER_SETTINGS: Readonly<Record<string, unknown>> = {};

/** `training` without the later settings that have their default. */
export function withoutLaterDefaults(
  training: Readonly<Record<string, unknown>>,
  later: Readonly<Record<string, unknown>> = LATER_SETTINGS,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(training).filter(
      ([name, value]) => !Object.hasOwn(later, name) || JSON.stringify(value) !== JSON.stringify(later[name]),
    ),
  );
}
