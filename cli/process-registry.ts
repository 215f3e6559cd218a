/**
 * What a local stack started, in `<home>/processes.json`, and who owns the home. Written by the owner alone. The record outlives a
 * SIGKILL of the owner, so that its next start can adopt or end what was left.
 */
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { CommandError } from './exit.js';
import { identityOf, isAlive, parentOf, type ProcessIdentity } from './process-identity.js';

/** In the environment of an owner that `up --detach` started. */
export const BACKGROUND_VARIABLE = 'STAGEWRIGHT_BACKGROUND';

export const processRoleSchema = z.enum(['server', 'worker']);
export type ProcessRole = z.infer<typeof processRoleSchema>;

const recordSchema = z.strictObject({ role: processRoleSchema, pid: z.int(), start_time: z.string() });
export type ProcessRecord = z.infer<typeof recordSchema>;
const registrySchema = z.strictObject({ processes: z.array(recordSchema) });
const identitySchema = z.strictObject({ pid: z.int(), start_time: z.string() });
const ownerSchema = identitySchema.extend({ ancestors: z.array(identitySchema) });
type HomeOwner = z.infer<typeof ownerSchema>;

/** Recorded processes that still live. */
export function readRegistry(home: string): ProcessRecord[] {
  const parsed = registrySchema.safeParse(readJson(registryFile(home)));
  return parsed.success ? parsed.data.processes.filter(isAlive) : [];
}

export function writeRegistry(home: string, processes: readonly ProcessRecord[]): void {
  replaceJson(registryFile(home), { processes });
}

/** The process that owns the home, if it lives. */
export function readOwner(home: string): ProcessIdentity | undefined {
  return liveOwner(home);
}

/**
 * Makes this process the owner, until `release`.
 * @returns an owner to be ended first, when one lives whose starter (npm and its shell) is gone: nobody watches it any more
 * @throws CommandError when another owner is at work, or the home cannot be written
 */
export function takeHome(home: string): { release: () => void } | { orphan: ProcessIdentity } {
  try {
    mkdirSync(join(home, 'logs'), { recursive: true });
    for (;;) {
      if (linkOwner(home)) return { release: () => rmSync(ownerFile(home), { force: true }) };
      const owner = liveOwner(home);
      if (owner === undefined) {
        removeStale(home);
        continue;
      }
      if (!owner.ancestors.every(isAlive)) return { orphan: owner };
      throw new CommandError(
        `another one is at work in ${home} (process ${owner.pid}). Watch it there, end it with \`stagewright down\` (or \`kill ${owner.pid}\`), or choose another folder (STAGEWRIGHT_HOME; demo: --home).`,
      );
    }
  } catch (error) {
    if (error instanceof CommandError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    throw new CommandError(
      `cannot write to ${home} (${code ?? String(error)}). Correct its permissions, or choose another folder (STAGEWRIGHT_HOME; demo: --home).`,
      1,
      {
        cause: error,
      },
    );
  }
}

function liveOwner(home: string): HomeOwner | undefined {
  const parsed = ownerSchema.safeParse(readJson(ownerFile(home)));
  return parsed.success && isAlive(parsed.data) ? parsed.data : undefined;
}

/** Parent and grandparent: under `npm run`, npm and the shell between. Who was started into the background has nobody to lose. */
function ancestors(): ProcessIdentity[] {
  if (process.env[BACKGROUND_VARIABLE] !== undefined) return [];
  const parents = [process.ppid, parentOf(process.ppid)];
  return parents.flatMap((pid) => (pid === undefined || pid <= 1 ? [] : (identityOf(pid) ?? [])));
}

/** Taken aside before it is judged: since it was looked at, another start may have put its own there. */
function removeStale(home: string): void {
  const aside = `${ownerFile(home)}.stale-${process.pid}`;
  try {
    renameSync(ownerFile(home), aside);
    const taken = ownerSchema.safeParse(readJson(aside));
    if (taken.success && isAlive(taken.data)) linkSync(aside, ownerFile(home));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Somebody else removed it, or took the home meanwhile.
    if (code !== 'ENOENT' && code !== 'EEXIST') throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

/** Written aside and linked: the file is there whole or not at all, and for one process only. */
function linkOwner(home: string): boolean {
  const me = identityOf(process.pid);
  const aside = `${ownerFile(home)}.${process.pid}`;
  writeFileSync(aside, JSON.stringify({ ...me, ancestors: ancestors() }));
  try {
    linkSync(aside, ownerFile(home));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

const registryFile = (home: string): string => join(home, 'processes.json');
const ownerFile = (home: string): string => join(home, 'owner.json');

export function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as unknown;
  } catch {
    return undefined;
  }
}

export function replaceJson(file: string, value: unknown): void {
  const aside = `${file}.${process.pid}`;
  writeFileSync(aside, `${JSON.stringify(value, null, 2)}\n`);
  renameSync(aside, file);
}
