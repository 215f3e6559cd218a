/**
 * Captions of images as DOCCI and PixMo publish them: a folder with captions.jsonl and its images. Reads line by line; what a line
 * lacks is told with its number. The images' content is not judged here.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { derivationKey } from '../core/canonical-json.js';
import { StagewrightError } from '../core/failures.js';
import { sha256File } from './digest.js';
import { throwFault } from './faults.js';
import { staysInside } from './layout.js';

export const CAPTIONS_FILE = 'captions.jsonl';

export interface Caption {
  readonly id: string;
  readonly caption: string;
  /** Relative to the folder. */
  readonly image: string;
}
export type CaptionLine =
  | { readonly line: number; readonly ok: true; readonly caption: Caption }
  | { readonly line: number; readonly ok: false; readonly reason: string; readonly detail: string };

/** @throws StagewrightError DataInvalid where the file cannot be read */
export async function* readCaptions(folder: string): AsyncGenerator<CaptionLine> {
  const file = join(folder, CAPTIONS_FILE);
  await stat(file).catch((cause: unknown) => {
    throwFault(cause, file);
    throw new StagewrightError('DataInvalid', `cannot read ${file}: there is no such file`, { file }, { cause });
  });
  let line = 0;
  // \r\n and a lone \r end lines too.
  for await (const text of createInterface({ input: createReadStream(file, 'utf8'), crlfDelay: Infinity })) {
    line += 1;
    const bare = line === 1 ? text.replace(/^\uFEFF/u, '') : text;
    if (bare.trim() !== '') yield read(bare, line);
  }
}

function read(text: string, line: number): CaptionLine {
  const refuse = (reason: string, detail: string): CaptionLine => ({ line, ok: false, reason, detail });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return refuse('the line is no JSON', error instanceof Error ? error.message : '');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return refuse('the line is no JSON object', '');
  const fields = value as Readonly<Record<string, unknown>>;
  const given = (names: readonly string[]): unknown =>
    names.map((name) => fields[name]).find((one) => one !== undefined && one !== null && one !== '');
  const id = given(['example_id', 'id', 'image_url']);
  const caption = given(['description', 'caption']);
  const image = given(['image_file', 'image_path']);
  if (typeof id !== 'string')
    return refuse('it has no id', 'example_id, id or image_url must be a text that is not empty');
  if (typeof caption !== 'string' || caption.trim() === '')
    return refuse('it has no caption', `${id}: description or caption must be a text that is not empty`);
  if (typeof image !== 'string')
    return refuse(
      'it has no image file',
      `${id}: image_file must be a path in the folder; images behind a URL are to be fetched first`,
    );
  if (!staysInside(image) || image.includes('@'))
    return refuse('its image path leaves the folder or holds "@"', `${id}: ${JSON.stringify(image)}`);
  return { line, ok: true, caption: { id, caption, image } };
}

/** Identity of the folder: captions.jsonl and every image that its lines name; one that is not there has no digest. */
export async function digestCaptions(folder: string): Promise<string> {
  const digests: Record<string, string> = { [CAPTIONS_FILE]: '' };
  const images = createHash('sha256');
  const seen = new Set<string>();
  for await (const one of readCaptions(folder)) {
    if (!one.ok || seen.has(one.caption.image)) continue;
    const { image } = one.caption;
    seen.add(image);
    images.update(
      `${image}\n${await sha256File(join(folder, image)).catch((error: unknown) => absent(error, join(folder, image)))}\n`,
    );
  }
  digests[CAPTIONS_FILE] = await sha256File(join(folder, CAPTIONS_FILE));
  digests['images'] = images.digest('hex');
  return derivationKey(digests);
}

function absent(error: unknown, file: string): string {
  throwFault(error, file);
  return 'none';
}
