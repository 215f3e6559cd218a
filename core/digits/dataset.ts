/**
 * The rows and scenes of a derivation, as values: nothing is written here (activities/data does). The i-th question of a kind
 * depends on seed, split, images and scenes only, so that data sets of other mixes or counts hold the same questions first.
 */
import { canonicalJson } from '../canonical-json.js';
import { StagewrightError } from '../failures.js';
import { IMAGE_MARK, type Row } from '../row.js';
import { CAPABILITY_OF, DIGITS_KINDS, type DigitsDerivation, type DigitsKind } from './derivation.js';
import { poolOf } from './pools.js';
import { ask, captionWords, suits, type Question } from './question.js';
import { below, generatorFor, pick, shuffled, unit, type RandomGenerator } from './random.js';
import { paintScene, type DigitImages } from './scene.js';
import { TILES } from './vocabulary.js';

export interface DigitsRows {
  readonly rows: readonly Row[];
  /** Path (relative to the rows) and pixels (16 x 16 grey, 8 bit) of each picture that a row names, in order of first use. */
  readonly pictures: () => Generator<{ readonly path: string; readonly pixels: Uint8Array }>;
}

/** Four images of the pool at a name; the name also seeds its camera noise. */
interface Scene {
  readonly name: string;
  readonly images: readonly number[];
}

const TRIES = 500;

/** @throws StagewrightError RecipeInvalid when a kind has too few distinct questions. */
export function digitsRows(derivation: DigitsDerivation, digits: DigitImages): DigitsRows {
  const { seed, split } = derivation;
  const pool = poolOf(digits.labels, seed, split, derivation.images);
  const used = new Map<string, Scene>();
  const rows: Row[] = [];
  for (const [kind, count] of sharesOf(derivation)) {
    const limit = Math.min(count, derivation.distinct?.[kind] ?? count);
    const fresh: Row[] = [];
    const seen = new Set<string>();
    for (let i = 0; i < limit; i++) {
      const { row, scene } = draw(kind, i, derivation, pool, digits.labels, seen);
      if (row.images.length > 0) used.set(scene.name, scene);
      fresh.push(row);
    }
    for (let i = 0; i < count; i++) {
      const row = fresh[i % limit] as Row;
      rows.push(i < limit ? row : { ...row, id: `${row.id}-again${Math.floor(i / limit)}` });
    }
  }
  const mixed = shuffled(generatorFor('file-order', seed, split), rows);
  return {
    rows: mixed,
    *pictures() {
      for (const scene of used.values()) {
        const tiles = scene.images.map((image) => digits.pixels[image] as Uint8Array);
        const camera = generatorFor('camera', seed, split, scene.name);
        yield { path: pathOf(scene), pixels: paintScene(tiles, derivation.camera_noise, camera) };
      }
    },
  };
}

const pathOf = (scene: Scene): string => `images/${scene.name}.png`;
const padded = (n: number): string => String(n).padStart(6, '0');

function draw(
  kind: DigitsKind,
  i: number,
  derivation: DigitsDerivation,
  pool: readonly number[],
  labels: readonly number[],
  seen: Set<string>,
): { row: Row; scene: Scene } {
  const { seed, split, label_noise } = derivation;
  const random = generatorFor('question', seed, split, kind, i);
  for (let t = 0; t < TRIES; t++) {
    const scene = sceneFor(`${kind}-${padded(i)}`, derivation, pool, random);
    const truth = scene.images.map((image) => labels[image] as number);
    const labelled =
      label_noise === 0 || kind === 'text_sum'
        ? truth
        : truth.map((digit) => (unit(random) < label_noise ? below(random, 10) : digit));
    if (!suits(kind, labelled)) continue;
    const question = ask(kind, labelled, random);
    const problem = question.prompt.join(' ');
    // A text question is the same question whatever scene it came from.
    const identity = question.showsImage ? `${scene.name} ${scene.images.join(' ')} ${problem}` : problem;
    if (seen.has(identity)) continue;
    seen.add(identity);
    return { row: rowOf(`${split}-${kind}-${padded(i)}`, kind, question, scene, truth, labelled), scene };
  }
  throw new StagewrightError(
    'RecipeInvalid',
    `data ${canonicalJson(derivation.mix)}: no distinct "${kind}" question found after ${i}; ask for fewer rows or more scenes`,
  );
}

/** One of the shared scenes, or one of the row's own. */
function sceneFor(own: string, derivation: DigitsDerivation, pool: readonly number[], random: RandomGenerator): Scene {
  const { seed, split, scenes } = derivation;
  if (scenes === undefined) return { name: own, images: fourOf(pool, random) };
  const name = `scene-${padded(below(random, scenes))}`;
  return { name, images: fourOf(pool, generatorFor('scene', seed, split, name)) };
}

function fourOf(pool: readonly number[], random: RandomGenerator): number[] {
  return Array.from({ length: TILES }, () => pick(random, pool));
}

function rowOf(
  id: string,
  kind: DigitsKind,
  question: Question,
  scene: Scene,
  truth: number[],
  labelled: number[],
): Row {
  const text = question.prompt.join(' ');
  return {
    id,
    capability: CAPABILITY_OF[kind],
    kind,
    problem: question.showsImage ? `${IMAGE_MARK} ${text}` : text,
    images: question.showsImage ? [pathOf(scene)] : [],
    answer: question.answer,
    ...(question.options === undefined ? {} : { options: [...question.options] }),
    ...(kind === 'text_sum' ? {} : { caption: captionWords(labelled).join(' ') }),
    meta: { digits: truth, response: question.response.join(' ') },
  };
}

/** Rows of each kind, in the order of DIGITS_KINDS: shares rounded by largest remainder, ties to the earlier kind. */
export function sharesOf(derivation: Pick<DigitsDerivation, 'mix' | 'count'>): [DigitsKind, number][] {
  const { mix, count } = derivation;
  const kinds = DIGITS_KINDS.filter((kind) => mix[kind] !== undefined);
  const total = kinds.reduce((sum, kind) => sum + (mix[kind] ?? 0), 0);
  const exact = kinds.map((kind) => (count * (mix[kind] ?? 0)) / total);
  const counts = exact.map(Math.floor);
  const missing = count - counts.reduce((sum, n) => sum + n, 0);
  const byRemainder = exact
    .map((share, k) => ({ k, rest: share - Math.floor(share) }))
    .sort((a, b) => b.rest - a.rest || a.k - b.k);
  for (const { k } of byRemainder.slice(0, missing)) counts[k] = (counts[k] ?? 0) + 1;
  return kinds.map((kind, k): [DigitsKind, number] => [kind, counts[k] ?? 0]).filter(([, n]) => n > 0);
}
