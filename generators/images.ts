/**
 * Pictures from a folder, for generators: each path stays in the folder, each file is decoded to its end once, within limits on bytes
 * and pixels. What cannot be read is an ImageFault with its reason, so that its row is unknown. Pictures from elsewhere are
 * remote-image.ts's.
 */
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import sharp from 'sharp';
import { errorCode, faultOf, isMissing, throwFault, unreachable } from '../store/faults.js';
import type { ImageLimits } from './configuration.js';
import type { ImageFile, ImageSource } from './generator.js';
import { ImageFault } from './image-fault.js';

export interface CheckedImage extends ImageFile {
  readonly sha256: string;
  readonly width: number;
  readonly height: number;
}
export type PictureLimits = Pick<ImageLimits, 'max_bytes' | 'max_pixels'>;

/** Of pictures that are kept for the next question about them: two models and K samples ask about the same ones. */
const KEPT_BYTES = 64 * 2 ** 20;

/**
 * @param pathOf a picture's path in the folder, undefined where its sha256 is not known
 * @throws ImageFault from `read`, StagewrightError where the store is away
 */
export function folderImages(
  folder: string,
  pathOf: (sha256: string) => string | undefined,
  limits: PictureLimits,
): ImageSource {
  /** In order of use, the oldest first. */
  const kept = new Map<string, ImageFile>();
  let keptBytes = 0;
  const keep = (sha256: string, image: ImageFile): void => {
    kept.set(sha256, image);
    keptBytes += image.bytes.byteLength;
    for (const [oldest, { bytes }] of kept) {
      if (keptBytes <= KEPT_BYTES) break;
      kept.delete(oldest);
      keptBytes -= bytes.byteLength;
    }
  };
  return {
    read: async (sha256) => {
      const held = kept.get(sha256);
      if (held !== undefined) {
        kept.delete(sha256);
        kept.set(sha256, held);
        return held;
      }
      const path = pathOf(sha256);
      if (path === undefined) throw new ImageFault('missing', `image ${sha256}`);
      const image = await readImage(folder, path, limits);
      if (image.sha256 !== sha256) throw new ImageFault('other_bytes', path);
      const { bytes, media_type } = image;
      if (!kept.has(sha256)) keep(sha256, { bytes, media_type });
      return { bytes, media_type };
    },
  };
}

/** One picture, decoded to be sure. @param path relative to the folder. @throws ImageFault, or StagewrightError where the store is away */
export async function readImage(folder: string, path: string, limits: PictureLimits): Promise<CheckedImage> {
  return checkImage(await readInside(folder, path, limits.max_bytes), path, limits);
}

/** @param what its path or URL, for messages. @throws ImageFault */
export async function checkImage(bytes: Uint8Array, what: string, limits: PictureLimits): Promise<CheckedImage> {
  if (bytes.byteLength === 0) throw new ImageFault('empty', what);
  if (bytes.byteLength > limits.max_bytes) throw new ImageFault('too_many_bytes', what);
  const media_type = mediaType(bytes);
  // The decoder knows more formats than servers do, some of which read other files.
  if (media_type === null) throw new ImageFault('not_an_image', what);
  const { width, height } = await decode(bytes, what, limits);
  return { bytes, media_type, width, height, sha256: createHash('sha256').update(bytes).digest('hex') };
}

async function decode(bytes: Uint8Array, what: string, { max_pixels }: PictureLimits): Promise<Size> {
  const options = { limitInputPixels: false, failOn: 'error', sequentialRead: true } as const;
  try {
    const { width, height } = await sharp(bytes, options).metadata();
    // By its header alone: a bomb is refused before it is decoded.
    if (width * height > max_pixels) throw new ImageFault('too_many_pixels', `${what} (${width} x ${height})`);
    // All rows are read, and a few bytes come out.
    await sharp(bytes, options).resize(16, 16, { fit: 'fill', fastShrinkOnLoad: false }).raw().toBuffer();
    return { width, height };
  } catch (error) {
    if (error instanceof ImageFault) throw error;
    const why = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    throw new ImageFault('damaged', `${what} (${why})`, { cause: error });
  }
}
interface Size {
  readonly width: number;
  readonly height: number;
}

function mediaType(bytes: Uint8Array): ImageFile['media_type'] | null {
  const head = Buffer.from(bytes.subarray(0, 12)).toString('latin1');
  if (head.startsWith('\x89PNG\r\n\x1a\n')) return 'image/png';
  if (head.startsWith('\xff\xd8\xff')) return 'image/jpeg';
  if (head.startsWith('RIFF') && head.endsWith('WEBP')) return 'image/webp';
  if (head.startsWith('GIF87a') || head.startsWith('GIF89a')) return 'image/gif';
  return null;
}

async function readInside(folder: string, path: string, most: number): Promise<Uint8Array> {
  const root = await realpath(folder).catch((error: unknown) => {
    // Then no picture is at fault, and its row not unknown.
    throw isMissing(error) ? unreachable(folder, 'the image folder is not there', error) : faultOf(error, folder);
  });
  try {
    // Links are followed, and where they end counts.
    const file = await realpath(join(root, path));
    if (path.includes('\0') || !file.startsWith(`${root}${sep}`)) throw new ImageFault('outside', path);
    // NONBLOCK: a pipe by that name must not hold the worker.
    const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const { size, mode } = await handle.stat();
      if ((mode & constants.S_IFMT) !== constants.S_IFREG) throw new ImageFault('not_a_file', path);
      if (size > most) throw new ImageFault('too_many_bytes', `${path} (${size} bytes)`);
      return await handle.readFile();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof ImageFault) throw error;
    if (isMissing(error)) throw new ImageFault('missing', path, { cause: error });
    if (errorCode(error) === 'EISDIR') throw new ImageFault('not_a_file', path, { cause: error });
    throwFault(error, join(folder, path));
    throw new ImageFault('missing', `${path} (${errorCode(error) ?? String(error)})`, { cause: error });
  }
}
