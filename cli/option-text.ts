/** An option's value where it is text. */
import type { Options } from './commands.js';

export function optionText(options: Options, name: string): string | undefined {
  const value = options[name];
  return typeof value === 'string' ? value : undefined;
}

export function optionFlag(options: Options, name: string): boolean {
  return options[name] === true;
}
