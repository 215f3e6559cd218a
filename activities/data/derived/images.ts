/** Pictures of a shard's rows as generators read them: decoded once to be sure, within the worker's limits, and nothing outside the set. */
import type { ImageLimits } from '../../../generators/configuration.js';
import { folderImages } from '../../../generators/images.js';
import type { ImageSource } from '../../../generators/generator.js';
import type { ShardImages } from './input.js';

export function imagesIn(folder: string, images: ShardImages, limits: ImageLimits): ImageSource {
  return folderImages(folder, (sha256) => images.pathOf(sha256), limits);
}
