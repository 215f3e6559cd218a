/** `checkpoints`: what a store has of them, whether their bytes are whole, and pins. */
import { userInfo } from 'node:os';
import Table from 'cli-table3';
import prettyBytes from 'pretty-bytes';
import prettyMs from 'pretty-ms';
import { checkpointAt, pinStep, unpinStep, verifyStage, type CheckedPart } from '../../client/checkpoints.js';
import { findOneStage, findStages, type StageQuery } from '../../client/store-stages.js';
import { hint } from '../../core/nearest-name.js';
import { readStage, type CheckpointEntry, type StageEntry } from '../../store/inventory.js';
import { openStore, type Store } from '../../store/store.js';
import type { Settings } from '../../workers/settings.js';
import type { Action, Options } from '../commands.js';
import { CommandError, EXIT, type ExitCode } from '../exit.js';
import { settingsOf } from '../settings.js';
import { PLAIN_TABLE } from '../tables.js';

const VERBS = ['list', 'verify', 'pin', 'unpin'] as const;
type Verb = (typeof VERBS)[number];

interface Given {
  readonly store: Store;
  readonly settings: Settings;
  readonly query: StageQuery;
  readonly options: Options;
}

export const checkpoints: Action = async ([first, ...rest], options) => {
  const verb = VERBS.find((one) => one === first);
  const args = verb === undefined && first !== undefined ? [first, ...rest] : rest;
  const settings = settingsOf(options);
  const store = await openStore(settings.store, { create: false });
  const recipe = typeof options['recipe'] === 'string' ? options['recipe'] : undefined;
  const given = {
    store,
    settings,
    options,
    query: { recipe, connect: async () => (await import('../../client/connection.js')).connect(settings) },
  };
  return run(verb ?? 'list', args, given);
};

async function run(verb: Verb, args: readonly string[], given: Given): Promise<ExitCode> {
  if (verb === 'pin' || verb === 'unpin') return pin(verb, args, given);
  if (args.length > 1) throw new CommandError(`what is "${args[0] ?? ''}"? ${hint(args[0] ?? '', VERBS)}`, EXIT.usage);
  return verb === 'list' ? list(args[0], given) : verify(args[0], given);
}

async function list(meant: string | undefined, { store, query, options }: Given): Promise<ExitCode> {
  const stages: StageEntry[] = [];
  for (const { key } of await findStages(store, meant, query)) stages.push(await readStage(store, key));
  stages.sort((a, b) => begun(a) - begun(b));
  if (options['json'] === true) {
    print(JSON.stringify(stages.map(jsonOf), null, 2));
    return EXIT.done;
  }
  const table = new Table({ ...PLAIN_TABLE, head: ['stage', 'key', 'step', 'epoch', 'size', 'age', 'reach', 'marks'] });
  for (const stage of stages)
    for (const one of stage.checkpoints)
      table.push([
        ...[stage.name ?? '?', stage.key.slice(0, 12), one.step, one.epoch, prettyBytes(one.bytes)],
        ...[prettyMs(Math.max(0, Date.now() - one.committed_at.getTime()), { compact: true })],
        ...[one.manifest?.reach ?? '?', marksOf(one).join(', ')],
      ]);
  print(table.length === 0 ? 'no checkpoints' : table.toString());
  return EXIT.done;
}

/** By its oldest checkpoint: the order in which a curriculum made them. */
function begun({ checkpoints: found }: StageEntry): number {
  return Math.min(...found.map(({ committed_at }) => committed_at.getTime()), Number.MAX_SAFE_INTEGER);
}

/** What a person must know of one before it is deleted or gone on from. */
function marksOf({ final, newest, counts, manifest, pins }: CheckpointEntry): string[] {
  return [
    ...(final ? ['final'] : []),
    ...(newest ? ['newest'] : []),
    ...pins.map((one) =>
      one.needed_by === null ? `pinned by ${one.actor}: ${one.reason || 'no reason'}` : one.reason,
    ),
    ...(counts ? [] : ['overtaken']),
    ...(manifest === null ? ['its manifest is damaged'] : []),
  ];
}

function jsonOf({ key, name, state, checkpoints: found }: StageEntry): object {
  return {
    ...{ key, name, state },
    checkpoints: found.map(({ step, epoch, bytes, committed_at, manifest, counts, newest, final, pins }) => ({
      ...{ step, epoch, bytes, committed_at: committed_at.toISOString() },
      reach: manifest?.reach ?? null,
      ...{ damaged_manifest: manifest === null, counts, newest, final },
      pins: pins.map(({ actor, reason, needed_by, pinned_at }) => ({ actor, reason, needed_by, pinned_at })),
    })),
  };
}

async function verify(meant: string | undefined, { store, query, settings, options }: Given): Promise<ExitCode> {
  const json = options['json'] === true;
  const found: CheckedPart[] = [];
  for (const { key } of await findStages(store, meant, query))
    for await (const part of verifyStage(store, key, { all: options['all'] === true, host: settings.host })) {
      found.push(part);
      if (!json) print(lineOf(part));
    }
  const damaged = found.filter(({ verdict }) => verdict.kind === 'damaged').length;
  const elsewhere = found.filter(({ verdict }) => verdict.kind === 'elsewhere').length;
  if (json) print(JSON.stringify(found, null, 2));
  else
    print(
      `${found.length - damaged - elsewhere} whole, ${damaged} damaged${elsewhere === 0 ? '' : `, ${elsewhere} on other hosts`}`,
    );
  return damaged === 0 ? EXIT.done : EXIT.failed;
}

function lineOf({ name, key, what, step, epoch, verdict }: CheckedPart): string {
  const where = `${name ?? '?'} ${key.slice(0, 12)}  ${what} of step ${step} (epoch ${epoch})`;
  switch (verdict.kind) {
    case 'whole':
      return `whole    ${where}`;
    case 'damaged':
      return `damaged  ${where}: ${verdict.file}: ${verdict.why}`;
    case 'elsewhere':
      return `skipped  ${where}: ${verdict.why}`;
  }
}

async function pin(
  verb: 'pin' | 'unpin',
  args: readonly string[],
  { store, query, options }: Given,
): Promise<ExitCode> {
  const [meant, text] = args;
  if (meant === undefined || text === undefined || args.length > 2)
    throw new CommandError(
      `checkpoints ${verb} needs a stage and a step, e.g. checkpoints ${verb} seeing 120`,
      EXIT.usage,
    );
  if (!/^\d+$/u.test(text)) throw new CommandError(`"${text}" is no step`, EXIT.usage);
  const step = Number(text);
  const stage = await findOneStage(store, meant, query);
  const name = stage.name ?? stage.key.slice(0, 12);
  if (verb === 'unpin') {
    const was = await unpinStep(store, stage, step, options['force'] === true);
    print(was ? `${name}: step ${step} is no longer pinned` : `${name}: step ${step} was not pinned`);
    return EXIT.done;
  }
  const { actor, reason } = options;
  const by = {
    actor: typeof actor === 'string' ? actor : userInfo().username,
    reason: typeof reason === 'string' ? reason : '',
  };
  const pinned = await pinStep(store, stage, step, by);
  const { bytes } = await checkpointAt(store, stage, step);
  print(
    pinned ? `${name}: step ${step} is pinned (${prettyBytes(bytes)})` : `${name}: step ${step} was pinned already`,
  );
  return EXIT.done;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
