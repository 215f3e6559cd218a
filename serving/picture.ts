/**
 * Pictures that clients send, as data URLs, made what the model sees: 16 x 16 in 8-bit grey. One of that form is taken to the byte
 * as stage data is; any other is scaled, or refused where the server is strict. Nothing is fetched from anywhere.
 */
import sharp from 'sharp';
import { readScene } from '../core/digits/scene.js';
import { SCENE_SIDE } from '../core/digits/vocabulary.js';
import { decodePicture } from '../store/rows.js';
import { badRequest } from './api-error.js';

/** What a phone takes; beyond it lies nothing but decompression bombs. */
const MOST_PIXELS = 50_000_000;
const DATA_URL = /^data:([a-z0-9.+/-]+)(?:;[a-z0-9-]+=[^;,]*)*;base64,/i;

// Pictures come one by one and never again: what libvips keeps is memory lost, and its threads are the graph's.
sharp.cache(false);
sharp.concurrency(1);

export interface ReadPicture {
  readonly pixels: Float32Array;
  /** What was done to it; null when nothing was. */
  readonly warning: string | null;
}

/** @throws ApiError 400 saying what is wrong with it. */
export async function readPictureUrl(url: string, strict: boolean): Promise<ReadPicture> {
  const bytes = bytesOf(url);
  try {
    return { pixels: decodePicture(bytes, 'the image'), warning: null };
  } catch (error) {
    if (strict) throw badRequest(messageOf(error), 'messages');
  }
  try {
    // The page of a scene is neither black nor white: a transparent picture is laid on white, as viewers do.
    const options = { limitInputPixels: MOST_PIXELS, failOn: 'error', pages: 1 } as const;
    const image = sharp(bytes, options).autoOrient();
    const { width, height } = await sharp(bytes, options).metadata();
    const grey = await image
      .flatten({ background: 'white' })
      .toColourspace('b-w')
      .resize(SCENE_SIDE, SCENE_SIDE, { fit: 'fill' })
      .extractChannel(0)
      .raw({ depth: 'uchar' })
      .toBuffer();
    const same = width === SCENE_SIDE && height === SCENE_SIDE;
    return {
      pixels: readScene(grey),
      warning: same ? null : `the image was scaled from ${width}x${height} to ${SCENE_SIDE}x${SCENE_SIDE}`,
    };
  } catch (error) {
    throw badRequest(`the image cannot be read: ${messageOf(error)}`, 'messages');
  }
}

function bytesOf(url: string): Buffer {
  const head = DATA_URL.exec(url);
  if (head === null)
    throw badRequest(
      'image_url.url must be a data URL in base64 (data:image/png;base64,...); this server fetches no addresses',
      'messages',
    );
  const bytes = Buffer.from(url.slice(head[0].length), 'base64');
  if (bytes.length === 0) throw badRequest('the image is empty', 'messages');
  return bytes;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
