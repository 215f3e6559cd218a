/**
 * Ids of question rows ({generated, meta}) as the published scripts find them, which is not the same everywhere: the filter takes
 * the first key that is there, the formatter the first that says something.
 */

/** Of `meta`, or of the row itself where it has none. */
export const FILTER_ID_KEYS = ['example_id', 'image_url', 'id'] as const;
/** Of `meta`; a row without any is named by its number. */
export const FORMAT_ID_KEYS = ['example_id', 'id', 'image_url'] as const;
export const IMAGE_KEYS = ['image_file', 'image_path', 'image_url'] as const;

export type Split = 'train' | 'val' | 'test';
/** In the order in which the published script writes them. */
export const SPLITS = ['train', 'val', 'test'] as const satisfies readonly Split[];

/** @param hashed the first 32 bits of the id's sha256 */
export function splitOf(hashed: number, valRatio: number, testRatio: number): Split {
  const bucket = hashed / 0xffffffff;
  if (bucket < valRatio) return 'val';
  return bucket < valRatio + testRatio ? 'test' : 'train';
}

/** What the published formatter puts around a question and its options. */
export const PROMPT = {
  before: '<image>',
  options: '\nOptions:\n',
  after: 'Respond using only the letter corresponding to the correct answer.\n',
} as const;
