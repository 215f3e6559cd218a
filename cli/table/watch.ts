/** Commands that run a recipe and show what runs; cli/commands.ts puts the families together. */
import type { CommandSpec } from '../command-spec.js';
import { MEANT, json, seed, variant } from './common-options.js';

export const WATCH: readonly CommandSpec[] = [
  {
    group: 'Run and watch',
    usage: 'run <recipe>',
    summary: 'plan a recipe (a YAML file), start it, and watch it until it ends',
    options: [
      ['--detach', 'start it and return'],
      variant,
      ['--replace', 'cancel another plan of this recipe that still runs; equal stages are reused'],
      ['--anew', 'as the recipe says, without what an earlier run of it was amended to'],
      seed,
    ],
    more: 'The same plan again attaches to the run that is at it. Ctrl-C ends the watching only; the run goes on.',
    examples: ['stagewright run recipe.yaml', 'stagewright run recipe.yaml --variant frozen --detach'],
    server: true,
    load: async () => (await import('../commands/run.js')).run,
  },
  {
    group: 'Run and watch',
    usage: 'watch [recipe]',
    summary: 'watch a run: stages, rate, time left, curves, and what it asks; lines where there is no terminal',
    options: [variant],
    more: `${MEANT} A server or worker that is away is waited for.`,
    server: true,
    load: async () => (await import('../commands/watch.js')).watch,
  },
  {
    group: 'Run and watch',
    usage: 'list [recipe]',
    summary: 'runs on the server, newest first; of one recipe, or of all',
    options: [['--limit <n>', 'at most so many', '20'], json],
    server: true,
    load: async () => (await import('../commands/list.js')).list,
  },
  {
    group: 'Run and watch',
    usage: 'status [recipe]',
    summary: 'a run in full: states, gates, what it asks and the commands that answer, last control and failure',
    options: [variant, json],
    more: MEANT,
    server: true,
    load: async () => (await import('../commands/status.js')).status,
  },
  {
    group: 'Run and watch',
    usage: 'logs [recipe]',
    summary: 'print what trainers wrote, with secrets redacted; needs the store, and for a recipe’s file no server',
    options: [
      ['--stage <name>', 'of one stage: its name, or the first letters of its key'],
      ['-f, --follow', 'go on as it grows'],
      variant,
    ],
    more: 'The embedded trainer writes to it only what goes wrong: its steps and curves are in `watch`.',
    examples: ['stagewright logs recipe.yaml --stage perception -f'],
    server: true,
    load: async () => (await import('../commands/logs.js')).logs,
  },
];
