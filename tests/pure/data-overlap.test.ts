/** Duplicates between training rows and benchmarks: what counts as the same text, how rows match, and the size of the index. */
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { OverlapIndex, overlapVerdict, type Prints } from '../../core/data/overlap.js';
import { comparableText, normalizeText, printOf, textPrint } from '../../core/data/overlap-text.js';
import { PrintIndex } from '../../core/data/print-index.js';

describe('normalised text', () => {
  test.each<[string, string]>([
    ['What is  the\tcolour of\nthe car?', 'what is the colour of the car'],
    ['“What” is (the) ＣＯＬＯＵＲ, of *the* car...', 'what is the colour of the car'],
    ['Where is it ?', 'where is it'],
    ['A – B', 'a b'],
    ['$x-1$', 'x-1'],
    ['-5', '-5'],
    ['.5', '.5'],
    ['5%', '5%'],
    ['1.5', '1.5'],
    ['f(x)', 'f(x'],
    ['木。', '木'],
    ['...', ''],
  ])('%j is %j', (text, normal) => {
    expect(normalizeText(text)).toBe(normal);
  });
  it('keeps apart what differs in more than its setting', () => {
    const all = ['x-1', 'x1', 'x+1', '1.5', '15', '-15', '5%', '5', 'red car', 'redcar', 'car red', '.5'];
    expect(new Set(all.map(normalizeText)).size).toBe(all.length);
  });
  it('normalised again is itself', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const once = normalizeText(text);
        // NFKC of lower case may have another lower case; twice is enough.
        expect(normalizeText(normalizeText(once))).toBe(normalizeText(once));
      }),
    );
  });
});

describe('the text of a question', () => {
  const options = ['left', 'right'];
  const same = [
    { problem: '<image>Where is the cup?', options },
    { problem: 'Where is the cup? <image>', options: ['Right.', 'left'] },
    {
      problem:
        '<image>Where is the cup?\nOptions:\nA: left\nB: right\nRespond using only the letter corresponding to the correct answer.\n',
    },
    { problem: 'Where is the cup?\nChoices:\n(A) left\n(B) right' },
    { problem: 'Where is the cup?\nA. right\nB. left', options },
    { problem: 'where is the cup\r\nA) left\r\nB) right\r\nAnswer with the letter.' },
  ];
  it('is the question and its options, however both are set', () => {
    expect(new Set(same.map(textPrint)).size).toBe(1);
    expect(comparableText(same[2] ?? { problem: '' })).toEqual({
      question: 'where is the cup',
      options: ['left', 'right'],
    });
  });
  it('differs with an option or a word', () => {
    const others = [
      { problem: 'Where is the cup?', options: ['left', 'under'] },
      { problem: 'Where is the cup?' },
      { problem: 'Where is the cap?', options },
    ];
    expect(new Set([...others, same[0] ?? { problem: '' }].map(textPrint)).size).toBe(4);
  });
  it('takes a line that starts with a letter for an option only where a list begins', () => {
    expect(comparableText({ problem: 'A. Smith asks:\nwhat is it?' })).toEqual({
      question: 'a smith asks what is it',
      options: [],
    });
  });
  it('is none where a row has no words', () => {
    expect(textPrint({ problem: '<image>' })).toBeNull();
    expect(textPrint({ problem: '<image>', options })).not.toBeNull();
  });
});

const prints = (text: string | null, images: string[] = [], unreadable = 0): Prints => ({
  text: text === null ? null : printOf(text),
  images: images.map(printOf),
  unreadable,
});

describe('overlaps', () => {
  const index = new OverlapIndex();
  const rows = [
    prints('q0', ['i0']),
    prints('q1', ['i1']),
    prints('q0', ['i2']), // The words of row 0 about another picture.
    prints('q3'),
    prints(null, ['i4']),
    prints('q5', ['i1']), // The picture of row 1.
    prints('q6', ['i6', 'i7']),
    prints('q7', [], 1),
  ];
  for (const [i, row] of rows.entries()) index.add(row, i);
  const found = (row: Prints): string[] => index.overlapsOf(row).map(({ way, row: at }) => `${way} ${at}`);

  test.each<[string, Prints, string[], string]>([
    ['nothing shared', prints('q', ['i']), [], 'clean'],
    ['question and picture', prints('q0', ['i0']), ['text_and_image 0'], 'overlaps'],
    ['words that stand for another row', prints('q0', ['i2']), ['text_and_image 2'], 'overlaps'],
    ['a picture that stands for another row', prints('q5', ['i1']), ['text_and_image 5'], 'overlaps'],
    ['the picture only', prints('q', ['i1']), ['image 1'], 'overlaps'],
    ['a picture without words', prints(null, ['i4']), ['image 4'], 'overlaps'],
    ['the words only, both without a picture', prints('q3'), ['text 3'], 'overlaps'],
    ['the words of a row that has no picture', prints('q3', ['i']), ['text 3'], 'overlaps'],
    ['the words of a row with a picture', prints('q0'), ['text 0'], 'overlaps'],
    ['the words about another picture', prints('q1', ['i']), ['text_other_image 1'], 'clean'],
    ['words of one row, picture of another', prints('q1', ['i0']), ['image 0', 'text_other_image 1'], 'overlaps'],
    ['pictures in another order', prints('q6', ['i7', 'i6']), ['text_and_image 6'], 'overlaps'],
    ['one of several pictures', prints('q', ['i', 'i7']), ['image 6'], 'overlaps'],
    ['a picture that cannot be read', prints('q', [], 1), [], 'unknown'],
    ['words that match, picture unread', prints('q1', [], 1), ['text 1'], 'overlaps'],
    ['one picture read and new, one unread', prints('q1', ['i'], 1), ['text_other_image 1'], 'unknown'],
  ])('%s', (_, row, overlaps, verdict) => {
    expect(found(row)).toEqual(overlaps);
    expect(overlapVerdict(row, index.overlapsOf(row))).toBe(verdict);
  });

  it('pictures of benchmarks that could not be read are counted', () => {
    expect(index.unreadable).toBe(1);
  });

  it('are those that comparing each pair finds', () => {
    const one = fc.record({
      text: fc.constantFrom(null, 'a', 'b', 'c'),
      image: fc.constantFrom(null, 'x', 'y', 'z'),
    });
    fc.assert(
      fc.property(fc.array(one, { maxLength: 12 }), one, (benchmark, row) => {
        const own = new OverlapIndex();
        for (const [i, { text, image }] of benchmark.entries()) own.add(prints(text, image === null ? [] : [image]), i);
        const mine = prints(row.text, row.image === null ? [] : [row.image]);
        const ways = own.overlapsOf(mine).map(({ way }) => way);
        const sameImage = benchmark.filter(({ image }) => image !== null && image === row.image);
        const sameText = benchmark.filter(({ text }) => text !== null && text === row.text);
        const both = row.text !== null && sameImage.some(({ text }) => text === row.text);
        const onlyWords = row.image === null || sameText.some(({ image }) => image === null);
        expect(ways).toEqual(
          both
            ? ['text_and_image']
            : [
                ...(sameImage.length > 0 ? ['image'] : []),
                ...(sameText.length > 0 ? [onlyWords ? 'text' : 'text_other_image'] : []),
              ],
        );
      }),
    );
  });

  it('of many rows with one picture take at most 100 bytes a row, whatever they share', () => {
    for (const distinct of [1, 3, 1e9])
      for (const images of [1, 1e9]) {
        const own = new OverlapIndex();
        const n = 53_000;
        for (let i = 0; i < n; i++)
          own.add({ text: spread(i % distinct, 1), images: [spread(i % images, 2)], unreadable: 0 }, i);
        expect(own.bytes / n).toBeLessThanOrEqual(100);
      }
  });
});

/** A print of a number that needs no hashing. */
function spread(n: number, salt: number): string {
  const words = [1, 2, 3].map(
    (k) => (Math.imul(n + 1, 0x9e3779b1 * k + salt) ^ (Math.imul(n, 0x85ebca6b) >>> k)) >>> 0,
  );
  return words.map((word) => word.toString(16).padStart(8, '0')).join('');
}

describe('the index of prints', () => {
  it('finds the first number of every print, and none of others', () => {
    const index = new PrintIndex(2);
    for (let i = 0; i < 5_000; i++) expect(index.add(printOf(`p${i % 4_000}`), i)).toBe(i < 4_000);
    for (let i = 0; i < 4_000; i++) expect(index.find(printOf(`p${i}`))).toBe(i);
    expect(index.find(printOf('another'))).toBeUndefined();
    expect(index.size).toBe(4_000);
  });
  it('takes prints only', () => {
    expect(() => new PrintIndex().add('xyz', 0)).toThrow('no print: xyz');
  });
});
