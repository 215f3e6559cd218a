/**
 * The one table of commands: parser, help and docs/commands.md are made from it; each family of commands has its file in table/. A
 * command names a module that is loaded only when it runs, so that help needs neither Temporal nor the trainer.
 */
import type { CommandSpec } from './command-spec.js';
import { BEGIN } from './table/begin.js';
import { CHECKPOINTS } from './table/checkpoints.js';
import { CONTROL } from './table/control.js';
import { DATA } from './table/data.js';
import { MACHINES } from './table/machines.js';
import { RESULTS } from './table/results.js';
import { WATCH } from './table/watch.js';

export { GROUPS, FAMILIES } from './command-spec.js';
export type { Action, CommandSpec, Group, OptionSpec, Options } from './command-spec.js';

export const COMMANDS: readonly CommandSpec[] = [
  ...BEGIN,
  ...WATCH,
  ...CONTROL,
  ...DATA,
  ...RESULTS,
  ...CHECKPOINTS,
  ...MACHINES,
];
