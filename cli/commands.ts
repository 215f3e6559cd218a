/**
 * The one table of commands: parser, help and docs/commands.md are made from it. Each names a module that is loaded only when the
 * command runs, so that help needs neither Temporal nor the trainer.
 */
import type { ExitCode } from './exit.js';
import { VERIFY_OPTIONS } from './verify-options.js';

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

const json = ['--json', 'print JSON'] as const;
const variant = ['--variant <name>', 'variant of the recipe'] as const;
const seed = ['--set-seed <n>', 'seed in place of the recipe’s'] as const;
const reason = ['--reason <text>', 'why; kept in the history', ''] as const;
const actor = ['--actor <name>', 'who asks; kept in the history (default: your user name)'] as const;

const MEANT =
  'The run is meant by its recipe’s file or name, or by its workflow id; without one, the only run that is open.';

const control = (
  name: string,
  summary: string,
  options: readonly OptionSpec[] = [],
  more?: string,
  examples?: readonly string[],
): CommandSpec => ({
  group: 'Control a run',
  usage: `${name} [recipe]`,
  summary,
  options: [...options, variant, reason, actor, json],
  more: more === undefined ? MEANT : `${more} ${MEANT}`,
  ...(examples === undefined ? {} : { examples }),
  server: true,
  load: async () => (await import('./commands/control.js')).controlAction(name),
});

const values = 'values are YAML: 3, 0.1, true, cosine, {kind: cosine, final: 0.1}';

export const COMMANDS: readonly CommandSpec[] = [
  {
    group: 'Begin',
    usage: 'init [file]',
    summary: 'write a first recipe with comments (default: recipe.yaml); never over a file that is there',
    options: [['--name <name>', 'name of the recipe (default: that of the file)']],
    examples: ['stagewright init my-recipe.yaml'],
    load: async () => (await import('./commands/init.js')).init,
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
    load: async () => (await import('./commands/demo.js')).demo,
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
    load: async () => (await import('./commands/plan.js')).plan,
  },
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
    load: async () => (await import('./commands/run.js')).run,
  },
  {
    group: 'Run and watch',
    usage: 'watch [recipe]',
    summary: 'watch a run: stages, rate, time left, curves, and what it asks; lines where there is no terminal',
    options: [variant],
    more: `${MEANT} A server or worker that is away is waited for.`,
    server: true,
    load: async () => (await import('./commands/watch.js')).watch,
  },
  {
    group: 'Run and watch',
    usage: 'list [recipe]',
    summary: 'runs on the server, newest first; of one recipe, or of all',
    options: [['--limit <n>', 'at most so many', '20'], json],
    server: true,
    load: async () => (await import('./commands/list.js')).list,
  },
  {
    group: 'Run and watch',
    usage: 'status [recipe]',
    summary: 'a run in full: states, gates, what it asks and the commands that answer, last control and failure',
    options: [variant, json],
    more: MEANT,
    server: true,
    load: async () => (await import('./commands/status.js')).status,
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
    load: async () => (await import('./commands/logs.js')).logs,
  },
  control(
    'pause',
    'save a checkpoint, stop the trainer and free its device; `resume` goes on from there',
    [],
    'Where a trainer cannot save on demand it stops at its last checkpoint, and the status says how many steps that costs.',
  ),
  control('resume', 'go on after `pause`'),
  control('approve', 'let a run past the gate that it waits at'),
  control('reject', 'end a run at the gate that it waits at; it ends as stopped'),
  control('retry', 'answer a stage that failed out of its tries: try again', [
    ['--set <key=value>', `change a setting under execution: first; may be repeated; ${values}`, []],
    ['--restart', 'forget all its checkpoints and begin it anew'],
  ]),
  control('skip', 'end the stage under way and hand over the weights of one of its checkpoints', [
    ['--step <n>', 'which; 0 = the weights that it started from (default: the newest)'],
  ]),
  control(
    'amend',
    'change settings of the stage under way, or of a later one',
    [
      ['--set <key=value>', `setting to change; may be repeated; ${values}`, []],
      ['--stage <name>', 'stage to change (default: the one under way)'],
      ['--from <step>', 'go on from this checkpoint in place of the newest: a roll-back'],
      ['--weights-only', 'take the checkpoint’s weights only: a break in lineage'],
    ],
    'A change of what the stage learns ends it as superseded; a new stage goes on from its checkpoint with optimizer, data position and step count.',
    [
      'stagewright amend --set training.learning_rate=0.0002 --reason "KL runs away"',
      'stagewright amend recipe.yaml --set training.kl_coefficient=0.02 --from 40',
    ],
  ),
  control('stop', 'end a run after the next checkpoint of the stage under way; it ends as stopped'),
  {
    group: 'Control a run',
    usage: 'cancel [recipe]',
    summary:
      'Temporal’s own cancel, as in its UI: checkpoint if the trainer can, then end; equal stages are reused later',
    options: [variant],
    more: MEANT,
    server: true,
    load: async () => (await import('./commands/cancel.js')).cancel,
  },
  {
    group: 'Data',
    usage: 'data parse',
    summary: 'questions from captions and the replies of a model to them, one reply for each caption, in order',
    options: [
      ['--captions <file>', 'captions, a JSON object a line; each becomes the `meta` of its question'],
      ['--replies <file>', '{"reply": text} lines'],
      ['--out <file>', 'where the questions go: {"generated", "meta"} lines'],
      ['--strict', 'check captions and questions too: the rules of the synthesis step'],
      ['--refused <file>', 'keep what was skipped, with file, line and reason'],
    ],
    more:
      'As published: the first ```json block of a reply is read and not checked further; replies without one are skipped, and counted ' +
      'on standard error. A caption that cannot be read, or one reply too few or too many, ends it with nothing written.',
    examples: ['stagewright data parse --captions captions.jsonl --replies replies.jsonl --out mcqs.jsonl'],
    load: async () => (await import('./commands/data/parse.js')).parse,
  },
  {
    group: 'Data',
    usage: 'data filter',
    summary:
      'the questions that the caption answers and the image alone does not, by the predictions of any number of models',
    options: [
      ['--mode <mode>', 'strict, or paper: as published', 'strict'],
      ['--mcq <file>', 'questions: {"generated", "meta"} lines'],
      ['--image-preds <files...>', 'predictions from the image alone, a file a model; all must be wrong', []],
      ['--caption-preds <files...>', 'predictions from the caption alone, a file a model; all must be right', []],
      ['--out <file>', 'where the questions that stay go, unchanged and in order'],
      [
        '--max-unknown <share>',
        'strict: most rows, as a share, that may be unknown; above it nothing is written',
        '0.01',
      ],
      ['--refused <file>', 'keep every row that is out, and every line that cannot be read, with the reason'],
    ],
    more:
      '`strict`: a row with an absent, failed or unparseable prediction is unknown: neither kept nor counted as wrong. `paper`: a missing ' +
      'prediction from the image counts as wrong, the last of two with one id counts, and a line that cannot be read ends it.',
    examples: [
      'stagewright data filter --mode paper --mcq mcqs.jsonl --image-preds img_7b.jsonl img_32b.jsonl --caption-preds cap_7b.jsonl cap_32b.jsonl --out filtered.jsonl',
    ],
    load: async () => (await import('./commands/data/filter.js')).filter,
  },
  {
    group: 'Data',
    usage: 'data format',
    summary: 'question rows as training rows, split into train, val and test by a hash of their ids, as published',
    options: [
      ['--input <file>', 'questions: {"generated", "meta"} lines'],
      ['--out-dir <folder>', 'gets train_, val_ and test_<prefix>.jsonl'],
      ['--prefix <name>', 'last part of the file names', 'stage1_perception'],
      ['--val-ratio <share>', 'share of val', '0.05'],
      ['--test-ratio <share>', 'share of test', '0.10'],
    ],
    examples: ['stagewright data format --input filtered.jsonl --out-dir formatted'],
    load: async () => (await import('./commands/data/format.js')).format,
  },
  {
    group: 'Data',
    usage: 'data curriculum',
    summary:
      'rows with pass rates from easy to hard, shuffled within a rate, as published; and without those of pass rate 1',
    options: [
      ['--input <files...>', 'rows with a `pass_rate` (without one: 0)', []],
      ['--out-dir <folder>', 'gets <name>_curriculum.jsonl and <name>_curriculum_filtered_new.jsonl for each input'],
      ['--ascending', 'from hard to easy'],
      ['--seed <n>', 'of the shuffles', '42'],
      [
        '--merged',
        'all inputs in one: merged_random, merged_random_filtered_new, merged_file_order and merged_file_order_filtered',
      ],
    ],
    more: 'An input that is missing or empty is left out, as published; it is told on standard error, and the exit code is 1.',
    examples: ['stagewright data curriculum --input passk_0.jsonl passk_1.jsonl --out-dir curriculum --merged'],
    load: async () => (await import('./commands/data/curriculum.js')).curriculum,
  },
  {
    group: 'Data',
    usage: 'data letters',
    summary:
      'the letter that each answer means, as the published filter reads it: {"id", "text"} lines in, {"id", "letter"} lines out',
    options: [],
    more:
      'No letter: "". Exit code 1 if a line was no such object (its number is on standard error; all others are answered). ' +
      'The product’s own reading of answers is `grade`.',
    examples: ['stagewright data letters <answers.jsonl >letters.jsonl'],
    load: async () => (await import('./commands/data/letters.js')).letters,
  },
  {
    group: 'Data',
    usage: 'data map',
    summary: 'rows as EasyR1 or TRL reads them, several sets in one file, in an order that its epochs do not spoil',
    options: [
      ['--input <files...>', 'sets, one after the other: rows.jsonl, or rows as the published scripts write them', []],
      ['--to <trainer>', 'easyr1 (`problem`, `images`, `answer`) or trl (`prompt`, `images`, `answer`)'],
      ['--out <file>', 'where the rows go'],
      ['--order <order>', 'within each set: file, easy_to_hard or hard_to_easy', 'file'],
      ['--epochs <n>', 'write all epochs out, for one pass of a trainer that would begin anew with each', '1'],
      [
        '--whole-batches-of <n>',
        'for a trainer that drops the last incomplete batch: the first rows come once more at the start',
      ],
      ['--capability <name>', 'of published rows, which do not say it'],
      ['--kind <name>', 'of published rows'],
    ],
    more:
      'Each mapping goes there and back without loss. A set that the trainer’s loader would break on is not written: mixed types, null ' +
      'images, "@" in the path, columns that not every row has, more or fewer <image> than images; each is named with its line, its key ' +
      'and what to do. Of several epochs a set ends before the next begins, and each row comes equally often.',
    examples: [
      'stagewright data map --input perception.jsonl textual.jsonl visual.jsonl --to easyr1 --order easy_to_hard --epochs 15 --whole-batches-of 512 --out train.jsonl',
    ],
    load: async () => (await import('./commands/data/map.js')).map,
  },
  {
    group: 'Data',
    usage: 'data difficulty',
    summary: 'the pass rate of each row, from K samples of a model, graded by the verifier that rewards come from',
    options: [
      ['--input <file>', 'rows: rows.jsonl, or `index`, `problem`, `answer`, `images`'],
      [
        '--samples <file>',
        '{"id", "sample", "text"} lines in any order: samples 0 to K-1 of each row; a null text is none; with --generator it is written first',
      ],
      ['--out <file>', 'where the rows go with their pass rates, in order'],
      ['--k <n>', 'samples of a row', '16'],
      ['--verifier <name>', 'what the samples are graded by', 'math'],
      ['--saturated <rate>', 'leave out rows with at least this pass rate'],
      ['--hopeless <rate>', 'leave out rows with at most this pass rate'],
      ['--max-unknown <share>', 'most rows, as a share, without a pass rate; above it nothing is written', '0.01'],
      ['--refused <file>', 'keep every row that is out, and every line that cannot be read, with the reason'],
    ],
    more:
      'Published rows get `predictions`, `correctness` and `pass_rate` as the published script writes them; rows of rows.jsonl stay what ' +
      'they are, with `pass_rate`, and the others in `meta`. A row with a sample that is missing or no answer is unknown: it has no pass rate. ' +
      '`data curriculum` orders what comes out.',
    examples: ['stagewright data difficulty --input rows.jsonl --samples samples.jsonl --k 16 --out scored.jsonl'],
    load: async () => (await import('./commands/data/difficulty.js')).difficulty,
  },
  {
    group: 'Data',
    usage: 'data overlap',
    summary: 'rows of training sets that benchmarks hold, by text and by decoded pixels: exact duplicates, listed',
    options: [
      ['--train <files...>', 'rows to look for: of training sets, in any form that the data commands write', []],
      ['--benchmark <files...>', 'rows to look among: the same forms, or `question`, `choices` and `image`', []],
      ['--image-dir <folders...>', 'where pictures are, besides the folder of the rows that name them', []],
      ['--report <file>', 'list each match with both ids and how they match, and what could not be read'],
      ['--drop', 'write the rows that no benchmark holds; needs --out'],
      ['--out <file>', 'where they go, unchanged and in order'],
      json,
    ],
    more:
      'Text is compared without case, width, spacing, the punctuation around words, image marks and the order of options; pictures as ' +
      'they are seen, whatever file holds them. The same words about another picture are listed and kept. A row that cannot be read, or ' +
      'has a picture that cannot, is unknown: it is counted, left out of --out, and makes the exit code 1, as does one of a benchmark.',
    examples: [
      'stagewright data overlap --train train.jsonl --benchmark mathvista.jsonl --report overlaps.jsonl --drop --out clean.jsonl',
    ],
    load: async () => (await import('./commands/data/overlap.js')).overlap,
  },
  {
    group: 'Data',
    usage: 'data show <set> [name]',
    summary:
      'a data set as one offline page: what became of the rows and why, rows with pictures, pass rates, letters, tokens, data card',
    options: [
      ['--out <file>', 'the HTML file (default: <name of the set>.html)'],
      ['--samples <n>', 'rows of the set that are shown; a quarter of it of each reason not to be in it', '12'],
      variant,
      seed,
    ],
    more:
      'The set is meant by the first letters of its key, by a recipe’s file and the name that it has in it, or by a folder with rows.jsonl. ' +
      'Which rows are shown is a rule: those whose ids have the lowest sha256. The same set gives the same file.',
    examples: [
      'stagewright data show recipe.yaml hard',
      'stagewright data show 3fa9c1 --out set.html',
      'stagewright data show my-rows',
    ],
    load: async () => (await import('./commands/data/show.js')).show,
  },
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
    load: async () => (await import('./commands/report.js')).report,
  },
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
    load: async () => (await import('./commands/checkpoints.js')).checkpoints,
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
    load: async () => (await import('./commands/gc.js')).gc,
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
    load: async () => (await import('./commands/export.js')).exportAction,
  },
  {
    group: 'Server and workers',
    usage: 'doctor',
    summary:
      'everything that a run needs on this host and at its server, line by line: pass, or what to do; exits with 1 if any fails',
    options: [['--fix', 'register search attributes that are absent'], json],
    examples: ['stagewright doctor --fix'],
    server: true,
    load: async () => (await import('./commands/doctor.js')).doctor,
  },
  {
    group: 'Server and workers',
    usage: 'up',
    summary: 'a local Temporal server and a worker with all roles, until Ctrl-C or `down`',
    options: [
      ['--port <n>', 'port of the server', '7233'],
      ['--detach', 'in the background: return when both are at work'],
    ],
    more: 'What it keeps is in STAGEWRIGHT_HOME (default .stagewright), with its logs and a configuration file for the Temporal CLI.',
    load: async () => (await import('./commands/up.js')).up,
  },
  {
    group: 'Server and workers',
    usage: 'down',
    summary: 'end what `up` started in this home: trainers save a checkpoint first',
    options: [],
    load: async () => (await import('./commands/down.js')).down,
  },
  {
    group: 'Server and workers',
    usage: 'worker',
    summary: 'a worker of one role, in the foreground; its settings come from the environment (docs/settings.md)',
    options: [['--role <role>', 'control, cpu, gpu or all', 'all']],
    server: true,
    load: async () => (await import('./commands/worker.js')).worker,
  },
  {
    group: 'Server and workers',
    usage: 'serve <weights>',
    summary:
      'the embedded model behind an OpenAI-compatible API: of a finished stage (name or key), or of an export’s folder',
    options: [
      ['--host <address>', 'where it listens', '127.0.0.1'],
      ['--port <n>', '0 takes any that is free', '8000'],
      ['--model-name <name>', 'what clients call it (default: the stage’s name)'],
      ['--threads <n>', 'threads of the model; answers are the same with any', '1'],
      ['--queue <n>', 'questions that may wait; beyond it clients are told to come again', '1024'],
      ['--strict', 'refuse words and pictures that the model cannot take, in place of leaving out and scaling'],
      ['--recipe <name>', 'file, name or id of the recipe whose stage is meant'],
    ],
    more: 'Its address goes to standard output once it answers. With STAGEWRIGHT_SERVE_KEY set, clients need that key. docs/serve.md has the rest.',
    examples: ['stagewright serve perception', 'stagewright serve ./my-weights --port 8001 --strict'],
    server: true,
    load: async () => (await import('./commands/serve.js')).serve,
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
    load: async () => (await import('./commands/grade.js')).grade,
  },
];
