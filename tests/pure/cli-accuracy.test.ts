/** Intervals against published values, and the table made of summaries. */
import { describe, expect, it } from 'vitest';
import { accuracyText } from '../../cli/report/accuracy-text.js';
import { nearestName } from '../../core/nearest-name.js';
import { html } from '../../cli/report/html.js';
import { wilsonInterval } from '../../core/wilson.js';

describe('Wilson interval', () => {
  it.each([
    // Newcombe 1998 (Statistics in Medicine 17:857), table I, method 3.
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])('%d of %d', (correct, n, low, high) => {
    const interval = wilsonInterval(correct, n);
    expect(interval[0]).toBeCloseTo(low, 4);
    expect(interval[1]).toBeCloseTo(high, 4);
  });
  it('refuses what is no share', () => {
    expect(() => wilsonInterval(1, 0)).toThrow(RangeError);
    expect(() => wilsonInterval(3, 2)).toThrow(RangeError);
  });
});

it('a table names columns, n, and the interval of each cell', () => {
  const cell = { correct: 81, n: 263, share: 81 / 263, low: 0.2553, high: 0.3662 };
  const text = accuracyText(
    {
      data: 'heldout',
      columns: ['base', 'perception'],
      rows: [{ label: 'perception', level: 0, cells: [cell, null] }],
      details: [{ label: '7', level: 1, cells: [null, cell] }],
      lengths: [],
    },
    'recipe',
  );
  expect(text).toMatch(/perception\s+263\s+30\.8 \[25\.5, 36\.6\]\s+–/u);
  expect(text).toMatch(/ 7\s+263\s+–\s+30\.8/u);
});

it('a table that a terminal cannot hold puts intervals below, and breaks names, instead of its lines', () => {
  const cell = { correct: 81, n: 263, share: 81 / 263, low: 0.2553, high: 0.3662 };
  const columns = ['base', 'perception', 'textual_reasoning', 'visual_reasoning'];
  const cells = columns.map(() => cell);
  const table = {
    data: 'heldout',
    columns,
    rows: [{ label: 'perception', level: 0, cells }] as const,
    details: [{ label: 'multiple choice, by right letter', level: 0, cells }] as const,
    lengths: [],
  };
  const longest = (text: string): number => Math.max(...text.split('\n').map((line) => line.trimEnd().length));
  expect(longest(accuracyText(table, 'recipe'))).toBeGreaterThan(100);
  const narrow = accuracyText(table, 'recipe', 80);
  expect(longest(narrow)).toBeLessThanOrEqual(80);
  expect(narrow.match(/\[25\.5, 36\.6\]/gu)).toHaveLength(8);
  expect(narrow).toMatch(/textual_ .*\n.* reasoning/u);
  expect(accuracyText(table, 'recipe', 200)).toBe(accuracyText(table, 'recipe'));
});

it('the nearest name is near', () => {
  expect(nearestName('learning_rat', ['steps', 'learning_rate'])).toBe('learning_rate');
  expect(nearestName('zebra', ['steps', 'learning_rate'])).toBeUndefined();
});

it('HTML escapes what it is given', () => {
  expect(html`<p title="${'"'}">${['<b>', html`<i>${'&'}</i>`]}</p>`.text).toBe(
    '<p title="&quot;">&lt;b&gt;<i>&amp;</i></p>',
  );
});
