/** The package as a user gets it: packed by npm, and installed into a project outside the repository. */
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '../../cli/root.js';

const exec = promisify(execFile);

export interface Packed {
  readonly file: string;
  readonly size: number;
  readonly unpackedSize: number;
  /** Paths below the package's root. */
  readonly files: readonly string[];
}

export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** Runs `npm pack`, build included; the tarball lies in `folder`. */
export async function pack(folder: string): Promise<Packed> {
  const { stdout } = await npm(['pack', '--json', '--pack-destination', folder], ROOT);
  const [packed] = JSON.parse(stdout) as {
    filename: string;
    size: number;
    unpackedSize: number;
    files: { path: string }[];
  }[];
  if (packed === undefined) throw new Error('npm packed nothing');
  const { filename, size, unpackedSize, files } = packed;
  return { file: join(folder, filename), size, unpackedSize, files: files.map(({ path }) => path).sort() };
}

/** Unpacks a tarball: what was in its `package/` lies in `folder`. */
export async function unpack(file: string, folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  await exec('tar', ['-xzf', file, '-C', folder, '--strip-components=1']);
}

/**
 * A copy of a project with the tarball and all that both depend on. Without a registry the dependencies, exactly those that are
 * declared, are links to the repository's own.
 */
export async function installProject(project: string, tarball: string, folder: string): Promise<void> {
  cpSync(project, folder, { recursive: true });
  const manifest = readManifest(folder);
  const dependencies = { ...manifest.dependencies, stagewright: `file:${tarball}` };
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ ...manifest, dependencies }, null, 2));
  try {
    await npm(['install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'], folder);
  } catch (error) {
    const { stderr = '' } = error as { stderr?: string };
    if (!/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ENOTCACHED/u.test(stderr)) throw error;
    process.stderr.write('no registry answers: the dependencies are linked from the repository\n');
    rmSync(join(folder, 'node_modules'), { recursive: true, force: true });
    await unpack(tarball, join(folder, 'node_modules', 'stagewright'));
    link(folder, join(folder, 'node_modules'));
  }
}

export function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
}

function link(folder: string, modules: string): void {
  const project = readManifest(folder);
  const own = readManifest(join(modules, 'stagewright'));
  const names = Object.keys({
    ...project.dependencies,
    ...project.devDependencies,
    ...own.dependencies,
    ...own.peerDependencies,
  });
  for (const name of names.filter((one) => one !== 'stagewright')) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules', name), join(modules, name));
  }
}

async function npm(args: readonly string[], cwd: string): Promise<{ stdout: string; stderr: string }> {
  const { npm_execpath: path = '' } = process.env;
  const [command = 'npm', ...first] = path.endsWith('.js') ? [process.execPath, path] : ['npm'];
  return exec(command, [...first, ...args], { cwd, maxBuffer: 64 * 1024 * 1024 });
}
