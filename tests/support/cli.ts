/** Runs the built command (`dist/`, or the folder that STAGEWRIGHT_DIST names) as a child and gathers what it prints. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawn, type ChildProcess } from 'node:child_process';
import { ROOT } from '../../cli/root.js';

export const DIST = process.env['STAGEWRIGHT_DIST'] ?? join(ROOT, 'dist');
export const TINY = join(ROOT, 'tests', 'support', 'recipes', 'tiny.yaml');

export interface Ended {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}
export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Resolves when standard error has it; rejects when the process ends without. */
  sees(text: string | RegExp): Promise<void>;
}

export interface CliOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly uid?: number;
  /** Default: nothing on standard input. */
  readonly stdin?: 'pipe';
}

export function startCli(args: readonly string[], { env = {}, stdin, ...options }: CliOptions = {}): Running {
  const child = spawn(process.execPath, [join(DIST, 'cli', 'main.js'), ...args], {
    stdio: [stdin ?? 'ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
    ...options,
  });
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
  const has = (text: string | RegExp): boolean =>
    typeof text === 'string' ? stderr.includes(text) : text.test(stderr);
  return {
    child,
    ended,
    sees: (text) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (has(text)) resolve();
        };
        look();
        child.stderr?.on('data', look);
        void ended.then(() => (has(text) ? resolve() : reject(new Error(`ended without ${String(text)}:\n${stderr}`))));
      }),
  };
}

export function runCli(args: readonly string[], options?: CliOptions): Promise<Ended> {
  return startCli(args, options).ended;
}

/** A temporary folder, removed by `remove`. */
export function temporaryFolder(): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'stagewright-cli-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
