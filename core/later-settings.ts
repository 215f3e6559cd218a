/**
 * Settings that a later version added: outside a key for as long as they have their default, so that an upgrade never trains a
 * finished stage again. Add a line here with each new field of training.ts or of a data set's derivation.
 */
import { canonicalJson } from './canonical-json.js';

/** Field of training -> its default. None was added since keys began (version 0.1). */
export const LATER_SETTINGS: Readonly<Record<string, unknown>> = {};

/** Field of a data set's derivation -> its default. None was added since keys began. */
export const LATER_DATA_SETTINGS: Readonly<Record<string, unknown>> = {};

/** `settings` without the later ones that have their default. */
export function withoutLaterDefaults(
  settings: Readonly<Record<string, unknown>>,
  later: Readonly<Record<string, unknown>> = LATER_SETTINGS,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(settings).filter(
      ([name, value]) => !Object.hasOwn(later, name) || canonicalJson(value) !== canonicalJson(later[name]),
    ),
  );
}
