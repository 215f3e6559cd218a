/** From a command line's options to what an update is given. It knows the forms only; what is allowed the run itself says. */
import { userInfo } from 'node:os';
import { parse } from 'yaml';
import { z } from 'zod';
import type { Control } from '../client/control.js';
import { CURRICULUM_UPDATES, type CurriculumUpdate } from '../core/control.js';
import type { SettingChanges } from '../core/amend.js';
import { findSecret } from '../core/secrets.js';
import { hint } from '../core/nearest-name.js';
import { executionSchema } from '../core/recipe.js';
import type { Options } from './commands.js';
import { CommandError, EXIT } from './exit.js';

/** @throws CommandError (2) for an option of the wrong form */
export function controlOf(update: CurriculumUpdate, options: Options): Control {
  const by = { actor: text(options, 'actor') ?? userName(), reason: text(options, 'reason') ?? '' };
  switch (update) {
    case 'retry': {
      const set = parseSettings(options['set']);
      for (const key of Object.keys(set)) requireExecution(key);
      return {
        update,
        args: {
          ...by,
          ...(Object.keys(set).length === 0 ? {} : { set }),
          ...(options['restart'] === true ? { restart: true } : {}),
        },
      };
    }
    case 'skip': {
      const step = parseStep('--step', options['step']);
      return { update, args: { ...by, ...(step === undefined ? {} : { step }) } };
    }
    case 'amend': {
      const set = parseSettings(options['set']);
      const from = parseStep('--from', options['from']);
      const stage = text(options, 'stage');
      if (Object.keys(set).length === 0 && from === undefined)
        throw usage('amend needs --set key=value, or --from STEP to roll back');
      return {
        update,
        args: {
          ...by,
          set,
          ...(stage === undefined ? {} : { stage }),
          ...(from === undefined ? {} : { from }),
          ...(options['weightsOnly'] === true ? { weights_only: true } : {}),
        },
      };
    }
    case 'pause':
    case 'resume':
    case 'approve':
    case 'reject':
    case 'stop':
      return { update, args: by };
  }
}

export function isUpdate(name: string): name is CurriculumUpdate {
  return (CURRICULUM_UPDATES as readonly string[]).includes(name);
}

/** `key=value`, the value as YAML. @throws CommandError (2), with nothing of a secret in it */
export function parseSettings(given: Options[string]): SettingChanges {
  const set: SettingChanges = {};
  for (const one of Array.isArray(given) ? (given as readonly string[]) : []) {
    const at = one.indexOf('=');
    const key = one.slice(0, at).trim();
    if (at < 1 || key === '') throw usage('--set must be key=value, e.g. --set training.learning_rate=0.0002');
    if (Object.hasOwn(set, key)) throw usage(`--set ${key} is given twice`);
    const written = one.slice(at + 1);
    // As it is written first: what the parser complains about may quote it.
    const value = findSecret({ [key]: written }) !== null ? null : parseValue(key, written);
    if (value === null || findSecret({ [key]: value }) !== null)
      throw usage(
        `--set ${key} looks like a secret; secrets belong to the worker’s environment and never enter a run’s history`,
      );
    set[key] = value;
  }
  return set;
}

function parseValue(key: string, written: string): SettingChanges[string] {
  let value: unknown;
  try {
    value = parse(written);
  } catch (error) {
    const [reason = ''] = (error instanceof Error ? error.message : String(error)).split(' at line ');
    throw usage(`--set ${key}: its value is no YAML (${reason})`);
  }
  if (value === null || value === undefined) throw usage(`--set ${key} has no value`);
  const json = z.json().safeParse(value);
  if (!json.success) throw usage(`--set ${key}: its value must be a number, a word, true, false, a list or a map`);
  return json.data;
}

function requireExecution(key: string): void {
  const known = Object.keys(executionSchema.shape).map((name) => `execution.${name}`);
  if (known.includes(key)) return;
  const other = key.includes('.') && !key.startsWith('execution.');
  throw usage(
    `retry --set ${key}: only settings under execution: may be changed with a retry${other ? '; amend changes others' : ''} (${hint(key, known)})`,
  );
}

function parseStep(option: string, given: Options[string]): number | undefined {
  if (given === undefined) return undefined;
  const step = typeof given === 'string' && /^\d+$/u.test(given) ? Number(given) : NaN;
  if (!Number.isSafeInteger(step))
    throw usage(`${option} must be a step, a whole number from 0, not "${String(given)}"`);
  return step;
}

function text(options: Options, name: string): string | undefined {
  const value = options[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** A container may have no name for its user. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return 'unknown';
  }
}

function usage(message: string): CommandError {
  return new CommandError(message, EXIT.usage);
}
