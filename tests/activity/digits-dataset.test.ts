/** Data sets as files: same bytes again, pictures that read back, and every kind of bad row named by file and line. */
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decode, encode } from 'fast-png';
import { digitsSha256, loadDigitImages } from '../../store/digits-images.js';
import { materialiseDigits } from '../../activities/data/digits-dataset.js';
import { digitsDerivationSchema } from '../../core/digits/derivation.js';
import { digitsRows } from '../../core/digits/dataset.js';
import { readScene } from '../../core/digits/scene.js';
import type { Row } from '../../core/row.js';
import { loadRows } from '../../store/rows.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stagewright-digits-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const derive = async (over: object = {}) =>
  digitsDerivationSchema.parse({
    generator: 'digits',
    version: 1,
    digits_sha256: await digitsSha256(),
    split: 'base',
    seed: 1000,
    count: 45,
    mix: {
      at: 1,
      largest: 1,
      smallest: 1,
      caption_at: 1,
      caption_largest: 1,
      caption_smallest: 1,
      text_sum: 1,
      visual_sum: 1,
      describe: 1,
    },
    label_noise: 0.15,
    ...over,
  });

const files = (at: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(at, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry): [string, string] => [
        entry.name,
        readFileSync(join(entry.parentPath, entry.name)).toString('base64'),
      ])
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );

describe('materialiseDigits', () => {
  it('writes the same bytes again', async () => {
    const derivation = await derive();
    const made = await materialiseDigits(derivation, join(folder, 'a'));
    expect(await materialiseDigits(derivation, join(folder, 'b'))).toEqual(made);
    expect(files(join(folder, 'a'))).toEqual(files(join(folder, 'b')));
    expect(made).toMatchObject({ rows: 45, pictures: 25 });
  });

  it('loads what it wrote, pictures included', async () => {
    const derivation = await derive();
    await materialiseDigits(derivation, folder);
    const loaded = await loadRows(folder);
    const { rows, pictures } = digitsRows(derivation, await loadDigitImages(derivation.digits_sha256));
    expect(loaded.map(({ row }) => row)).toEqual(rows);
    const painted = new Map([...pictures()].map(({ path, pixels }) => [path, pixels]));
    for (const { row, images, hasImage } of loaded) {
      const path = row.images[0];
      expect(hasImage).toBe(path === undefined ? 0 : 1);
      if (path === undefined) continue;
      expect(images).toEqual(readScene(painted.get(path) ?? []));
      const png = decode(readFileSync(join(folder, path)));
      expect([png.width, png.height, png.depth, png.channels]).toEqual([16, 16, 8, 1]);
    }
    // Camera noise must not be clipped.
    const clipped = [...painted.values()].flatMap((pixels) => [...pixels]).filter((grey) => grey === 0 || grey === 255);
    expect(clipped).toHaveLength(0);
  });

  it('refuses another digits file than the derivation names', async () => {
    const derivation = await derive({ digits_sha256: 'a'.repeat(64) });
    await expect(materialiseDigits(derivation, folder)).rejects.toMatchObject({ type: 'DigestMismatch' });
  });
});

describe('loadRows', () => {
  type Change = (row: Row) => unknown;
  const broken = async (change: Change | string): Promise<unknown> => {
    await materialiseDigits(await derive({ mix: { at: 1 }, count: 4 }), folder);
    const path = join(folder, 'rows.jsonl');
    const lines = readFileSync(path, 'utf8').trim().split('\n');
    const row = JSON.parse(lines[2] ?? '') as Row;
    lines[2] = typeof change === 'string' ? change : JSON.stringify(change(row));
    writeFileSync(path, lines.join('\n'));
    return loadRows(folder).catch((error: unknown) => error);
  };
  const png = (width: number, channels: number): Uint8Array =>
    encode({ width, height: width, channels, depth: 8, data: new Uint8Array(width * width * channels) });

  it.each<[string, Change | string, RegExp]>([
    ['broken JSON', '{"id": "x", ', /JSON/],
    ['an unknown key', (row) => ({ ...row, extra: 1 }), /extra/],
    ['no image mark', (row) => ({ ...row, problem: 'describe' }), /0 <image> for 1 images/],
    ['a missing image', (row) => ({ ...row, images: ['images/none.png'] }), /none\.png.*ENOENT/],
    ['an image outside the folder', (row) => ({ ...row, images: ['../secret.png'] }), /leaves the data folder/],
    ['an unknown word', (row) => ({ ...row, problem: `${row.problem} please` }), /unknown word "please"/],
    ['a prompt too long', (row) => ({ ...row, problem: `<image> ${'1 '.repeat(19)}` }), /19 words; the model takes 18/],
    ['an answer that its verifier rejects', (row) => ({ ...row, answer: 'E' }), /answer "E"/],
    [
      'an answer other than its response',
      (row) => ({ ...row, answer: row.answer === 'A' ? 'B' : 'A' }),
      /rejected by its own verifier/,
    ],
    [
      'an answer no model can give',
      (row) => ({ ...row, options: undefined, kind: 'visual_sum', answer: '37', meta: {} }),
      /answer "37"/,
    ],
  ])('%s is named by file and line', async (_, change, reason) => {
    const error = await broken(change);
    expect(error).toMatchObject({ type: 'DataInvalid', details: { count: 1 } });
    expect(String(error)).toMatch(/rows\.jsonl:3: /);
    expect(String(error)).toMatch(reason);
  });

  it.each<[string, () => Uint8Array | string, RegExp]>([
    ['no image at all', () => 'hello', /is no PNG picture/],
    ['an image cut short', () => png(16, 1).slice(0, 50), /is no PNG picture/],
    ['an image of another size', () => png(8, 1), /8x8.*must be 16x16/],
    ['an image in colour', () => png(16, 3), /3 channels/],
  ])('%s is named', async (_, bytes, reason) => {
    await materialiseDigits(await derive({ mix: { at: 1 }, count: 4 }), folder);
    const { row } = (await loadRows(folder))[1] ?? expect.fail('no row');
    writeFileSync(join(folder, row.images[0] ?? ''), bytes());
    const error: unknown = await loadRows(folder).catch((thrown: unknown) => thrown);
    expect(String(error)).toMatch(/rows\.jsonl:2: image /);
    expect(String(error)).toMatch(reason);
  });

  it('collects all faults, names the first and counts the rest', async () => {
    await materialiseDigits(await derive({ mix: { text_sum: 1 }, count: 12 }), folder);
    const path = join(folder, 'rows.jsonl');
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll('"sum ', '"total '));
    const error: unknown = await loadRows(folder).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ type: 'DataInvalid', details: { count: 12 } });
    expect(String(error)).toMatch(
      /12 bad rows:\n.*rows\.jsonl:1: unknown word "total"[^]*rows\.jsonl:5: [^]*and 7 more/,
    );
  });

  it('an absent or empty set is an error', async () => {
    await expect(loadRows(folder)).rejects.toMatchObject({ type: 'DataInvalid' });
    writeFileSync(join(folder, 'rows.jsonl'), '\n');
    await expect(loadRows(folder)).rejects.toThrow(/holds no rows/);
  });
});
