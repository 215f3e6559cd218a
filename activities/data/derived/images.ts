/** Pictures of a shard's rows as generators read them: the bytes again from the set's folder, one at a time. */
import { readFile } from 'node:fs/promises';
import { StagewrightError } from '../../../core/failures.js';
import type { ImageFile, ImageSource } from '../../../generators/generator.js';
import type { ShardImages } from './input.js';

export function imagesIn(images: ShardImages): ImageSource {
  return {
    async read(sha256) {
      const file = images.fileOf(sha256);
      if (file === undefined) throw new StagewrightError('Internal', `no image of the shard has sha256 ${sha256}`);
      const bytes = await readFile(file);
      return { bytes, media_type: mediaType(bytes) };
    },
  };
}

function mediaType(bytes: Buffer): ImageFile['media_type'] {
  if (bytes.subarray(0, 3).toString('hex') === 'ffd8ff') return 'image/jpeg';
  if (bytes.subarray(0, 3).toString('latin1') === 'GIF') return 'image/gif';
  if (bytes.subarray(8, 12).toString('latin1') === 'WEBP') return 'image/webp';
  return 'image/png';
}
