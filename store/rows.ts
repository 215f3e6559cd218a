/**
 * Reads a materialised data set (rows.jsonl and its pictures) for trainers and evaluation. Every row is checked before the first
 * one is used; all that is wrong is reported in one error. Writing data sets is activities/data's.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decode } from 'fast-png';
import { encodeRow, type EncodedRow } from '../core/digits/encode.js';
import { gradeResponse } from '../core/digits/grade.js';
import { readScene } from '../core/digits/scene.js';
import { END, LARGEST_NUMBER, LETTERS, SCENE_SIDE, wordId } from '../core/digits/vocabulary.js';
import { StagewrightError } from '../core/failures.js';
import { rowSchema, type Row } from '../core/row.js';
import { throwFault } from './faults.js';

export const ROWS_FILE = 'rows.jsonl';

export interface LoadedRow extends EncodedRow {
  readonly row: Row;
}

export interface RowFault {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly reason: string;
}

/** Faults that the error's message lists; the count tells the rest. */
const NAMED_FAULTS = 5;

/** @throws StagewrightError DataInvalid naming file, line and reason of the first faults and their number. */
export async function loadRows(folder: string): Promise<LoadedRow[]> {
  const file = join(folder, ROWS_FILE);
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throwFault(cause, file);
    throw new StagewrightError('DataInvalid', `cannot read ${file}: ${messageOf(cause)}`, { file }, { cause });
  });
  const pictures = new Map<string, Promise<Float32Array>>();
  const ids = new Set<string>();
  const rows: LoadedRow[] = [];
  const faults: RowFault[] = [];
  for (const [i, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    try {
      const row = parseRow(line);
      if (ids.has(row.id)) throw new Error(`the id "${row.id}" is used twice`);
      ids.add(row.id);
      rows.push(await loadRow(row, folder, pictures));
    } catch (error) {
      // A store that is away, or may not be read, says nothing about the row.
      if (error instanceof StagewrightError && error.type !== 'DataInvalid') throw error;
      faults.push({ file, line: i + 1, reason: messageOf(error) });
    }
  }
  if (faults.length > 0) throw invalid(faults);
  if (rows.length === 0) throw new StagewrightError('DataInvalid', `${file} holds no rows`, { file });
  return rows;
}

function parseRow(line: string): Row {
  const parsed = rowSchema.safeParse(JSON.parse(line));
  if (parsed.success) return parsed.data;
  throw new Error(parsed.error.issues.map((issue) => `${issue.path.join('.') || 'row'}: ${issue.message}`).join('; '));
}

async function loadRow(row: Row, folder: string, pictures: Map<string, Promise<Float32Array>>): Promise<LoadedRow> {
  const [path, more] = row.images;
  if (more !== undefined)
    throw new Error(`row ${row.id} has ${row.images.length} images; the embedded model takes one`);
  let pixels: Float32Array | null = null;
  if (path !== undefined) {
    const known = pictures.get(path) ?? readPicture(join(folder, path));
    pictures.set(path, known);
    pixels = await known;
  }
  checkAnswer(row);
  return { row, ...encodeRow(row, pixels) };
}

/** The answer must be one that the verifier can accept: the row's own response when it has one, else a word of the right sort. */
function checkAnswer(row: Row): void {
  const response = row.meta?.response;
  if (
    row.options !== undefined &&
    (row.options.length !== LETTERS.length || !(LETTERS as readonly string[]).includes(row.answer))
  )
    throw new Error(`answer "${row.answer}" of row ${row.id} is no letter of its ${row.options.length} options`);
  if (typeof response === 'string') {
    const grade = gradeResponse(row, [...response.split(' '), END]);
    if (!grade.correct)
      throw new Error(
        `answer "${row.answer}" of row ${row.id} is rejected by its own verifier: meta.response answers ${JSON.stringify(grade.answer)}`,
      );
    return;
  }
  const answered =
    row.kind === 'describe' ? row.answer.split(' ') : ['<think>', '0', '</think>', '\\boxed{', row.answer, '}'];
  if (!gradeResponse(row, [...answered, END]).correct || answered.some((word) => wordId(word) === undefined))
    throw new Error(
      `answer "${row.answer}" of row ${row.id} is none that its verifier accepts (a letter, or a number up to ${LARGEST_NUMBER})`,
    );
}

/** @returns [4 tiles x 64 pixels]. @throws Error when it is missing, no PNG, or not 16 x 16 in 8-bit grey. */
export async function readPicture(file: string): Promise<Float32Array> {
  const bytes = await readFile(file).catch((cause: unknown) => {
    throwFault(cause, file);
    throw new Error(`image ${file}: ${messageOf(cause)}`, { cause });
  });
  return decodePicture(bytes, `image ${file}`);
}

/** @param what begins the message of an error. @throws Error as readPicture. */
export function decodePicture(bytes: Uint8Array, what: string): Float32Array {
  const mustBe = `it must be ${SCENE_SIDE}x${SCENE_SIDE} in 8-bit grey`;
  const size = declaredSize(bytes);
  // Before anything is unpacked: a small file may promise a picture that fills the memory.
  if (size !== null && (size.width !== SCENE_SIDE || size.height !== SCENE_SIDE))
    throw new Error(`${what} is ${size.width}x${size.height}; ${mustBe}`);
  let png: ReturnType<typeof decode>;
  try {
    png = decode(bytes, { checkCrc: true });
  } catch (cause) {
    throw new Error(`${what} is no PNG picture: ${messageOf(cause)}`, { cause });
  }
  if (png.depth !== 8 || png.channels !== 1)
    throw new Error(`${what} is ${png.width}x${png.height}, ${png.depth} bit, ${png.channels} channels; ${mustBe}`);
  return readScene(png.data);
}

const PNG_SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex');

/** What a PNG's first chunk says; null for what is none. */
function declaredSize(bytes: Uint8Array): { width: number; height: number } | null {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (head.length < 24 || !head.subarray(0, 8).equals(PNG_SIGNATURE)) return null;
  return { width: head.readUInt32BE(16), height: head.readUInt32BE(20) };
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function invalid(faults: readonly RowFault[]): StagewrightError {
  const named = faults.slice(0, NAMED_FAULTS).map(({ file, line, reason }) => `${file}:${line}: ${reason}`);
  const rest = faults.length - named.length;
  const message = `${faults.length} bad row${faults.length === 1 ? '' : 's'}:\n${named.join('\n')}${rest > 0 ? `\nand ${rest} more` : ''}`;
  return new StagewrightError('DataInvalid', message, { count: faults.length, faults: named });
}
