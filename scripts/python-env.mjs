/**
 * Python environments for the tests that run other people's programs: one folder for each set of pinned packages, by the digest of
 * its requirements, made once. `uv` installs (2 GB of torch in seconds; its cache is shared between checkouts), `pip` where uv cannot.
 * The product itself needs no Python package; a host's trainer has an environment of its own.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

const UV = 'uv==0.13.9';
const ROOT = join(import.meta.dirname, '..');
const CACHE = process.env.STAGEWRIGHT_PYTHON_CACHE ?? join(ROOT, '.stagewright', 'python');
const PYTHON = process.env.STAGEWRIGHT_PYTHON ?? 'python3';

/** The lines of a requirements file, those that it names by `-r` included. */
function readRequirements(file) {
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line) => {
      const nested = /^-r\s+(\S+)/.exec(line)?.[1];
      return nested === undefined ? [line] : readRequirements(resolve(dirname(file), nested));
    });
}

function run(program, args) {
  return new Promise((done, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (out += chunk));
    child.once('error', reject);
    child.once('close', (code) =>
      code === 0 ? done(out) : reject(new Error(`${program} ${args.join(' ')} ended with ${code}\n${out}`)),
    );
  });
}

/**
 * The Python of an environment that has exactly what the file of requirements lists.
 * @param requirements path of a file in which every package is pinned, dependencies included (nothing else is installed)
 * @param say told what is being installed, and how long it took
 */
export async function pythonEnvironment(requirements, say = (text) => process.stderr.write(`${text}\n`)) {
  const lines = readRequirements(requirements);
  const version = (await run(PYTHON, ['-c', 'import sys; print(sys.version, sys.platform)'])).trim();
  const digest = createHash('sha256')
    .update([version, ...lines].join('\n'))
    .digest('hex')
    .slice(0, 12);
  const folder = join(CACHE, digest);
  const program = join(folder, 'bin', 'python');
  const mark = join(folder, 'complete');
  if (existsSync(mark)) return program;
  const begun = performance.now();
  say(`installing ${requirements} into ${folder}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(CACHE, { recursive: true });
  await run(PYTHON, ['-m', 'venv', folder]);
  const list = join(folder, 'requirements.txt');
  writeFileSync(list, lines.join('\n'));
  try {
    await run(program, ['-m', 'pip', 'install', '--quiet', UV]);
    // The system's certificates, as pip is told to use them.
    const uv = ['pip', 'install', '--native-tls', '--quiet', '--no-deps', '--python', program, '-r', list];
    await run(join(folder, 'bin', 'uv'), uv);
  } catch (error) {
    say(`uv could not install it (${String(error.message).split('\n').at(-2)}); trying pip`);
    await run(program, ['-m', 'pip', 'install', '--quiet', '--no-deps', '-r', list]);
  }
  writeFileSync(mark, '');
  say(`installed in ${Math.round((performance.now() - begun) / 1000)} s`);
  return program;
}
