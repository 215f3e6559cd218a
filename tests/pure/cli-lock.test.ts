/** package-lock.json names the optional packages of all platforms: without them `npm ci` refuses it on a fresh clone. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from '../../cli/root.js';

it('package-lock.json is complete (node scripts/complete-lock.mjs)', () => {
  const copy = mkdtempSync(join(tmpdir(), 'stagewright-lock-'));
  try {
    mkdirSync(join(copy, 'scripts'));
    for (const file of ['package-lock.json', 'scripts/complete-lock.mjs', 'scripts/root.mjs'])
      copyFileSync(join(ROOT, file), join(copy, file));
    execFileSync(process.execPath, [join(copy, 'scripts', 'complete-lock.mjs')], { stdio: 'ignore' });
    const names = (folder: string): string[] =>
      Object.keys(
        (JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8')) as { packages: object }).packages,
      ).sort();
    expect(names(ROOT)).toEqual(names(copy));
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
});

it('names no registry', () => {
  expect(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')).not.toContain('"resolved"');
});
