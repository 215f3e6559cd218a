/**
 * What a generator has answered, so that nothing is asked of it twice: a journal, since an answer counts only once it is on the
 * disk, and a cache, since any later batch of any data set finds it by content. Answers only: a question without one may get it
 * next time, and a refusal costs nothing. Asking is ask-all.ts's.
 */
import pLimit from 'p-limit';
import { z } from 'zod';
import { sha256Schema } from '../core/checkpoint.js';
import { derivationKey } from '../core/canonical-json.js';
import { StagewrightError } from '../core/failures.js';
import { generationAnswerSchema, type GenerationAnswer } from '../core/generation.js';
import type { GeneratorIdentity } from '../core/generators.js';
import { appendLog, SEGMENT_SUFFIX, type AppendLogOptions } from '../store/append-log.js';
import { layout } from '../store/layout.js';
import type { Objects } from '../store/objects.js';
import { createRecord } from '../store/records.js';
import { lineFiles, readTail } from '../store/tail.js';
import { answerIndex, MOST_SEGMENTS, type Location } from './answer-index.js';

const lineSchema = z.strictObject({ key: sha256Schema, answer: generationAnswerSchema });
/** The key comes first, at a fixed place: a look over a million lines parses none. */
const KEY_AT = '{"key":"'.length;
const KEY_LENGTH = 64;
const isKey = /^[0-9a-f]{64}$/u;

export interface Journal {
  readonly identity: GeneratorIdentity;
  /** Takes in what other processes and hosts have journaled since. */
  refresh(): Promise<void>;
  /** Null when it was never journaled, or can no longer be read. */
  find(key: string): Promise<GenerationAnswer | null>;
  /** Resolves once the answer is durable. @throws StagewrightError DiskFull, NoPermission, StoreUnreachable */
  append(key: string, answer: GenerationAnswer): Promise<void>;
  readonly answers: number;
  readonly indexBytes: number;
  close(): Promise<void>;
}

export type JournalOptions = Pick<AppendLogOptions, 'owner' | 'groupMs' | 'segmentBytes'>;

/** @throws StagewrightError StoreUnreachable, NoPermission */
export async function openJournal(
  objects: Objects,
  identity: GeneratorIdentity,
  options: JournalOptions,
): Promise<Journal> {
  const id = derivationKey(identity);
  const folder = layout.answersSegments(id);
  const log = appendLog(objects, { ...options, folder });
  const files = lineFiles();
  const index = answerIndex();
  const oneAtATime = pLimit(1);
  /** By number. */
  const segments: string[] = [];
  /** By segment: its number, and how far it was read. */
  const known = new Map<string, { readonly number: number; read: number }>();
  let described: Promise<boolean> | null = null;

  const segmentOf = (name: string): { readonly number: number; read: number } => {
    const found = known.get(name);
    if (found !== undefined) return found;
    if (segments.length >= MOST_SEGMENTS)
      throw new StagewrightError(
        'Internal',
        `${objects.path(folder)} holds more than ${MOST_SEGMENTS} segments: join some of them (they are JSON lines) into one`,
      );
    const added = { number: segments.push(name) - 1, read: 0 };
    known.set(name, added);
    return added;
  };

  const refresh = async (): Promise<void> => {
    for (const name of await objects.list(folder)) {
      if (!name.endsWith(SEGMENT_SUFFIX) || log.owns(name)) continue;
      const segment = segmentOf(name);
      segment.read = await readTail(objects.path(`${folder}/${name}`), segment.read, (line, offset) => {
        const key = line.toString('latin1', KEY_AT, KEY_AT + KEY_LENGTH);
        // A damaged line has no answer: its question is asked again.
        if (isKey.test(key)) index.add(key, { segment: segment.number, offset });
      });
    }
  };

  const read = async (key: string, { segment, offset }: Location): Promise<GenerationAnswer | null> => {
    const line = await files.read(objects.path(`${folder}/${segments[segment] ?? ''}`), offset);
    if (line === null) return null;
    const parsed = lineSchema.safeParse(jsonOrNull(line.toString('utf8')));
    return parsed.success && parsed.data.key === key ? parsed.data.answer : null;
  };

  /** Says whose answers they are, for people. */
  const describe = (): Promise<boolean> =>
    (described ??= createRecord(objects, layout.answersIdentity(id), identity).catch((error: unknown) => {
      described = null;
      throw error;
    }));

  await refresh();
  return {
    identity,
    refresh: () => oneAtATime(refresh),
    find: async (key) => {
      for (const location of index.candidates(key)) {
        const answer = await read(key, location);
        if (answer !== null) return answer;
      }
      return null;
    },
    append: async (key, answer) => {
      await describe();
      const place = await log.append(JSON.stringify({ key, answer } satisfies z.infer<typeof lineSchema>));
      index.add(key, { segment: segmentOf(place.segment).number, offset: place.offset });
    },
    get answers() {
      return index.size;
    },
    get indexBytes() {
      return index.bytes;
    },
    close: async () => {
      await log.close();
      await files.close();
    },
  };
}

function jsonOrNull(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
