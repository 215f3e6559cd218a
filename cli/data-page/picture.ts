/** A picture of a row as it stands in the page: its own bytes where they are few, else made smaller. */
import { readFile } from 'node:fs/promises';
import sharp from 'sharp';

/** Larger files are made smaller: a page of samples is to stay one that can be mailed. */
const MOST_BYTES = 40_000;
const LONGEST_SIDE = 448;
/** Scenes of so few pixels are shown pixel by pixel. */
const TINY_SIDE = 64;
const TYPES: Readonly<Record<string, string>> = {
  png: 'image/png',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  webp: 'image/webp',
};

export interface Picture {
  /** A data URL. */
  readonly src: string;
  readonly tiny: boolean;
}

/** Null when it is not there, or cannot be read as a picture. */
export async function readPicture(file: string): Promise<Picture | null> {
  try {
    const bytes = await readFile(file);
    const { format, width, height } = await sharp(bytes).metadata();
    const tiny = Math.max(width, height) <= TINY_SIDE;
    const type = TYPES[format];
    if (type !== undefined && bytes.length <= MOST_BYTES) return { src: dataUrl(type, bytes), tiny };
    const smaller = await sharp(bytes)
      .rotate()
      .resize(LONGEST_SIDE, LONGEST_SIDE, { fit: 'inside', withoutEnlargement: true })
      .flatten({ background: '#ffffff' })
      .jpeg({ quality: 78 })
      .toBuffer();
    return { src: dataUrl('image/jpeg', smaller), tiny };
  } catch {
    return null;
  }
}

function dataUrl(type: string, bytes: Uint8Array): string {
  return `data:${type};base64,${Buffer.from(bytes).toString('base64')}`;
}
