/** `gc`: frees what no stage needs, or says what it would free. */
import Table from 'cli-table3';
import prettyBytes from 'pretty-bytes';
import { collectGarbage, stagesInUse, type GarbageReport } from '../../client/collect-garbage.js';
import { connect } from '../../client/connection.js';
import { findOneStage } from '../../client/store-stages.js';
import { StagewrightError } from '../../core/failures.js';
import type { GarbageOptions } from '../../store/garbage.js';
import { openStore } from '../../store/store.js';
import type { Settings } from '../../workers/settings.js';
import type { Action } from '../commands.js';
import { EXIT } from '../exit.js';
import { settingsOf } from '../settings.js';
import { PLAIN_TABLE } from '../tables.js';
import { say } from '../watch-loudly.js';

export const gc: Action = async ([meant], options) => {
  const settings = settingsOf(options);
  const store = await openStore(settings.store, { create: false });
  const dryRun = options['dryRun'] === true;
  const inUse = options['offline'] === true ? undefined : await wantedOnServer(settings);
  const stage =
    meant === undefined ? undefined : await findOneStage(store, meant, { connect: () => connect(settings) });
  const report = await collectGarbage(store, {
    dryRun,
    host: settings.host,
    ...(inUse === undefined ? {} : { inUse }),
    ...(stage === undefined ? {} : { key: stage.key }),
  });
  process.stdout.write(`${options['json'] === true ? JSON.stringify(report, null, 2) : describe(report)}\n`);
  return EXIT.done;
};

/** A server that does not answer may have curricula that want anything unfinished. */
async function wantedOnServer(settings: Settings): Promise<NonNullable<GarbageOptions['inUse']>> {
  try {
    const client = await connect(settings);
    try {
      return await stagesInUse(client);
    } finally {
      await client.connection.close();
    }
  } catch (error) {
    if (!(error instanceof StagewrightError && error.type === 'ServerUnreachable')) throw error;
    say(`${error.message}\nUnfinished stages are left alone; --offline frees of them too, by the store alone.`);
    return () => 'the server was not asked whether it is wanted';
  }
}

function describe({ dry_run, freed_bytes, stages, left_overs, rest }: GarbageReport): string {
  const freed = dry_run ? 'would free' : 'freed';
  const table = new Table({ ...PLAIN_TABLE, head: ['stage', 'key', freed, 'steps', 'kept', 'left alone'] });
  for (const stage of stages) {
    const bytes = stage.freed.reduce((sum, one) => sum + one.bytes, 0);
    const kept = stage.kept.reduce((sum, one) => sum + one.bytes, 0);
    table.push([
      ...[stage.name ?? '?', stage.key.slice(0, 12), prettyBytes(bytes), stepsOf(stage.freed)],
      ...[`${stage.kept.length} (${prettyBytes(kept)})`, stage.left_alone ?? ''],
    ]);
  }
  const lines = stages.length === 0 ? ['no stages'] : [table.toString()];
  if (left_overs.length > 0)
    lines.push(`temporary files outside stages: ${prettyBytes(left_overs.reduce((sum, one) => sum + one.bytes, 0))}`);
  lines.push(`${freed} ${prettyBytes(freed_bytes)}`);
  for (const { what, bytes, why } of rest) lines.push(`never freed: ${what}, ${prettyBytes(bytes)} (${why})`);
  return lines.join('\n');
}

function stepsOf(freed: GarbageReport['stages'][number]['freed']): string {
  const steps = freed.flatMap((one) => (one.what === 'checkpoint' ? one.step : [])).sort((a, b) => a - b);
  const others = freed.length - steps.length;
  const shown = steps.length > 6 ? [...steps.slice(0, 3), '…', ...steps.slice(-2)] : steps;
  return [shown.join(' '), ...(others === 0 ? [] : [`${others} left-overs`])].filter((text) => text !== '').join(', ');
}
