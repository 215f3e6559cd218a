/** The sub-commands of `data`; cli/commands.ts puts the families together. */
import type { CommandSpec } from '../command-spec.js';
import { json, seed, variant } from './common-options.js';

export const DATA: readonly CommandSpec[] = [
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
    load: async () => (await import('../commands/data/parse.js')).parse,
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
    load: async () => (await import('../commands/data/filter.js')).filter,
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
    load: async () => (await import('../commands/data/format.js')).format,
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
    load: async () => (await import('../commands/data/curriculum.js')).curriculum,
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
    load: async () => (await import('../commands/data/letters.js')).letters,
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
    load: async () => (await import('../commands/data/map.js')).map,
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
    load: async () => (await import('../commands/data/difficulty.js')).difficulty,
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
    load: async () => (await import('../commands/data/overlap.js')).overlap,
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
    load: async () => (await import('../commands/data/show.js')).show,
  },
];
