/**
 * `stagewright data format`: question rows become rows for EasyR1, as the published script writes them, split by a hash of their id.
 */
import { hash } from 'node:crypto';
import { join } from 'node:path';
import { dumps, hasLoneSurrogate } from '../../../core/data/python-dumps.js';
import { JsonFault } from '../../../core/data/python-json.js';
import { str, strip } from '../../../core/data/python-text.js';
import { isObject, truthy, type PyValue } from '../../../core/data/python-value.js';
import { FORMAT_ID_KEYS, IMAGE_KEYS, PROMPT, splitOf, SPLITS, type Split } from '../../../core/data/question-row.js';
import { ascii, ROW } from '../../../core/data/row-scan.js';
import { withAsideFiles, type AsideFile } from '../../../store/aside-files.js';
import type { PythonRow } from '../../../store/python-row.js';
import type { Action } from '../../commands.js';
import { EXIT } from '../../exit.js';
import { needed, ratio } from './given.js';
import { eachRow, refuseAll } from './rows.js';

const META = ascii('meta');
const GENERATED = ascii('generated');
const [QUESTION, OPTIONS, ANSWER] = [ascii('question'), ascii('options'), ascii('answer')] as const;
const LETTERS = ['A', 'B', 'C', 'D'] as const;
const LETTER_KEYS = LETTERS.map(ascii);
const ID_KEYS = FORMAT_ID_KEYS.map(ascii);
const IMAGES = IMAGE_KEYS.map(ascii);

export const format: Action = async (_args, options) => {
  const input = needed(options, 'input');
  const folder = needed(options, 'outDir');
  const prefix = needed(options, 'prefix');
  const [valRatio, testRatio] = [ratio(options, 'valRatio'), ratio(options, 'testRatio')];
  const sizes = withAsideFiles((files) => {
    const outs = Object.fromEntries(
      SPLITS.map((split) => [split, files.open(join(folder, `${split}_${prefix}.jsonl`))]),
    ) as Record<Split, AsideFile>;
    const formatter = new Formatter(outs, valRatio, testRatio);
    eachRow(input, (row) => formatter.add(row), refuseAll(input));
    return SPLITS.map((split) => `${split} ${outs[split].rows}`);
  });
  process.stderr.write(`${sizes.join(', ')} in ${folder}\n`);
  return EXIT.done;
};

class Formatter {
  private index = 0;

  constructor(
    private readonly outs: Readonly<Record<Split, AsideFile>>,
    private readonly valRatio: number,
    private readonly testRatio: number,
  ) {}

  /** @throws JsonFault where the published script stops */
  add(row: PythonRow): void {
    const { keys } = row;
    const generated = objectAt(row, ROW, GENERATED, '"generated"');
    const options = objectAt(row, generated, OPTIONS, '"options"');
    const [question, answer] = [needs(row, generated, QUESTION, 'question'), needs(row, generated, ANSWER, 'answer')];
    const letters = LETTER_KEYS.map((key, i) => needs(row, options, key, `option ${LETTERS[i] ?? ''}`));
    const meta = keys.find(ROW, META);
    if (meta !== -1 && keys.first(meta) !== 0x7b) throw new JsonFault('"meta" is no object');
    if (!row.isText(question)) throw new JsonFault('"question" is no text');
    const id = meta === -1 ? -1 : firstTruthy(row, meta, ID_KEYS);
    if (id !== -1 && !row.isText(id)) throw new JsonFault('the id is no text, and the split hashes a text');
    const image = meta === -1 ? -1 : firstTruthy(row, meta, IMAGES);
    if (!row.isWritable) refuseHalfPairs(row);
    const { index } = this;
    const name = id === -1 ? `sample_${String(index).padStart(8, '0')}` : null;
    const split = splitOf(hashed(row, id, name ?? ''), this.valRatio, this.testRatio);
    const out = this.outs[split];
    const raw = (entry: number): void => out.bytes(row.bytes, keys.start(entry), keys.end(entry));
    out.text(`{"index": "${index}", "answer": `);
    raw(answer);
    out.text(', "example_id": ');
    if (name === null) raw(id);
    else out.text(`"${name}"`);
    out.text(`, "split": "${split}", "image_path": `);
    const isList = image !== -1 && keys.first(image) === 0x5b;
    if (image === -1) out.text('[""]');
    else if (isList) raw(image);
    else {
      out.text('[');
      raw(image);
      out.text(']');
    }
    for (const [i, entry] of letters.entries()) {
      out.text(OPTION_KEYS[i] ?? '');
      raw(entry);
    }
    out.text(`, "prompt": "${PROMPT_BEFORE}`);
    writeQuestion(out, row, question);
    out.text(PROMPT_OPTIONS);
    for (const [i, entry] of letters.entries()) {
      out.text(`${LETTERS[i] ?? ''}: `);
      if (row.isText(entry)) out.bytes(row.bytes, keys.start(entry) + 1, keys.end(entry) - 1);
      else out.text(inside(str(row.value(entry))));
      out.text('\\n');
    }
    out.textLine(`${PROMPT_AFTER}"}`);
    this.index = index + 1;
  }
}

/** A text as it is printed, without its quotes. */
const inside = (text: string): string => dumps(text).slice(1, -1);
const OPTION_KEYS = LETTERS.map((letter) => `, "option_${letter}": `);
const [PROMPT_BEFORE, PROMPT_OPTIONS, PROMPT_AFTER] = [
  inside(PROMPT.before),
  inside(PROMPT.options),
  inside(PROMPT.after),
] as const;

/** The question without white space around it. */
function writeQuestion(out: AsideFile, row: PythonRow, entry: number): void {
  const { bytes } = row;
  let [start, end] = [row.keys.start(entry) + 1, row.keys.end(entry) - 1];
  while (start < end && bytes[start] === 0x20) start += 1;
  while (start < end && bytes[end - 1] === 0x20) end -= 1;
  if (start === end || (isPlain(bytes[start]) && isPlain(bytes[end - 1]) && !endsWithEscape(bytes, start, end)))
    out.bytes(bytes, start, end);
  else out.text(inside(strip(str(row.value(entry)))));
}

/** Neither the begin of an escape nor a part of what may be white space. */
const isPlain = (byte: number | undefined): boolean =>
  byte !== undefined && byte > 0x20 && byte < 0x80 && byte !== 0x5c;

/** `\n` at the end is white space, and so is `\u001c`. */
function endsWithEscape(bytes: Uint8Array, start: number, end: number): boolean {
  return (end - start > 1 && bytes[end - 2] === 0x5c) || (end - start > 5 && bytes[end - 6] === 0x5c);
}

/** The first 32 bits of sha256 over the id. */
function hashed(row: PythonRow, id: number, name: string): number {
  if (id === -1) return hash('sha256', name, 'buffer').readUInt32BE(0);
  const { bytes, keys } = row;
  const [start, end] = [keys.start(id) + 1, keys.end(id) - 1];
  for (let i = start; i < end; i += 1)
    if (bytes[i] === 0x5c) return hash('sha256', str(row.value(id)), 'buffer').readUInt32BE(0);
  return hash('sha256', bytes.subarray(start, end), 'buffer').readUInt32BE(0);
}

function needs(row: PythonRow, parent: number, key: Uint8Array, name: string): number {
  const entry = row.keys.find(parent, key);
  if (entry === -1) throw new JsonFault(`there is no "${name}"`);
  return entry;
}

function objectAt(row: PythonRow, parent: number, key: Uint8Array, name: string): number {
  const entry = row.keys.find(parent, key);
  if (entry === -1 || row.keys.first(entry) !== 0x7b) throw new JsonFault(`${name} is no object`);
  return entry;
}

function firstTruthy(row: PythonRow, parent: number, names: readonly Uint8Array[]): number {
  for (const name of names) {
    const entry = row.keys.find(parent, name);
    if (entry === -1) continue;
    if (row.isText(entry) ? row.keys.end(entry) - row.keys.start(entry) > 2 : truthy(row.value(entry))) return entry;
  }
  return -1;
}

/** Only in what is written do they matter. */
function refuseHalfPairs(row: PythonRow): void {
  const [meta, generated] = [row.whole?.get('meta'), row.whole?.get('generated')];
  const written: PyValue[] = [];
  if (isObject(generated)) {
    const options = generated.get('options');
    for (const key of ['question', 'answer']) written.push(generated.get(key) ?? null);
    if (isObject(options)) for (const key of LETTERS) written.push(options.get(key) ?? null);
  }
  if (isObject(meta))
    for (const keys of [FORMAT_ID_KEYS, IMAGE_KEYS])
      written.push(keys.map((key) => meta.get(key)).find(truthy) ?? null);
  if (hasLoneSurrogate(dumps(written))) throw new JsonFault('half a surrogate pair cannot be written as UTF-8');
}
