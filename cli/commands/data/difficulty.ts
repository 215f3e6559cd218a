/**
 * `stagewright data difficulty`: the pass rate of each row from K samples of a model, graded by the product's verifier. Samples come
 * from a file, which a server is asked for first where a generator is named; the data stage of a recipe does it durably.
 */
import { z } from 'zod';
import { DIGITS_VERIFIER } from '../../../core/digits/grade.js';
import {
  difficultyVerdict,
  gradeText,
  passRate,
  type DifficultyVerdict,
  type GradedSample,
  type Limits,
} from '../../../core/data/difficulty.js';
import { IdTable } from '../../../core/data/id-table.js';
import { dumps, hasLoneSurrogate } from '../../../core/data/python-dumps.js';
import { JsonFault } from '../../../core/data/python-json.js';
import { isObject } from '../../../core/data/python-value.js';
import { gradableRow, scoredRow, type GradableRow } from '../../../core/data/scored-row.js';
import { StagewrightError } from '../../../core/failures.js';
import { samplingSchema, UNKNOWN_REASONS } from '../../../core/generation.js';
import { VERIFIERS } from '../../../core/verify/verifiers.js';
import { AsideFiles, type AsideFile } from '../../../store/aside-files.js';
import { valueOf, type Line } from '../../../store/json-lines.js';
import type { PythonRow } from '../../../store/python-row.js';
import type { Action, Options } from '../../commands.js';
import { CommandError, EXIT } from '../../exit.js';
import { watchInterrupt } from '../../interrupt.js';
import { settingsOf } from '../../settings.js';
import { integer, needed, oneOf, optional, share } from './given.js';
import { Refusals } from './refusals.js';
import { eachRow, STRICT_LINE_LIMIT } from './rows.js';
import type { SampleSettings } from './sample-model.js';
import { SampleFile, type FoundSample } from './sample-files.js';

export const difficulty: Action = async (_args, options) => {
  const [input, out, refusedPath] = [needed(options, 'input'), needed(options, 'out'), optional(options, 'refused')];
  const samples = samplesOf(options);
  const verifier = oneOf(options, 'verifier', [...Object.keys(VERIFIERS), DIGITS_VERIFIER.name]);
  const limits = { saturated: limit(options, 'saturated'), hopeless: limit(options, 'hopeless') };
  const most = share(options, 'maxUnknown');
  const [outputs, beside] = [new AsideFiles(), new AsideFiles()];
  const file = needed(options, 'samples');
  const ask = samplesAsked(options, input, samples);
  try {
    if (ask !== null) await sample(ask, file);
    const refusals = new Refusals(refusedPath === null ? null : beside.open(refusedPath));
    const scorer = new Scorer({ input, samples, verifier, limits }, outputs.open(out), refusals);
    scorer.number();
    scorer.score(file);
    beside.commit();
    const { total, verdicts } = scorer;
    process.stderr.write(refusals.summary());
    if (total === 0) throw new StagewrightError('DataInvalid', `${input} has no rows; nothing was written`);
    if (verdicts.unknown > most * total)
      throw new StagewrightError(
        'TooManyUnknown',
        `${verdicts.unknown} of ${total} rows have no pass rate, more than the share ${most}; no output was written. ` +
          `${refusedPath === null ? '--refused FILE keeps them with their reasons' : `${refusedPath} has them`}: sample them again, or raise --max-unknown`,
      );
    outputs.commit();
    process.stderr.write(`${verdicts.kept} of ${total} rows with their pass rates in ${out}\n${scorer.histogram()}`);
    return EXIT.done;
  } finally {
    outputs.discard();
    beside.discard();
  }
};

/** Null where the samples are there. */
function samplesAsked(options: Options, input: string, samples: number): SampleSettings | null {
  const generator = optional(options, 'generator');
  if (generator === null) return null;
  const { store, generators } = settingsOf(options);
  const sampling = samplingSchema.safeParse({
    temperature: Number(needed(options, 'temperature')),
    top_p: Number(needed(options, 'topP')),
    max_tokens: Number(needed(options, 'maxTokens')),
  });
  if (!sampling.success) throw new CommandError(z.prettifyError(sampling.error), EXIT.usage);
  const seed = integer(options, 'seed');
  if (seed < 0n || seed > BigInt(Number.MAX_SAFE_INTEGER))
    throw new CommandError(`--seed ${seed}: from 0 on`, EXIT.usage);
  return {
    ...{ input, generator, samples, store },
    model: needed(options, 'model'),
    revision: needed(options, 'revision'),
    file: optional(options, 'generators') ?? generators,
    imageFolder: optional(options, 'imageDir'),
    sampling: sampling.data,
    seed: Number(seed),
  };
}

/** The file has its name once every row was asked. */
async function sample(settings: SampleSettings, file: string): Promise<void> {
  const { sampleModel } = await import('./sample-model.js');
  const files = new AsideFiles();
  const interrupt = watchInterrupt(() => process.stderr.write('ending; what was answered is journaled\n'));
  try {
    const { samples, reused, unknown } = await sampleModel(settings, files.open(file), interrupt.signal);
    files.commit();
    process.stderr.write(
      `${samples} samples in ${file}, ${reused} of them from the journal, ${unknown} without an answer\n`,
    );
  } finally {
    interrupt.dispose();
    files.discard();
  }
}

function samplesOf(options: Options): number {
  const samples = integer(options, 'k');
  if (samples >= 1n && samples <= 256n) return Number(samples);
  throw new CommandError(`--k ${samples}: a row has 1 to 256 samples`, EXIT.usage);
}

function limit(options: Options, name: 'saturated' | 'hopeless'): number | null {
  return optional(options, name) === null ? null : share(options, name);
}

interface Asked {
  readonly input: string;
  readonly samples: number;
  readonly verifier: string;
  readonly limits: Limits;
}

const NO_SAMPLE = {
  absent: 'there is no such sample',
  conflict: 'two samples of one number differ',
  none: 'the model gave no answer',
} as const;
const LEFT_OUT: Readonly<Record<Exclude<DifficultyVerdict, 'kept' | 'unknown'>, string>> = {
  saturated: 'too easy: its pass rate reaches --saturated',
  hopeless: 'too hard: its pass rate does not exceed --hopeless',
};

class Scorer {
  total = 0;
  readonly verdicts: Record<DifficultyVerdict, number> = { kept: 0, saturated: 0, hopeless: 0, unknown: 0 };
  private readonly ids = new IdTable();
  /** Rows by right samples. */
  private readonly rates: number[];

  constructor(
    private readonly asked: Asked,
    private readonly out: AsideFile,
    private readonly refusals: Refusals,
  ) {
    this.rates = Array.from({ length: asked.samples + 1 }, () => 0);
  }

  /** Ids get their numbers before the samples are read; what is wrong with a row is told when it is scored. */
  number(): void {
    const { input } = this.asked;
    eachRow(
      input,
      (_, line) => {
        const bytes = Buffer.from(rowOf(line).gradable.id);
        this.ids.add(bytes, 0, bytes.length);
      },
      () => undefined,
      STRICT_LINE_LIMIT,
    );
  }

  score(file: string): void {
    const { input, samples } = this.asked;
    const from = new SampleFile(file, this.ids, samples);
    try {
      from.read((line, reason, text) => {
        const kind = 'lines of samples that cannot be read';
        this.refusals.fault({ file, line, reason, kind, ...(text === null ? {} : { text }) });
      });
      const met = new Uint8Array(this.ids.size);
      this.total = eachRow(
        input,
        (row, line) => this.scoreRow(row, line, met, from),
        (line, reason, text) => {
          this.verdicts.unknown += 1;
          this.refusals.fault({
            file: input,
            line,
            reason,
            kind: 'unknown: lines of rows that cannot be read',
            ...(text === null ? {} : { text }),
          });
        },
        STRICT_LINE_LIMIT,
      );
      if (from.strangers > 0) process.stderr.write(`${file}: ${from.strangers} samples are of no row in ${input}\n`);
    } finally {
      from.close();
    }
  }

  private scoreRow(row: PythonRow, line: Readonly<Line>, met: Uint8Array, from: SampleFile): void {
    const { verifier, samples, limits, input } = this.asked;
    const { value, gradable } = rowOf(line);
    const bytes = Buffer.from(gradable.id);
    const number = this.ids.find(bytes, 0, bytes.length);
    if (met[number] === 1) throw new JsonFault(`the id "${gradable.id}" was used before`);
    met[number] = 1;
    const graded = from.of(number).map((found, sample) => grade(gradable, verifier, sample, found));
    const rate = passRate(
      graded.map(([one]) => one),
      samples,
    );
    const verdict = difficultyVerdict(rate, limits);
    const leave = (reason: string, kind: string): void =>
      this.refusals.leaveOut({ file: input, line: line.number, reason, kind, row });
    if (rate === null || verdict === 'unknown') {
      const sample = graded.findIndex(([, why]) => why !== null);
      const why = graded[sample]?.[1] ?? '';
      this.verdicts.unknown += 1;
      leave(`sample ${sample}: ${why}`, `unknown: ${why}`);
      return;
    }
    const text = dumps(
      scoredRow(
        value,
        graded.map(([one]) => one),
        rate,
      ),
    );
    if (hasLoneSurrogate(text)) throw new JsonFault('half a surrogate pair cannot be written as UTF-8');
    const right = Math.round(rate * samples);
    this.rates[right] = (this.rates[right] ?? 0) + 1;
    this.verdicts[verdict] += 1;
    if (verdict === 'kept') this.out.textLine(text);
    else leave(`${right} of ${samples} samples are right`, LEFT_OUT[verdict]);
  }

  /** Of all rows that have a pass rate, left out or not. */
  histogram(): string {
    const all = this.rates.map((rows, right) => `  ${right}/${this.asked.samples}: ${rows}\n`);
    return `rows by right samples:\n${all.join('')}`;
  }
}

function rowOf(line: Readonly<Line>): { value: Parameters<typeof scoredRow>[0]; gradable: GradableRow } {
  const value = valueOf(line);
  if (!isObject(value)) throw new JsonFault('the row is no object');
  return { value, gradable: gradableRow(value) };
}

/** With why it is unknown, if it is. */
function grade(row: GradableRow, verifier: string, sample: number, found: FoundSample): [GradedSample, string | null] {
  if ('unknown' in found)
    return [{ sample, correct: null, prediction: null, text: '' }, found.why ?? NO_SAMPLE[found.unknown]];
  const graded = gradeText(row, verifier, found.text);
  const why =
    graded.unknown === undefined ? null : graded.unknown === 'no_gold' ? NO_GOLD : UNKNOWN_REASONS[graded.unknown];
  return [{ sample, text: found.text, ...graded }, why];
}
const NO_GOLD = 'the row’s own answer is none that the verifier accepts';
