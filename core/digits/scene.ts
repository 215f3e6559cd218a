/**
 * Pictures: four digit tiles as one 16 x 16 grey image, and back to what the model is fed. A picture stores
 * grey = 255 * (0.25 + 0.5 * x), x = the digit's grey (0 to 1) plus camera noise: the margin keeps noise up to five standard deviations unclipped.
 */
import { normals, type RandomGenerator } from './random.js';
import { SCENE_SIDE, TILE_PIXELS, TILE_SIDE, TILES } from './vocabulary.js';

const PAPER = 0.25;
const RANGE = 0.5;

/** The digit images: `pixels` holds 64 values of 0 to 16 for each, `labels` its digit. */
export interface DigitImages {
  readonly pixels: readonly Uint8Array[];
  readonly labels: readonly number[];
}

/** Where pixel `i` of tile `t` (in the order of PLACES) lies in the picture. */
function pixelOf(tile: number, i: number): number {
  const y = (tile >> 1) * TILE_SIDE + Math.floor(i / TILE_SIDE);
  const x = (tile & 1) * TILE_SIDE + (i % TILE_SIDE);
  return y * SCENE_SIDE + x;
}

/** @param tiles four digit images (0 to 16); @returns 256 bytes, row by row. */
export function paintScene(tiles: readonly Uint8Array[], cameraNoise: number, random: RandomGenerator): Uint8Array {
  const picture = new Uint8Array(SCENE_SIDE * SCENE_SIDE);
  const noise = normals(random, TILES * TILE_PIXELS);
  for (const [t, tile] of tiles.entries())
    for (let i = 0; i < TILE_PIXELS; i++) {
      const x = (tile[i] ?? 0) / 16 + cameraNoise * (noise[t * TILE_PIXELS + i] ?? 0);
      picture[pixelOf(t, i)] = Math.min(255, Math.max(0, Math.round(255 * (PAPER + RANGE * x))));
    }
  return picture;
}

/** @param picture 256 bytes, row by row; @returns [4 tiles x 64 pixels], 0 = paper, 1 = full ink, noise may exceed both. */
export function readScene(picture: ArrayLike<number>): Float32Array {
  const out = new Float32Array(TILES * TILE_PIXELS);
  for (let t = 0; t < TILES; t++)
    for (let i = 0; i < TILE_PIXELS; i++)
      out[t * TILE_PIXELS + i] = ((picture[pixelOf(t, i)] ?? 0) / 255 - PAPER) / RANGE;
  return out;
}
