/**
 * Where each journaled answer lies, by its key: a hash table in typed arrays, 10 bytes a slot, so that a million answers are some
 * 15 MB. It holds 40 of a key's 256 bits: what it finds are candidates, and the line that is read tells.
 */

/** One for each first byte of a key, so that only a 256th is copied when a part grows. */
const PARTS = 256;
const FIRST_SLOTS = 8;
const GROWTH = 1.3;
const MOST_FULL = 0.85;
const NO_SEGMENT = 0xffff;
/** Segments that can be told apart. */
export const MOST_SEGMENTS = NO_SEGMENT;

export interface Location {
  readonly segment: number;
  readonly offset: number;
}

export interface AnswerIndex {
  /** Of answers; one that was journaled twice counts twice. */
  readonly size: number;
  /** Of its arrays. */
  readonly bytes: number;
  add(key: string, location: Location): void;
  /** In the order in which they were added. */
  candidates(key: string): Location[];
}

interface Part {
  size: number;
  prints: Uint32Array;
  offsets: Uint32Array;
  segments: Uint16Array;
}

const emptyPart = (slots: number): Part => ({
  size: 0,
  prints: new Uint32Array(slots),
  offsets: new Uint32Array(slots),
  segments: new Uint16Array(slots).fill(NO_SEGMENT),
});

/** The next 32 bits of a key after those that choose its part. */
const printOf = (key: string): number => Number.parseInt(key.slice(2, 10), 16);
/** Keys are sha256, so their bits are spread already. */
const firstSlot = (print: number, slots: number): number => Math.floor((print / 2 ** 32) * slots);

export function answerIndex(): AnswerIndex {
  const parts = Array.from({ length: PARTS }, () => emptyPart(FIRST_SLOTS));
  const partOf = (key: string): [number, Part] => {
    const number = Number.parseInt(key.slice(0, 2), 16);
    const part = parts[number];
    if (part === undefined) throw new RangeError(`"${key}" is no key`);
    return [number, part];
  };
  return {
    get size() {
      return parts.reduce((sum, part) => sum + part.size, 0);
    },
    get bytes() {
      return parts.reduce(
        (sum, { prints, offsets, segments }) => sum + prints.byteLength + offsets.byteLength + segments.byteLength,
        0,
      );
    },
    add: (key, { segment, offset }) => {
      if (segment >= MOST_SEGMENTS) throw new RangeError(`segment ${segment} is beyond ${MOST_SEGMENTS}`);
      const [number, part] = partOf(key);
      const roomy = part.size + 1 > part.prints.length * MOST_FULL ? grown(part) : part;
      parts[number] = roomy;
      place(roomy, printOf(key), offset, segment);
    },
    candidates: (key) => {
      const [, { prints, offsets, segments }] = partOf(key);
      const print = printOf(key);
      const found: Location[] = [];
      for (let slot = firstSlot(print, prints.length); ; slot = slot + 1 === prints.length ? 0 : slot + 1) {
        const segment = segments[slot] ?? NO_SEGMENT;
        if (segment === NO_SEGMENT) return found;
        if (prints[slot] === print) found.push({ segment, offset: offsets[slot] ?? 0 });
      }
    },
  };
}

function place(part: Part, print: number, offset: number, segment: number): void {
  const slots = part.prints.length;
  let slot = firstSlot(print, slots);
  while (part.segments[slot] !== NO_SEGMENT) slot = slot + 1 === slots ? 0 : slot + 1;
  part.prints[slot] = print;
  part.offsets[slot] = offset;
  part.segments[slot] = segment;
  part.size += 1;
}

function grown(part: Part): Part {
  const larger = emptyPart(Math.ceil(part.prints.length * GROWTH) + 1);
  part.prints.forEach((print, slot) => {
    const segment = part.segments[slot] ?? NO_SEGMENT;
    if (segment !== NO_SEGMENT) place(larger, print, part.offsets[slot] ?? 0, segment);
  });
  return larger;
}
