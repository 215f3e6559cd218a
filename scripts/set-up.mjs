/**
 * Makes a clone ready: packages as package-lock.json has them, `dist/` as the sources have it, the workflow bundle. Does only what
 * is out of date, says what it does on standard error, and lets one process at a time do it.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runChild } from './child.mjs';
import { withLock } from './lock.mjs';
import { pruneDist } from './prune-dist.mjs';
import { ROOT } from './root.mjs';

const STAMP = join(ROOT, 'dist', '.stamp');
const BUNDLE = join(ROOT, 'dist', 'workers', 'bundle.js');
const quiet = { cwd: ROOT, stdio: ['ignore', 2, 2] };
const say = (text) => process.stderr.write(`stagewright: ${text}\n`);

export async function setUp() {
  if (ready()) return;
  await withLock(
    join(ROOT, '.stagewright', 'setup.lock'),
    (pid) => say(`waiting for the set-up that process ${pid} is at`),
    async () => {
      if (!packagesInstalled()) await install();
      if (!built()) await build();
    },
  );
}

const ready = () => packagesInstalled() && built();

/** npm writes node_modules/.package-lock.json last, so a broken-off installation is seen. Optional packages may be absent. */
function packagesInstalled() {
  const wanted = readJson(join(ROOT, 'package-lock.json'));
  const found = readJson(join(ROOT, 'node_modules', '.package-lock.json'));
  if (wanted === undefined) throw new Error('package-lock.json is missing: this is no whole clone');
  if (found === undefined) return false;
  return Object.entries(wanted.packages).every(
    ([path, { version, optional }]) => path === '' || optional === true || found.packages[path]?.version === version,
  );
}

async function install() {
  say('installing packages (npm ci)');
  // Under `npm run`, npm_execpath is the npm that runs us.
  const npm = process.env.npm_execpath?.endsWith('.js') ? [process.execPath, process.env.npm_execpath] : ['npm'];
  const [command, ...first] = npm;
  const code = await runChild(
    command,
    [...first, 'ci', '--include=dev', '--no-fund', '--no-audit', '--loglevel=error'],
    quiet,
  );
  if (code !== 0)
    throw new Error(`npm ci failed (exit code ${code}); its own message stands above. Nothing else was started.`);
}

async function build() {
  say('building');
  rmSync(STAMP, { force: true });
  const sources = sourcesHash();
  const tsc = await runChild(
    process.execPath,
    [join('node_modules', 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.json'],
    quiet,
  );
  if (tsc !== 0) throw new Error(`the TypeScript compiler found errors (exit code ${tsc}); they stand above`);
  pruneDist();
  const bundle = await runChild(process.execPath, [BUNDLE], quiet);
  if (bundle !== 0) throw new Error(`bundling the workflows failed (exit code ${bundle}); its message stands above`);
  mkdirSync(join(ROOT, 'dist'), { recursive: true });
  writeFileSync(STAMP, sources);
}

const built = () => existsSync(STAMP) && readFileSync(STAMP, 'utf8') === sourcesHash();

/** Over names and bytes of everything that tsc and the bundler read from this repository. */
function sourcesHash() {
  const config = readFileSync(join(ROOT, 'tsconfig.json'), 'utf8');
  const hash = createHash('sha256')
    .update(config)
    .update(readFileSync(join(ROOT, 'package-lock.json')));
  for (const folder of JSON.parse(config).include)
    for (const file of typescriptFiles(folder)) hash.update(`\0${file}\0`).update(readFileSync(join(ROOT, file)));
  return hash.digest('hex');
}

function typescriptFiles(folder) {
  if (folder.endsWith('.ts')) return [folder];
  if (!existsSync(join(ROOT, folder))) return [];
  return readdirSync(join(ROOT, folder), { recursive: true })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `${folder}/${name}`)
    .sort();
}

function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
