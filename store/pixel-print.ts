/**
 * The print of a picture: what a viewer sees of it, whatever file format and settings it was saved with. Two pictures of one print
 * have the same size and the same pixels; pictures that were saved with loss differ.
 */
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import sharp from 'sharp';
import { PRINT_DIGITS } from '../core/data/overlap-text.js';
import { throwFault } from './faults.js';

/** A larger file or picture is not decoded: a small file may unfold into more than the machine has. */
export const PICTURE_LIMITS = { bytes: 64 * 1024 * 1024, pixels: 64_000_000 } as const;

/** Why a picture has no print. It says nothing about the row: nobody can tell what the picture shows. */
export class PictureFault extends Error {
  override readonly name = 'PictureFault';
}

/** @throws PictureFault when it is missing, no picture, damaged, or beyond the limits; StagewrightError when the disk may not be read */
export async function pixelPrint(file: string): Promise<string> {
  return pixelPrintOf(await readPictureFile(file), file);
}

async function readPictureFile(file: string): Promise<Buffer> {
  const handle = await open(file, 'r').catch((cause: unknown) => {
    throwFault(cause, file);
    throw new PictureFault(`${file}: ${messageOf(cause)}`, { cause });
  });
  try {
    const found = await handle.stat();
    if (!found.isFile()) throw new PictureFault(`${file} is no file`);
    if (found.size === 0) throw new PictureFault(`${file} is empty`);
    if (found.size > PICTURE_LIMITS.bytes)
      throw new PictureFault(`${file} has ${found.size} bytes; the limit is ${PICTURE_LIMITS.bytes}`);
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

/** @throws PictureFault */
export async function pixelPrintOf(bytes: Buffer, name: string): Promise<string> {
  try {
    // A file cut short is an error here, not grey pixels.
    const picture = sharp(bytes, { limitInputPixels: PICTURE_LIMITS.pixels, failOn: 'truncated', pages: 1 });
    const { hasAlpha } = await picture.metadata();
    const upright = picture.autoOrient().toColourspace('srgb');
    const isOpaque = hasAlpha && (await upright.clone().stats()).isOpaque;
    const { data, info } = await (isOpaque ? upright.removeAlpha() : upright).raw({ depth: 'uchar' }).toBuffer({
      resolveWithObject: true,
    });
    return createHash('sha256')
      .update(`stagewright/pixels@1\n${info.width}x${info.height}x${info.channels}\n`)
      .update(data)
      .digest('hex')
      .slice(0, PRINT_DIGITS);
  } catch (cause) {
    throw new PictureFault(`${name} cannot be decoded: ${messageOf(cause)}`, { cause });
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
