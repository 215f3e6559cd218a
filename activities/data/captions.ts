/**
 * A set of captions from a folder of one's own: one row a caption, its image copied. A line that is none, or whose image cannot be
 * had, is kept aside with its reason; nothing is lost silently.
 */
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { canonicalJson } from '../../core/canonical-json.js';
import { REFUSED_FILE, type Refused } from '../../core/data/record.js';
import { StagewrightError } from '../../core/failures.js';
import { IMAGE_MARK, type Row } from '../../core/row.js';
import { CAPTIONS_FILE, readCaptions, type Caption } from '../../store/captions.js';
import { errorCode, throwFault } from '../../store/faults.js';
import { openLineWriter } from '../../store/line-writer.js';
import { ROWS_FILE } from '../../store/rows.js';

const NAMED = 5;

/** @returns how many rows there are, and how many lines were kept aside. @throws StagewrightError DataInvalid for a file without one caption */
export async function materialiseCaptions(
  name: string,
  own: string,
  folder: string,
): Promise<{ rows: number; refused: number }> {
  const rows = await openLineWriter(join(folder, ROWS_FILE));
  const refused = await openLineWriter(join(folder, REFUSED_FILE));
  const ids = new Set<number>();
  const first: string[] = [];
  try {
    for await (const one of readCaptions(own)) {
      const why = one.ok ? ((await take(one.caption, ids, own, folder)) ?? null) : one;
      if (why === null && one.ok) {
        await rows.write(canonicalJson(rowOf(one.caption)));
        continue;
      }
      const { reason, detail } = why ?? { reason: '', detail: '' };
      const id = `${CAPTIONS_FILE}:${one.line}`;
      if (first.length < NAMED) first.push(`${id}: ${reason}${detail === '' ? '' : ` (${detail})`}`);
      await refused.write(
        canonicalJson({ id, outcome: 'refused', reason, detail, row: null, answers: [] } satisfies Refused),
      );
    }
  } finally {
    await rows.close();
    await refused.close();
  }
  if (rows.lines === 0)
    throw new StagewrightError(
      'DataInvalid',
      `data set ${name}: ${join(own, CAPTIONS_FILE)} holds no caption that can be used${first.length === 0 ? '' : `:\n${first.join('\n')}`}`,
    );
  return { rows: rows.lines, refused: refused.lines };
}

function rowOf({ id, caption, image }: Caption): Row {
  return {
    id,
    capability: 'captioning',
    kind: 'caption',
    problem: IMAGE_MARK,
    images: [image],
    answer: caption.trim(),
    caption,
  };
}

/** Undefined when it was taken. @param ids 53 bits of each id's sha256, 16 bytes a row */
async function take(
  { id, image }: Caption,
  ids: Set<number>,
  own: string,
  folder: string,
): Promise<{ reason: string; detail: string } | undefined> {
  const digest = createHash('sha256').update(id).digest();
  const print = (digest.readUInt32BE(0) >>> 11) * 2 ** 32 + digest.readUInt32BE(4);
  if (ids.has(print)) return { reason: 'its id stands twice', detail: id };
  const to = join(folder, image);
  try {
    await mkdir(dirname(to), { recursive: true });
    // Copied, not linked: its owner may write into it.
    await copyFile(join(own, image), to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  } catch (error) {
    const code = errorCode(error);
    if (code !== 'EEXIST') {
      throwFault(error, to);
      return { reason: 'its image cannot be read', detail: `${id}: ${image} (${code ?? 'no file'})` };
    }
  }
  ids.add(print);
  return undefined;
}
