/** Commands that read what runs left, and the grader; cli/commands.ts puts the families together. */
import type { CommandSpec } from '../command-spec.js';
import { json, seed } from './common-options.js';
import { VERIFY_OPTIONS } from '../verify-options.js';

export const RESULTS: readonly CommandSpec[] = [
  {
    group: 'Results',
    usage: 'report <recipes...>',
    summary: 'tables of what the store holds of recipes, and one HTML file',
    options: [
      ['--out <file>', 'where the HTML goes', 'report.html'],
      ['--variant <names>', 'variants of the recipes in their place, side by side (separated by commas)'],
      seed,
      ['--json', 'print the figures as JSON'],
    ],
    server: true,
    load: async () => (await import('../commands/report.js')).report,
  },
  {
    group: 'Results',
    usage: 'compare <a> <b>',
    summary:
      'two runs on the same questions: settings that differ, paired differences with intervals, questions that changed',
    options: [['--out <file>', 'also as an HTML page, with pictures of the questions that changed'], json],
    more:
      'A run is named as recipe.yaml[:variant][#seed][@stage]; without a stage the last one that is evaluated. It reads the store alone. ' +
      'Only answers to the same rows are compared. Where no difference can be claimed, it says how large one this data would have shown.',
    examples: [
      'stagewright compare recipe.yaml recipe.yaml:merged',
      'stagewright compare recipe.yaml#1@base recipe.yaml#1@visual --out compared.html',
    ],
    server: true,
    load: async () => (await import('../commands/compare.js')).compare,
  },
  {
    group: 'Results',
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
    server: true,
    load: async () => (await import('../commands/export.js')).exportAction,
  },
  {
    group: 'Results',
    usage: 'grade',
    summary:
      'grade JSON lines {id, gold, pred, kind?, choices?} from standard input; verdicts go to standard output, in any order',
    options: [
      ['--verifier <name>', 'math, mcq, exact, format, reward, digits, or one of your own (docs/verifiers.md)', 'math'],
      ['--gold-check', 'grade each gold as its own answer: what it refuses no answer can earn'],
      ...VERIFY_OPTIONS,
    ],
    more:
      'Exit code 1 if a line was no item (its number is on standard error; all others are answered) or a gold was refused. ' +
      'Your own verifiers are in the module that STAGEWRIGHT_VERIFIERS names.',
    examples: ['stagewright grade <answers.jsonl >graded.jsonl', 'stagewright grade --unit required --hedge last'],
    load: async () => (await import('../commands/grade.js')).grade,
  },
];
