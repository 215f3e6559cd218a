/** `logs`: a stage's trainer log, straight from the store, all its epochs in order. */
import { existsSync, readdirSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readSettings, type Settings } from '../../workers/settings.js';
import type { Action } from '../commands.js';
import { connect } from '../../client/connection.js';
import { CommandError, EXIT } from '../exit.js';
import { findStage } from '../../client/find-curriculum.js';
import { watchInterrupt } from '../interrupt.js';
import { planFile } from '../../client/plan-file.js';

const LOOK_MS = 300;

export const logs: Action = async ([meant = ''], options) => {
  const settings = readSettings(process.env);
  const folder = join(settings.store, 'stages', await findKey(settings, meant, options['recipe']), 'epochs');
  const interrupt = watchInterrupt(() => undefined);
  const read = new Map<string, number>();
  do {
    for (const epoch of epochs(folder)) {
      const file = join(folder, epoch, 'trainer.log');
      read.set(file, await copyFrom(file, read.get(file) ?? 0));
    }
    if (options['follow'] === true)
      await sleep(LOOK_MS, undefined, { signal: interrupt.signal }).catch(() => undefined);
  } while (options['follow'] === true && !interrupt.signal.aborted);
  interrupt.dispose();
  if (read.size === 0)
    throw new CommandError(
      `no log of stage ${meant} in ${folder}: it was not started yet, or its store is elsewhere (STAGEWRIGHT_STORE)`,
    );
  return EXIT.done;
};

/** By key without a server; by name through the recipe's file or the server. */
async function findKey(settings: Settings, meant: string, recipe: string | boolean | undefined): Promise<string> {
  const stages = join(settings.store, 'stages');
  const byKey =
    /^[0-9a-f]{4,64}$/u.test(meant) && existsSync(stages)
      ? readdirSync(stages).filter((key) => key.startsWith(meant))
      : [];
  if (byKey.length === 1) return byKey[0] ?? '';
  if (byKey.length > 1) throw new CommandError(`several stages begin with ${meant}: ${byKey.join(', ')}`, EXIT.usage);
  if (typeof recipe === 'string' && existsSync(recipe)) {
    const { plan } = await planFile(recipe);
    const stage = plan.stages.find((s) => s.name === meant);
    if (stage !== undefined) return stage.key;
    throw new CommandError(
      `recipe ${recipe} has no stage "${meant}"; known: ${plan.stages.map((s) => s.name).join(', ')}`,
      EXIT.usage,
    );
  }
  return (await findStage(await connect(settings), meant, typeof recipe === 'string' ? recipe : undefined)).key;
}

function epochs(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => /^\d+$/u.test(name))
    .sort((a, b) => Number(a) - Number(b));
}

/** Copies what was added since `offset` to standard output. @returns the new offset */
async function copyFrom(file: string, offset: number): Promise<number> {
  if (!existsSync(file)) return offset;
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    if (size <= offset) return offset;
    const bytes = Buffer.alloc(size - offset);
    await handle.read(bytes, 0, bytes.length, offset);
    process.stdout.write(bytes);
    return size;
  } finally {
    await handle.close();
  }
}
