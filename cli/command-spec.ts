/** What a command is to the parser, to help and to docs/commands.md, and the headings that commands stand under. It names no command. */
import type { ExitCode } from './exit.js';

/** What a command is given: its arguments in order, then its options by name. */
export type Action = (args: readonly string[], options: Options) => Promise<ExitCode>;
/** A list where an option may be repeated. */
export type Options = Readonly<Record<string, string | boolean | readonly string[] | undefined>>;

/** A list as the fallback: the option may be repeated. */
export type OptionSpec = readonly [flags: string, description: string, fallback?: string | readonly string[]];

export const GROUPS = [
  'Begin',
  'Run and watch',
  'Control a run',
  'Data',
  'Results',
  'Checkpoints',
  'Server and workers',
] as const;
export type Group = (typeof GROUPS)[number];

/** Commands that are there for their sub-commands, by their first word. */
export const FAMILIES: Readonly<Record<string, { readonly group: Group; readonly summary: string }>> = {
  data: {
    group: 'Data',
    summary: 'make and look at data sets: questions, filters, orders; most work without a server',
  },
};

export interface CommandSpec {
  readonly group: Group;
  /** Name (two words: a family and its sub-command) and arguments as commander reads them: `<needed>`, `[optional]`. */
  readonly usage: string;
  readonly summary: string;
  readonly options: readonly OptionSpec[];
  /** What more there is to know; for its own help and docs/commands.md. */
  readonly more?: string;
  readonly examples?: readonly string[];
  /** It talks to the Temporal server, and takes cli/connection-options.ts too. */
  readonly server?: true;
  readonly load: () => Promise<Action>;
}
