/**
 * `stagewright data filter`: the questions that every image-only prediction has wrong and every caption-only prediction right, from
 * prediction files. Asking the models is the data workflow's.
 */
import { IdTable } from '../../../core/data/id-table.js';
import { CODE, isRightFromCaption, isWrongFromImage, LetterCodes } from '../../../core/data/letter-codes.js';
import { JsonFault } from '../../../core/data/python-json.js';
import { ascii, ROW } from '../../../core/data/row-scan.js';
import { StagewrightError } from '../../../core/failures.js';
import { AsideFiles, type AsideFile } from '../../../store/aside-files.js';
import { LINE_LIMIT } from '../../../store/json-lines.js';
import type { PythonRow } from '../../../store/python-row.js';
import type { Action } from '../../commands.js';
import { CommandError, EXIT } from '../../exit.js';
import { needed, neededFiles, oneOf, optional, share } from './given.js';
import { PredictionFile } from './predictions.js';
import { findId, type IdBytes } from './question-ids.js';
import { Refusals } from './refusals.js';
import { eachRow, refuseAll, STRICT_LINE_LIMIT, type OnFault } from './rows.js';

const GENERATED = ascii('generated');
const ANSWER = ascii('answer');
const OPTIONS = ascii('options');

interface Asked {
  readonly strict: boolean;
  readonly mcq: string;
  readonly imageFiles: readonly string[];
  readonly captionFiles: readonly string[];
  readonly maxUnknown: number;
}

export const filter: Action = async (_args, options) => {
  const asked: Asked = {
    strict: oneOf(options, 'mode', ['strict', 'paper']) === 'strict',
    mcq: needed(options, 'mcq'),
    imageFiles: neededFiles(options, 'imagePreds'),
    captionFiles: neededFiles(options, 'captionPreds'),
    maxUnknown: share(options, 'maxUnknown'),
  };
  const path = needed(options, 'out');
  const refusedPath = optional(options, 'refused');
  if (path === refusedPath) throw new CommandError('--out and --refused name the same file', EXIT.usage);
  // Apart: what was refused is worth reading above all when the gate is not passed.
  const [outputs, beside] = [new AsideFiles(), new AsideFiles()];
  try {
    const out = outputs.open(path);
    const refused = refusedPath === null ? null : beside.open(refusedPath);
    const { total, unknown, kept } = new Filter(asked, out, new Refusals(refused)).run();
    beside.commit();
    if (asked.strict) checkGate(unknown, total, asked.maxUnknown, refusedPath);
    outputs.commit();
    const percent = ((100 * kept) / Math.max(total, 1)).toFixed(1);
    process.stderr.write(`kept ${kept} of ${total} (${percent}%) in ${path}\n`);
    return EXIT.done;
  } finally {
    outputs.discard();
    beside.discard();
  }
};

function checkGate(unknown: number, total: number, most: number, refused: string | null): void {
  if (total === 0) throw new StagewrightError('DataInvalid', 'there are no questions; nothing was written');
  if (unknown <= most * total) return;
  const percent = (part: number): string => `${(100 * part).toFixed(2)}%`;
  throw new StagewrightError(
    'TooManyUnknown',
    `${unknown} of ${total} rows (${percent(unknown / total)}) are unknown, more than ${percent(most)}; no output was written. ` +
      `${refused === null ? '--refused FILE keeps them with their reasons' : `${refused} has them with their reasons`}: ` +
      'mend the predictions, or raise --max-unknown',
  );
}

class Filter {
  private readonly table = new IdTable();
  private readonly codes = new LetterCodes();
  private readonly predictions: PredictionFile[] = [];
  /** Ids of questions that were met, by number; strict refuses the second. */
  private met = new Uint8Array(0);
  private readonly id: IdBytes = { bytes: new Uint8Array(0), start: 0, end: 0 };
  private counts = { kept: 0, unknown: 0, repeated: 0 };

  constructor(
    private readonly asked: Asked,
    private readonly out: AsideFile,
    private readonly refusals: Refusals,
  ) {}

  run(): { total: number; kept: number; unknown: number } {
    const { strict, mcq, imageFiles, captionFiles } = this.asked;
    for (const file of imageFiles) this.load(file, 'image');
    for (const file of captionFiles) this.load(file, 'caption');
    this.met = new Uint8Array(this.table.size);
    const total = eachRow(
      mcq,
      (row, line) => this.judge(row, line.number),
      strict ? this.unknownLine(mcq) : refuseAll(mcq),
      strict ? STRICT_LINE_LIMIT : LINE_LIMIT,
    );
    this.tell(total);
    return { total, kept: this.counts.kept, unknown: this.counts.unknown };
  }

  private load(file: string, sees: 'image' | 'caption'): void {
    const { strict } = this.asked;
    const predictions = new PredictionFile(file, sees, this.table, this.codes, strict);
    const fault: OnFault = strict
      ? (number, reason, text) =>
          this.refusals.fault({
            file,
            line: number,
            reason,
            kind: 'lines of predictions that cannot be read',
            ...(text === null ? {} : { text }),
          })
      : refuseAll(file);
    eachRow(file, (row) => predictions.add(row), fault, strict ? STRICT_LINE_LIMIT : LINE_LIMIT);
    this.predictions.push(predictions);
  }

  private unknownLine(file: string): OnFault {
    return (number, reason, text) => {
      this.counts.unknown += 1;
      this.refusals.fault({
        file,
        line: number,
        reason,
        kind: 'lines of questions that cannot be read',
        ...(text === null ? {} : { text }),
      });
    };
  }

  private judge(row: PythonRow, line: number): void {
    const { keys } = row;
    const { id, asked } = this;
    const hasId = findId(row, id);
    const number = hasId ? this.table.find(id.bytes, id.start, id.end) : -1;
    if (number !== -1) this.meet(number);
    const generated = keys.find(ROW, GENERATED);
    if (generated === -1 || keys.first(generated) !== 0x7b) throw new JsonFault('"generated" is no object');
    const entry = keys.find(generated, ANSWER);
    if (entry === -1) throw new JsonFault('"generated" has no "answer"');
    const start = keys.start(entry);
    const isLetter = row.isText(entry) && keys.end(entry) - start === 3;
    const answer = isLetter ? this.codes.ofByte(row.bytes[start + 1] ?? 0) : this.codes.find(row.value(entry));
    const why = asked.strict ? this.strictly(row, hasId, number, generated, answer) : this.asPublished(number, answer);
    if (why !== null) {
      this.refusals.leaveOut({ file: asked.mcq, line, row, ...why });
      return;
    }
    if (!row.isWritable) throw new JsonFault('half a surrogate pair cannot be written as UTF-8');
    this.out.line(row.bytes, row.start, row.end);
    this.counts.kept += 1;
  }

  private meet(number: number): void {
    const before = this.met[number] ?? 0;
    if (before > 0) this.counts.repeated += 1;
    else for (const file of this.predictions) if (file.letters.at(number) !== CODE.absent) file.met += 1;
    this.met[number] = Math.min(before + 1, 2);
  }

  /** Why the row is out; null: it stays. */
  private asPublished(number: number, answer: number): { reason: string; kind: string } | null {
    for (const { letters, sees, file } of this.predictions) {
      const predicted = number === -1 ? CODE.absent : letters.at(number);
      if (sees === 'image' && !isWrongFromImage(predicted, answer))
        return predicted === CODE.empty
          ? { reason: `no letter in ${file}`, kind: `out: no letter from the image in ${file}` }
          : { reason: `the image alone is enough in ${file}`, kind: `out: answered from the image in ${file}` };
      if (sees === 'caption' && !isRightFromCaption(predicted, answer))
        return {
          reason: `not answered from the caption in ${file}`,
          kind: `out: not answered from the caption in ${file}`,
        };
    }
    return null;
  }

  private strictly(
    row: PythonRow,
    hasId: boolean,
    number: number,
    generated: number,
    answer: number,
  ): { reason: string; kind: string } | null {
    const unknown = (reason: string, kind = reason): { reason: string; kind: string } => {
      this.counts.unknown += 1;
      return { reason, kind: `unknown: ${kind}` };
    };
    if (!hasId) return unknown('the question has no id');
    if (number !== -1 && this.met[number] === 2) return unknown('the id was used before');
    const letters = lettersOf(row, generated);
    if (!letters.includes(this.codes.text(answer)))
      return unknown('the answer is no letter of an option', 'the answer is no letter of an option');
    for (const { letters: column, truths, file, sees } of this.predictions) {
      const code = number === -1 ? CODE.absent : column.at(number);
      const where = `${sees} in ${file}`;
      if (code === CODE.absent) return unknown(`no prediction from the ${where}`);
      if (code === CODE.conflict) return unknown(`different predictions from the ${where}`);
      const truth = truths?.at(number) ?? CODE.none;
      if (truth !== CODE.none && truth !== answer)
        return unknown(`another question's prediction from the ${where}: its ground_truth is not the answer`);
      if (!letters.includes(this.codes.text(code))) return unknown(`no letter of an option from the ${where}`);
    }
    return this.asPublished(number, answer);
  }

  private tell(total: number): void {
    const say = (text: string): void => void process.stderr.write(`${text}\n`);
    for (const { file, ids, duplicates, oddIds, met } of this.predictions) {
      if (duplicates > 0)
        say(
          `${file}: ${duplicates} ids again; ${this.asked.strict ? 'those that differ are unknown' : 'the last counts'}`,
        );
      if (oddIds > 0) say(`${file}: ${oddIds} ids are no text and match no question`);
      if (ids > met) say(`${file}: ${ids - met} of ${ids} ids are of no question in ${this.asked.mcq}`);
      if (this.asked.strict && total > 0 && met === 0)
        throw new StagewrightError(
          'DataInvalid',
          `${file} holds predictions of another set: none of its ${ids} ids is in ${this.asked.mcq}; nothing was written`,
        );
    }
    if (this.counts.repeated > 0) say(`${this.asked.mcq}: ${this.counts.repeated} ids again`);
    if (total === 0) say(`${this.asked.mcq}: no questions`);
    process.stderr.write(this.refusals.summary());
  }
}

const FOUR = ['A', 'B', 'C', 'D'];
const LETTER_KEYS = FOUR.map(ascii);

/** Letters of the options that the question has; all four where it lists none. */
function lettersOf(row: PythonRow, generated: number): readonly string[] {
  const options = row.keys.find(generated, OPTIONS);
  if (options === -1 || row.keys.first(options) !== 0x7b) return FOUR;
  return LETTER_KEYS.every((key) => row.keys.find(options, key) !== -1)
    ? FOUR
    : FOUR.filter((_, i) => row.keys.find(options, LETTER_KEYS[i] ?? new Uint8Array(0)) !== -1);
}
