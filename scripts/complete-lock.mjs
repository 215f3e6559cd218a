#!/usr/bin/env node
/**
 * Adds to package-lock.json the entries of optional packages for other platforms that the registry in use could not tell about when
 * the lock was made; without them `npm ci` refuses the lock. Run by hand after `npm install`: `node scripts/complete-lock.mjs`.
 * Such an entry has the exact version that its parent names, and no integrity: npm takes that from the registry which has it.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './root.mjs';

const file = join(ROOT, 'package-lock.json');
const lock = JSON.parse(readFileSync(file, 'utf8'));
const OS = [
  'android',
  'darwin',
  'freebsd',
  'linux',
  'openharmony',
  'win32',
  'wasm32',
  'netbsd',
  'openbsd',
  'sunos',
  'aix',
];
const CPU = {
  x64: 'x64',
  arm64: 'arm64',
  ia32: 'ia32',
  arm: 'arm',
  ppc64: 'ppc64',
  riscv64: 'riscv64',
  s390x: 's390x',
  loong64: 'loong64',
};

const added = [];
for (const [path, entry] of Object.entries(lock.packages))
  for (const [name, range] of Object.entries(entry.optionalDependencies ?? {})) {
    if (!/^\d/u.test(range) || found(path, name)) continue;
    const parts = name.split(/[/-]/u);
    const os = OS.find((word) => parts.includes(word));
    const cpu =
      Object.keys(CPU).find((word) => parts.includes(word)) ?? (parts.includes('wasm32') ? 'wasm32' : undefined);
    if (os === undefined) continue;
    lock.packages[`node_modules/${name}`] = {
      version: range,
      ...(cpu === undefined ? {} : { cpu: [cpu] }),
      ...(entry.dev === true ? { dev: true } : {}),
      license: entry.license,
      optional: true,
      ...(os === 'wasm32' ? {} : { os: [os] }),
    };
    added.push(name);
  }
const [root, ...rest] = Object.entries(lock.packages);
lock.packages = Object.fromEntries([root, ...rest.sort(([a], [b]) => a.localeCompare(b, 'en'))]);
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
process.stderr.write(`added ${added.length}: ${added.join(', ')}\n`);

/** As Node resolves it: beside the package, or in any folder above. */
function found(path, name) {
  for (let at = path; ; at = at.replace(/(?:^|\/)node_modules\/(?:@[^/]+\/)?[^/]+$/u, '')) {
    if (lock.packages[`${at === '' ? '' : `${at}/`}node_modules/${name}`] !== undefined) return true;
    if (at === '') return false;
  }
}
