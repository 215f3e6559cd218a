/**
 * The one table of commands: parser and help are made from it. Each names a module that is loaded only when the command runs,
 * so that help needs neither Temporal nor the trainer.
 */
import type { ExitCode } from './exit.js';

/** What a command is given: its arguments in order, then its options by name. */
export type Action = (args: readonly string[], options: Options) => Promise<ExitCode>;
export type Options = Readonly<Record<string, string | boolean | undefined>>;

export interface CommandSpec {
  /** Name and arguments as commander reads them: `<needed>`, `[optional]`. */
  readonly usage: string;
  readonly summary: string;
  readonly options: readonly (readonly [flags: string, description: string, fallback?: string])[];
  readonly load: () => Promise<Action>;
}

const json = ['--json', 'print JSON'] as const;

export const COMMANDS: readonly CommandSpec[] = [
  {
    usage: 'run <recipe>',
    summary: 'plan a recipe (a YAML file), start it, and watch it until it ends',
    options: [
      ['--detach', 'start it and return'],
      ['--replace', 'cancel another plan of this recipe that still runs; equal stages are reused'],
      ['--set-seed <n>', 'seed in place of the recipe’s'],
    ],
    load: async () => (await import('./commands/run.js')).run,
  },
  {
    usage: 'status [recipe]',
    summary: 'show curricula: all that run, or one by recipe file, recipe name or workflow id',
    options: [json],
    load: async () => (await import('./commands/status.js')).status,
  },
  {
    usage: 'logs <stage>',
    summary: 'print a trainer’s log; the stage by name, key or first letters of its key',
    options: [
      ['-f, --follow', 'go on as it grows'],
      ['--recipe <name>', 'recipe whose stage is meant'],
    ],
    load: async () => (await import('./commands/logs.js')).logs,
  },
  {
    usage: 'cancel <recipe>',
    summary: 'cancel a curriculum: checkpoint if the trainer can, then stop; equal stages are reused later',
    options: [],
    load: async () => (await import('./commands/cancel.js')).cancel,
  },
  {
    usage: 'answer <stage> <choice>',
    summary: 'answer a stage that waits for a person',
    options: [
      ['--reason <text>', 'recorded with the answer', ''],
      ['--recipe <name>', 'recipe whose stage is meant'],
    ],
    load: async () => (await import('./commands/answer.js')).answer,
  },
  {
    usage: 'up',
    summary: 'a local Temporal server and a worker with all roles, in the foreground',
    options: [['--port <n>', 'port of the server', '7233']],
    load: async () => (await import('./commands/up.js')).up,
  },
  {
    usage: 'worker',
    summary: 'a worker of one role, in the foreground; its settings come from the environment (docs/settings.md)',
    options: [['--role <role>', 'control, cpu, gpu or all', 'all']],
    load: async () => (await import('./commands/worker.js')).worker,
  },
  {
    usage: 'demo',
    summary: 'server, worker, the staged digits recipe, a table and a report: everything in one, on this machine',
    options: [
      ['--compare', 'also the merged and the visual-only recipe, from the same base'],
      ['--replace', 'cancel a changed recipe’s older plan that still runs'],
      ['--seed <n>', 'seed in place of the recipes’'],
      ['--home <folder>', 'folder for everything it keeps', '.stagewright/demo'],
      ['--recipe <file>', 'another recipe in place of the staged one'],
    ],
    load: async () => (await import('./commands/demo.js')).demo,
  },
  {
    usage: 'report <recipes...>',
    summary: 'tables of what the store holds of recipes, and one HTML file',
    options: [
      ['--out <file>', 'where the HTML goes', 'report.html'],
      ['--variant <names>', 'variants of the recipes in their place, side by side (separated by commas)'],
      ['--set-seed <n>', 'seed in place of the recipe’s'],
      ['--json', 'print the figures as JSON'],
    ],
    load: async () => (await import('./commands/report.js')).report,
  },
  {
    usage: 'checkpoints [what...]',
    summary:
      'checkpoints of the store: [list] [stage|recipe], verify [stage|recipe], pin <stage> <step>, unpin <stage> <step>',
    options: [
      ['--all', 'verify: also those that are not final, newest or pinned'],
      ['--recipe <name>', 'file, name or id of the recipe whose stage is meant'],
      ['--reason <text>', 'pin: why', ''],
      ['--actor <name>', 'pin: who; default: your user name'],
      json,
    ],
    load: async () => (await import('./commands/checkpoints.js')).checkpoints,
  },
  {
    usage: 'gc [stage]',
    summary: 'free what no stage needs; final, pinned and the newest two checkpoints stay, and what runs is left alone',
    options: [
      ['--dry-run', 'say what would go; delete nothing'],
      ['--offline', 'do not ask the server which unfinished stages are still wanted'],
      json,
    ],
    load: async () => (await import('./commands/gc.js')).gc,
  },
  {
    usage: 'export <stage>',
    summary:
      'weights of a finished stage, or of a checkpoint, as a folder of one’s own with a file that says where they come from',
    options: [
      ['--out <folder>', 'must not exist; default: the stage’s name and step'],
      ['--step <n>', 'of this checkpoint'],
      ['--format <format>', 'weights, or model: also the graphs of the embedded model', 'weights'],
      ['--recipe <name>', 'file, name or id of the recipe whose stage is meant'],
      json,
    ],
    load: async () => (await import('./commands/export.js')).exportAction,
  },
];
