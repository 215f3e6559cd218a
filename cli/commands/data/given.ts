/** Options of the data commands, checked: what is needed and not given ends the command with what to do. */
import type { Options } from '../../commands.js';
import { CommandError, EXIT } from '../../exit.js';

export function needed(options: Options, name: string): string {
  const value = options[name];
  if (typeof value === 'string' && value !== '') return value;
  throw new CommandError(`--${flag(name)} is needed (--help says what it is)`, EXIT.usage);
}

export function neededFiles(options: Options, name: string): readonly string[] {
  const value = options[name];
  if (Array.isArray(value) && value.length > 0) return value as readonly string[];
  throw new CommandError(`--${flag(name)} is needed: one file or more`, EXIT.usage);
}

export function optional(options: Options, name: string): string | null {
  const value = options[name];
  return typeof value === 'string' && value !== '' ? value : null;
}

/** A share from 0 to 1. */
export function share(options: Options, name: string): number {
  const text = needed(options, name);
  const value = text.trim() === '' ? NaN : Number(text);
  if (value >= 0 && value <= 1) return value;
  throw new CommandError(`--${flag(name)} ${text} is no share from 0 to 1`, EXIT.usage);
}

/** Any number: the published script takes it as it is. */
export function ratio(options: Options, name: string): number {
  const text = needed(options, name);
  const value = text.trim() === '' ? NaN : Number(text);
  if (Number.isFinite(value)) return value;
  throw new CommandError(`--${flag(name)} ${text} is no number`, EXIT.usage);
}

export function integer(options: Options, name: string): bigint {
  const text = needed(options, name).trim();
  if (/^[-+]?[0-9]+$/.test(text)) return BigInt(text.replace(/^\+/, ''));
  throw new CommandError(`--${flag(name)} ${text} is no integer`, EXIT.usage);
}

export function oneOf<T extends string>(options: Options, name: string, known: readonly T[]): T {
  const value = needed(options, name);
  const found = known.find((one) => one === value);
  if (found !== undefined) return found;
  throw new CommandError(`--${flag(name)} ${value}: it is one of ${known.join(', ')}`, EXIT.usage);
}

const flag = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
