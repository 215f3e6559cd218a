/** The print of a picture: the same for the same pixels in another file, none for what cannot be decoded. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PictureFault, PICTURE_LIMITS, pixelPrint, pixelPrintOf } from '../../store/pixel-print.js';

const [width, height] = [12, 7];
const pixels = Buffer.from(Array.from({ length: width * height * 3 }, (_, i) => (i * 37) % 256));
const picture = (data = pixels) => sharp(data, { raw: { width, height, channels: 3 } });
const print = async (bytes: Promise<Buffer>): Promise<string> => pixelPrintOf(await bytes, 'test');

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stagewright-pixels-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
const file = async (name: string, bytes: Buffer | string): Promise<string> => {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
};

describe('the same pixels have the same print', () => {
  it('in every format without loss, compressed more or less, with or without an alpha that hides nothing', async () => {
    const base = await print(picture().png().toBuffer());
    const others = [
      picture().png({ compressionLevel: 0 }).toBuffer(),
      picture().png({ compressionLevel: 9, adaptiveFiltering: true }).toBuffer(),
      picture().webp({ lossless: true }).toBuffer(),
      picture().tiff({ compression: 'none' }).toBuffer(),
      picture().ensureAlpha().png().toBuffer(),
      picture()
        .withExif({ IFD0: { Copyright: 'someone' } })
        .png()
        .toBuffer(),
    ];
    for (const other of others) expect(await print(other)).toBe(base);
  });

  it('as they are seen: turned by the file’s own note', async () => {
    const turned = picture().withMetadata({ orientation: 6 }).png().toBuffer();
    expect(await print(turned)).toBe(await print(picture().rotate(90).png().toBuffer()));
  });

  it('grey or in colour, where all colours are grey', async () => {
    const grey = Buffer.from(Array.from({ length: width * height }, (_, i) => i));
    const one = sharp(grey, { raw: { width, height, channels: 1 } })
      .toColourspace('b-w')
      .png()
      .toBuffer();
    const three = picture(Buffer.from([...grey].flatMap((v) => [v, v, v])))
      .png()
      .toBuffer();
    expect(await print(one)).toBe(await print(three));
  });
});

it('one pixel, the size or transparency makes another print', async () => {
  const other = Buffer.from(pixels);
  other[5] = (other[5] ?? 0) ^ 1;
  const all = await Promise.all([
    print(picture().png().toBuffer()),
    print(picture(other).png().toBuffer()),
    print(
      sharp(pixels, { raw: { width: height, height: width, channels: 3 } })
        .png()
        .toBuffer(),
    ),
    print(picture().ensureAlpha(0.5).png().toBuffer()),
    print(picture().jpeg().toBuffer()),
  ]);
  expect(new Set(all).size).toBe(5);
});

describe('what cannot be decoded has no print', () => {
  it('missing, empty, a folder, text, cut short', async () => {
    const png = await picture().png().toBuffer();
    const noise = Buffer.from(Array.from({ length: 64 * 64 * 3 }, (_, i) => (i * i * 31) % 256));
    const jpeg = await sharp(noise, { raw: { width: 64, height: 64, channels: 3 } })
      .jpeg()
      .toBuffer();
    const cases: [string, string][] = [
      [join(folder, 'none.png'), 'ENOENT'],
      [await file('empty.png', ''), 'is empty'],
      [folder, 'is no file'],
      [await file('text.jpg', 'this is text'), 'cannot be decoded'],
      [await file('cut.png', png.subarray(0, png.length - 30)), 'cannot be decoded'],
      [await file('cut.jpg', jpeg.subarray(0, jpeg.length >> 1)), 'cannot be decoded'],
    ];
    for (const [path, why] of cases) {
      const fault = await pixelPrint(path).catch((error: unknown) => error);
      expect(fault, path).toBeInstanceOf(PictureFault);
      expect((fault as Error).message).toContain(why);
    }
  });

  it('a small file that unfolds into more pixels than the limit', async () => {
    const side = Math.ceil(Math.sqrt(PICTURE_LIMITS.pixels)) + 100;
    const bomb = await sharp({ create: { width: side, height: side, channels: 3, background: 'white' } })
      .png({ compressionLevel: 9 })
      .toBuffer();
    expect(bomb.length).toBeLessThan(1_000_000);
    await expect(pixelPrint(await file('bomb.png', bomb))).rejects.toThrow('exceeds pixel limit');
  });
});
