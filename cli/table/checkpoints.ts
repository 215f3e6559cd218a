/** Commands that keep and free checkpoints; cli/commands.ts puts the families together. */
import type { CommandSpec } from '../command-spec.js';
import { json } from './common-options.js';

export const CHECKPOINTS: readonly CommandSpec[] = [
  {
    group: 'Checkpoints',
    usage: 'checkpoints [what...]',
    summary:
      'checkpoints of the store: [list] [stage|recipe], verify [stage|recipe], pin <stage> <step>, unpin <stage> <step>',
    options: [
      ['--all', 'verify: also those that are not final, newest or pinned'],
      ['--force', 'unpin: also what other stages hold'],
      ['--recipe <name>', 'file, name or id of the recipe whose stage is meant'],
      ['--reason <text>', 'pin: why', ''],
      ['--actor <name>', 'pin: who; default: your user name'],
      json,
    ],
    server: true,
    load: async () => (await import('../commands/checkpoints.js')).checkpoints,
  },
  {
    group: 'Checkpoints',
    usage: 'gc [stage]',
    summary: 'free what no stage needs; final, pinned and the newest two checkpoints stay, and what runs is left alone',
    options: [
      ['--dry-run', 'say what would go; delete nothing'],
      ['--offline', 'do not ask the server which unfinished stages are still wanted'],
      json,
    ],
    server: true,
    load: async () => (await import('../commands/gc.js')).gc,
  },
];
