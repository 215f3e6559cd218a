/** Damages the newest committed checkpoint of a stage that has no result, as a disk or a crash would: cut short, or one bit flipped. */
import { existsSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Damage } from './schedule.js';

/** Returns what was damaged, or null when no unfinished stage has a committed checkpoint. */
export function damageNewest(store: string, keys: readonly string[], how: Damage): string | null {
  const file = newestFile(store, keys);
  if (file === null) return null;
  damage(file, how);
  return `${how} ${file.slice(store.length + 1)}`;
}

/** The largest file of the newest committed checkpoint of a stage that has no result; null when there is none. */
export function newestFile(store: string, keys: readonly string[]): string | null {
  for (const key of keys) {
    const epochs = join(store, 'stages', key, 'epochs');
    if (!existsSync(epochs)) continue;
    const numbers = readdirSync(epochs)
      .map(Number)
      .filter(Number.isInteger)
      .sort((a, b) => b - a);
    if (numbers.some((n) => existsSync(join(epochs, String(n), 'result.json')))) continue;
    for (const epoch of numbers) {
      const manifests = join(epochs, String(epoch), 'manifests');
      const newest = existsSync(manifests)
        ? Math.max(...readdirSync(manifests).map((f) => Number.parseInt(f, 10)), -1)
        : -1;
      if (newest < 0) continue;
      const manifest = JSON.parse(readFileSync(join(manifests, `${newest}.json`), 'utf8')) as {
        root: string;
        files: { path: string; size: number }[];
      };
      const largest = manifest.files.reduce((a, b) => (b.size > a.size ? b : a));
      const file = join(store, 'stages', key, manifest.root, largest.path);
      if (existsSync(file)) return file;
    }
  }
  return null;
}

function damage(file: string, how: Damage): void {
  const { size } = statSync(file);
  if (how === 'truncate') {
    truncateSync(file, Math.floor(size / 2));
    return;
  }
  const bytes = readFileSync(file);
  const at = Math.floor(size * 0.7);
  bytes[at] = (bytes[at] ?? 0) ^ 0b0001_0000;
  writeFileSync(file, bytes);
}
