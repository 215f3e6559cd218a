/** What is packed: all that a user needs, and nothing else. Whether it runs is own-worker.test.ts. */
import { execFile } from 'node:child_process';
import { builtinModules } from 'node:module';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, posix } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../../cli/root.js';
import { pack, readManifest, unpack, type Packed } from '../support/package.js';

const exec = promisify(execFile);
const MB = 1024 * 1024;
/** Folders of dist/, one for each of the sources' that a user runs or imports. */
const DIST = 'activities cli client core generators runner serving store trainers workers workflows'.split(' ');

let folder = '';
let packed: Packed;
const at = (path: string): string => join(folder, 'package', path);
const scripts = (): string[] => packed.files.filter((path) => /^dist\/.*\.js$/u.test(path));

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'stagewright-pack-'));
  packed = await pack(folder);
  await unpack(packed.file, join(folder, 'package'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('The tarball', () => {
  it('holds code, bundle, graphs, recipes, data and docs, and nothing of the repository’s own', () => {
    const outside = packed.files.filter((path) => !path.startsWith('dist/'));
    const folders = new Set(outside.map((path) => (path.includes('/') ? dirname(path) : path)));
    expect([...folders].sort()).toEqual(
      [
        'LICENSE',
        'README.md',
        'configs',
        'configs/recipes',
        'data',
        'docs',
        'docs/images',
        'models/graphs/demo',
        'models/graphs/tiny',
        'package.json',
        'scripts',
      ].sort(),
    );
    expect(outside.filter((path) => path.startsWith('scripts/'))).toEqual(['scripts/temporal-cli.mjs']);
    expect(
      packed.files.filter((path) => /campaign|evidence|tests?\/|bench\/|\.map$|\.py$|tsbuildinfo/u.test(path)),
    ).toEqual([]);
    const inDist = packed.files.flatMap((path) => /^dist\/([^/]+)/u.exec(path)?.[1] ?? []);
    expect([...new Set(inDist)].sort()).toEqual([...DIST, 'index.d.ts', 'index.js', 'workflow-bundle.js'].sort());
    for (const needed of [
      'dist/cli/main.js',
      'dist/runner/main.js',
      'dist/trainers/onnx/main.js',
      'data/digits.csv.gz',
    ])
      expect(packed.files).toContain(needed);
  });

  it('is small', () => {
    expect(packed.size).toBeLessThan(2.5 * MB);
    expect(packed.unpackedSize).toBeLessThan(10 * MB);
  });

  it('has nothing compiled that has no source', () => {
    const made = packed.files.flatMap((path) => /^dist\/(.*)\.(?:js|d\.ts)$/u.exec(path)?.[1] ?? []);
    expect(made.filter((path) => path !== 'workflow-bundle' && !existsSync(join(ROOT, `${path}.ts`)))).toEqual([]);
  });

  it('imports only what it holds or declares', () => {
    const { dependencies, peerDependencies } = readManifest(at('.'));
    const declared = new Set(Object.keys({ ...dependencies, ...peerDependencies }));
    const missing: string[] = [];
    let seen = 0;
    for (const path of scripts().filter((one) => one !== 'dist/workflow-bundle.js')) {
      for (const specifier of importsOf(readFileSync(at(path), 'utf8'))) {
        seen += 1;
        const known = specifier.startsWith('.')
          ? packed.files.includes(posix.join(posix.dirname(path), specifier))
          : specifier.startsWith('node:') || builtinModules.includes(specifier) || declared.has(packageOf(specifier));
        if (!known) missing.push(`${path}: ${specifier}`);
      }
    }
    expect(missing).toEqual([]);
    expect(seen).toBeGreaterThan(500);
  });

  it('names no path of the machine that made it', () => {
    const naming = packed.files.filter((path) => readFileSync(at(path)).includes(ROOT));
    expect(naming).toEqual([]);
    const bundle = readFileSync(at('dist/workflow-bundle.js'), 'utf8');
    const [, map = ''] = /sourceMappingURL=data:application\/json;charset=utf-8;base64,([\w+/=]+)/u.exec(bundle) ?? [];
    const { sources } = JSON.parse(Buffer.from(map, 'base64').toString()) as { sources: string[] };
    expect(sources).toContain('workflows/stage.ts');
    expect(sources.filter((path) => path.startsWith('/') || path.includes(ROOT))).toEqual([]);
  });

  it('has a command that the system can start', () => {
    expect(readFileSync(at('dist/cli/main.js'), 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/u);
    expect(statSync(at('dist/workflow-bundle.js')).size).toBeGreaterThan(MB);
  });

  it('passes publint', async () => {
    const { stdout } = await exec(process.execPath, [bin('publint'), 'run', packed.file, '--strict']);
    expect(stdout).toContain('All good!');
  });

  it('has types that resolve from each door (attw; ESM only)', async () => {
    const { stdout } = await exec(process.execPath, [
      bin('@arethetypeswrong/cli', 'attw'),
      packed.file,
      '--profile',
      'esm-only',
      '--format',
      'json',
    ]);
    const { analysis } = JSON.parse(stdout) as { analysis: { types: unknown; entrypoints: Record<string, unknown> } };
    expect(analysis.types).toEqual({ kind: 'included' });
    expect(Object.keys(analysis.entrypoints)).toEqual(expect.arrayContaining(['.', './workflow', './core']));
  });
});

function importsOf(code: string): string[] {
  const found = code.matchAll(/(?:^|[;\s])(?:from|import)\s*\(?\s*'([^'\n]+)'/gu);
  return [...found].flatMap(([, specifier]) => specifier ?? []);
}

function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

function bin(name: string, command = name): string {
  const folder = join(ROOT, 'node_modules', name);
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    bin: string | Record<string, string>;
  };
  return join(folder, typeof bin === 'string' ? bin : (bin[command] ?? ''));
}
