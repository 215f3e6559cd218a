/**
 * Exact duplicates between training rows and rows of benchmarks: by text, by decoded pixels, or both. Pure: rows come as prints.
 * Reading rows and pictures is cli/commands/data/overlap.ts's and activities/data's.
 */
import { PrintIndex } from './print-index.js';

/** What is compared of a row. */
export interface Prints {
  /** Of textPrint; null where its text says nothing. */
  readonly text: string | null;
  /** Of its pictures that could be decoded. */
  readonly images: readonly string[];
  /** Pictures that could not: nobody can say what they hold. */
  readonly unreadable: number;
}

export const OVERLAP_WAYS = ['text_and_image', 'image', 'text', 'text_other_image'] as const;
/** `text_other_image`: both have images, and they differ: words that many questions share ("What colour is the car?"). */
export type OverlapWay = (typeof OVERLAP_WAYS)[number];
export const OVERLAP_WORDS: Readonly<Record<OverlapWay, string>> = {
  text_and_image: 'the same question about the same picture',
  image: 'the same picture',
  text: 'the same question',
  text_other_image: 'the same words about another picture',
};

export interface Overlap {
  readonly way: OverlapWay;
  /** Number of the benchmark's row, as the index was given it: the first that has this text or picture. */
  readonly row: number;
}

/** All rows of all benchmarks: two prints for each row with one picture, at most 80 bytes, and 100 while a table grows. */
export class OverlapIndex {
  /** Text of rows with pictures, and of rows without. */
  readonly #text = new PrintIndex();
  readonly #bare = new PrintIndex();
  readonly #images = new PrintIndex();
  /** Text and pictures together, of rows whose text or picture stands for an earlier row. */
  readonly #both = new PrintIndex();
  #unreadable = 0;

  get bytes(): number {
    return this.#text.bytes + this.#bare.bytes + this.#images.bytes + this.#both.bytes;
  }
  /** Pictures of benchmarks that nothing could be compared with. */
  get unreadable(): number {
    return this.#unreadable;
  }

  add(prints: Prints, row: number): void {
    this.#unreadable += prints.unreadable;
    const isBare = prints.images.length + prints.unreadable === 0;
    const news = [
      ...(prints.text === null ? [] : [(isBare ? this.#bare : this.#text).add(prints.text, row)]),
      ...prints.images.map((image) => this.#images.add(image, row)),
    ];
    const both = bothOf(prints);
    if (both !== null && news.includes(false)) this.#both.add(both, row);
  }

  /** What a training row shares with the benchmarks, the strongest first. */
  overlapsOf(prints: Prints): Overlap[] {
    const { text, images } = prints;
    const pictured = text === null ? undefined : this.#text.find(text);
    const bare = text === null ? undefined : this.#bare.find(text);
    const shown = images.map((image) => this.#images.find(image));
    const print = bothOf(prints);
    const together = pictured !== undefined && shown.length > 0 && shown.every((row) => row === pictured);
    const both = print === null ? undefined : (this.#both.find(print) ?? (together ? pictured : undefined));
    if (both !== undefined) return [{ way: 'text_and_image', row: both }];
    const image = shown.find((row) => row !== undefined);
    const words = bare ?? pictured;
    // Where one side has no picture that could be compared, the words are all there is.
    const way = bare !== undefined || images.length === 0 ? 'text' : 'text_other_image';
    return [
      ...(image === undefined ? [] : [{ way: 'image', row: image } as const]),
      ...(words === undefined ? [] : [{ way, row: words } as const]),
    ];
  }
}

/** Of text and pictures in any order. Prints are evenly spread, so sums of them are, too; hashing them would cost more than the rest. */
function bothOf({ text, images }: Prints): string | null {
  if (text === null || images.length === 0) return null;
  return [0, 8, 16]
    .map((at) => {
      const word = (print: string): number => Number.parseInt(print.slice(at, at + 8), 16);
      const sum = images.reduce((total, image) => (total + word(image)) >>> 0, Math.imul(word(text), 0x9e3779b1) >>> 0);
      return sum.toString(16).padStart(8, '0');
    })
    .join('');
}

export type OverlapVerdict = 'clean' | 'overlaps' | 'unknown';

/** A row is never called clean while a picture of it could not be read; words alone about another picture are no duplicate. */
export function overlapVerdict(prints: Prints, overlaps: readonly Overlap[]): OverlapVerdict {
  if (overlaps.some(({ way }) => way !== 'text_other_image')) return 'overlaps';
  return prints.unreadable > 0 ? 'unknown' : 'clean';
}
