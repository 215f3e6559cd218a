/**
 * What trainers wrote, from the store: all epochs of a stage in order, whole lines, with every secret in them redacted. It follows a
 * log that grows; which stages are meant is the caller's.
 */
import { existsSync, readdirSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { redact, REDACTED } from '../core/secrets.js';

/** Bytes that are read at once. */
const CHUNK = 1 << 20;

export interface StageLog {
  /** Lines that were added since the last look. At the `end` an unfinished last line too. */
  read(end: boolean): AsyncGenerator<string>;
  /** Whether any log was there. */
  found(): boolean;
}

export function openStageLog(store: string, key: string): StageLog {
  const folder = join(store, 'stages', key, 'epochs');
  const tails = new Map<string, Tail>();
  return {
    async *read(end) {
      for (const epoch of epochsIn(folder)) {
        const file = join(folder, epoch, 'trainer.log');
        if (!existsSync(file)) continue;
        const tail = tails.get(file) ?? new Tail(file);
        tails.set(file, tail);
        yield* tail.read(end);
      }
    },
    found: () => tails.size > 0,
  };
}

/** Keys of stages in the store that begin so. */
export function stagesInStore(store: string, beginning: string): string[] {
  const folder = join(store, 'stages');
  return existsSync(folder)
    ? readdirSync(folder)
        .filter((key) => key.startsWith(beginning))
        .sort()
    : [];
}

class Tail {
  private offset = 0;
  private rest = '';
  private inKey = false;
  private readonly decoder = new StringDecoder('utf8');

  constructor(private readonly file: string) {}

  async *read(end: boolean): AsyncGenerator<string> {
    const handle = await open(this.file);
    try {
      const bytes = Buffer.alloc(CHUNK);
      for (;;) {
        const { bytesRead } = await handle.read(bytes, 0, CHUNK, this.offset);
        if (bytesRead === 0) break;
        this.offset += bytesRead;
        const lines = `${this.rest}${this.decoder.write(bytes.subarray(0, bytesRead))}`.split('\n');
        this.rest = lines.pop() ?? '';
        for (const line of lines) yield this.clean(line);
      }
      if (end && this.rest !== '') {
        yield this.clean(this.rest);
        this.rest = '';
      }
    } finally {
      await handle.close();
    }
  }

  /** A private key is one secret of many lines. */
  private clean(line: string): string {
    const begins = /-----BEGIN [A-Z ]*PRIVATE KEY-----/u.test(line);
    const ends = /-----END [A-Z ]*PRIVATE KEY-----/u.test(line);
    if (this.inKey) {
      this.inKey = !ends;
      return REDACTED;
    }
    this.inKey = begins && !ends;
    return redact(line);
  }
}

function epochsIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => /^\d+$/u.test(name))
    .sort((a, b) => Number(a) - Number(b));
}
