/** `logs`: what trainers wrote, straight from the store, redacted. */
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from '../../client/connection.js';
import { findCurriculum, pickStage } from '../../client/find-curriculum.js';
import { planFile } from '../../client/plan-file.js';
import { readStatus } from '../../client/read-status.js';
import { openStageLog, stagesInStore } from '../../client/stage-logs.js';
import { StagewrightError } from '../../core/failures.js';
import type { Settings } from '../../workers/settings.js';
import type { Action, Options } from '../commands.js';
import { CommandError, EXIT } from '../exit.js';
import { watchInterrupt } from '../interrupt.js';
import { optionFlag, optionText } from '../option-text.js';
import { settingsOf } from '../settings.js';
import { say } from '../watch-loudly.js';

const LOOK_MS = 300;

interface Meant {
  readonly name: string;
  readonly key: string;
}

export const logs: Action = async ([meant], options) => {
  const settings = settingsOf(options);
  const stages = await stagesMeant(settings, meant, options);
  const opened = stages.map(({ name, key }) => ({ name, log: openStageLog(settings.store, key) }));
  const follow = optionFlag(options, 'follow');
  let printed = false;
  const interrupt = watchInterrupt(() => undefined);
  try {
    do {
      for (const { name, log } of opened)
        for await (const line of log.read(!follow)) {
          print(stages.length > 1 ? `${name} | ${line}` : line);
          printed = true;
        }
      if (follow) await sleep(LOOK_MS, undefined, { signal: interrupt.signal }).catch(() => undefined);
    } while (follow && !interrupt.signal.aborted);
  } finally {
    interrupt.dispose();
  }
  if (!opened.some(({ log }) => log.found()))
    throw new CommandError(
      `no log of ${stages.map(({ name }) => name).join(', ')} in ${settings.store}: no trainer was started yet, or the store is elsewhere (STAGEWRIGHT_STORE)`,
    );
  if (!printed)
    say(`${stages.map(({ name }) => name).join(', ')}: the log is there, and the trainer wrote nothing to it`);
  return EXIT.done;
};

/** By key without a server; by a recipe's file without one too; else as the run's status has them. */
async function stagesMeant(settings: Settings, meant: string | undefined, options: Options): Promise<Meant[]> {
  const stage = optionText(options, 'stage');
  const variant = optionText(options, 'variant');
  const byKey = stage !== undefined && /^[0-9a-f]{4,64}$/u.test(stage) ? stagesInStore(settings.store, stage) : [];
  if (byKey.length > 1)
    throw new CommandError(`several stages begin with ${stage ?? ''}: ${byKey.join(', ')}`, EXIT.usage);
  if (byKey[0] !== undefined) return [{ name: stage ?? '', key: byKey[0] }];
  const all = await stagesOf(settings, meant, variant);
  return stage === undefined ? all : [pickStage(all, stage)];
}

async function stagesOf(settings: Settings, meant: string | undefined, variant: string | undefined): Promise<Meant[]> {
  // A recipe with an error is told of before a server is looked for.
  const planned = meant !== undefined && existsSync(meant) ? (await planFile(meant, { variant })).plan.stages : null;
  try {
    const client = await connect(settings);
    const workflowId = await findCurriculum(client, meant, { variant, say });
    return (await readStatus(client, workflowId)).snapshot.status.stages.map(({ name, key }) => ({ name, key }));
  } catch (error) {
    const away =
      error instanceof StagewrightError && (error.type === 'ServerUnreachable' || error.type === 'UnknownName');
    if (planned === null || !away) throw error;
    return planned.map(({ name, key }) => ({ name, key }));
  }
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
