/**
 * Predicted letters as small numbers, so that a million of them fit into an array. Published predictions may hold any JSON value;
 * two have the same code when Python calls them equal.
 */
import { StagewrightError } from '../failures.js';
import { equalityKey, type PyValue } from './python-value.js';

export const CODE = {
  /** No prediction has the id. */
  absent: 0,
  /** null, or no letter in the prediction. */
  none: 1,
  /** '' */
  empty: 2,
  /** NaN: not even itself. */
  unequal: 3,
  /** Predictions of one id that do not agree; strict mode only. */
  conflict: 4,
} as const;
const FIRST = 5;
const MOST = 65_000;

export class LetterCodes {
  private readonly byByte = new Uint16Array(128);
  private readonly byKey = new Map<string, number>([
    ['null', CODE.none],
    ['""', CODE.empty],
  ]);
  private readonly names: string[] = ['', '', '', '', ''];

  /** Of a text of one ASCII character. */
  ofByte(byte: number): number {
    const known = this.byByte[byte] as number;
    if (known !== 0) return known;
    const code = this.of(String.fromCharCode(byte));
    this.byByte[byte] = code;
    return code;
  }

  of(value: PyValue): number {
    const key = equalityKey(value);
    if (key === null) return CODE.unequal;
    const known = this.byKey.get(key);
    if (known !== undefined) return known;
    if (this.names.length >= MOST)
      throw new StagewrightError(
        'DataInvalid',
        `more than ${MOST - FIRST} different values of predicted_letter: it should hold a letter`,
      );
    this.byKey.set(key, this.names.length);
    this.names.push(typeof value === 'string' ? value : '');
    return this.names.length - 1;
  }

  /** As `of`, but a value that no prediction has gets a code that equals none of theirs. */
  find(value: PyValue): number {
    const key = equalityKey(value);
    return (key === null ? undefined : this.byKey.get(key)) ?? CODE.unequal;
  }

  /** The text that a code stands for; '' where it is none. */
  text(code: number): string {
    return this.names[code] ?? '';
  }
}

/** As published: a missing image-only prediction counts as wrong, an empty one does not; of captions all must be right. */
export function isWrongFromImage(predicted: number, answer: number): boolean {
  return predicted !== CODE.empty && !isSame(predicted, answer);
}

export function isRightFromCaption(predicted: number, answer: number): boolean {
  return isSame(predicted, answer);
}

function isSame(predicted: number, answer: number): boolean {
  return (predicted === CODE.absent ? CODE.none : predicted) === answer && answer !== CODE.unequal;
}
