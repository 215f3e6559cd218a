/**
 * The words of the digits task, their ids, and the lengths the embedded model was exported with. models/vocabulary.json is the
 * same list (a test compares them with every model.json). Tokens are words: encode.ts turns text into ids.
 */
export const PLACES = ['top-left', 'top-right', 'bottom-left', 'bottom-right'] as const;
export type Place = (typeof PLACES)[number];
export const LETTERS = ['A', 'B', 'C', 'D'] as const;
export type Letter = (typeof LETTERS)[number];

/** Four digits sum to 36 at most; a number's id is its value. */
export const LARGEST_NUMBER = 36;

export const PAD = '<pad>';
/** Ends every response; what a sampler writes after it means nothing. */
export const END = '<eos>';
export const THINK = '<think>';
export const THOUGHT = '</think>';
export const BOX = '\\boxed{';
export const BOXED = '}';

/** Every word; its place in the list is its id. */
export const VOCABULARY: readonly string[] = [
  ...Array.from({ length: LARGEST_NUMBER + 1 }, (_, n) => String(n)),
  ...PLACES,
  ...LETTERS,
  PAD,
  END,
  THINK,
  THOUGHT,
  BOX,
  BOXED,
  'at',
  'largest',
  'smallest',
  'sum',
  'describe',
];

const ids = new Map(VOCABULARY.map((word, id) => [word, id]));

export function wordId(word: string): number | undefined {
  return ids.get(word);
}

export const PAD_ID = VOCABULARY.indexOf(PAD);
export const END_ID = VOCABULARY.indexOf(END);

/** Tiles of a scene, in the order of PLACES, and pixels of a tile (8 x 8, row by row). */
export const TILES = 4;
export const TILE_SIDE = 8;
export const TILE_PIXELS = TILE_SIDE * TILE_SIDE;
/** A scene's picture is 2 x 2 tiles. */
export const SCENE_SIDE = 2 * TILE_SIDE;
/** Longest prompt: a caption and an `at` question. Prompts are padded on the left to it. */
export const PROMPT_LENGTH = 18;
/** Longest response: a visual sum with `<eos>`. Responses are padded on the right to it. */
export const RESPONSE_LENGTH = 17;
