/** Commands to begin with; cli/commands.ts puts the families together. */
import type { CommandSpec } from '../command-spec.js';
import { json, seed, variant } from './common-options.js';

export const BEGIN: readonly CommandSpec[] = [
  {
    group: 'Begin',
    usage: 'init [file]',
    summary: 'write a first recipe with comments (default: recipe.yaml); never over a file that is there',
    options: [['--name <name>', 'name of the recipe (default: that of the file)']],
    examples: ['stagewright init my-recipe.yaml'],
    load: async () => (await import('../commands/init.js')).init,
  },
  {
    group: 'Begin',
    usage: 'demo',
    summary: 'server, worker, the staged digits recipe, a table and a report: everything in one, on this machine',
    options: [
      ['--compare', 'also the merged and the visual-only recipe, from the same base'],
      ['--replace', 'cancel a changed recipe’s older plan that still runs'],
      ['--seed <n>', 'seed in place of the recipes’'],
      ['--home <folder>', 'folder for everything it keeps', '.stagewright/demo'],
      ['--recipe <file>', 'another recipe in place of the staged one'],
    ],
    load: async () => (await import('../commands/demo.js')).demo,
  },
  {
    group: 'Begin',
    usage: 'plan <recipe>',
    summary: 'show what a recipe would run, take and lack, before anything runs',
    options: [
      variant,
      ['--all-variants', 'the recipe and all its variants, a line each, and what they cost together'],
      seed,
      json,
    ],
    more:
      'It asks no server and changes nothing: the store of STAGEWRIGHT_STORE says what is done already. What it shows as blocked, ' +
      '`run` refuses. Exit code 1 where the disk does not hold the checkpoints.',
    examples: ['stagewright plan recipe.yaml', 'stagewright plan recipe.yaml --all-variants'],
    load: async () => (await import('../commands/plan.js')).plan,
  },
];
