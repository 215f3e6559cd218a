/** `plan` for people: tables within 100 columns, then what the tables have no room for. */
import Table from 'cli-table3';
import prettyBytes from 'pretty-bytes';
import { describeOrder, difficultyOf } from '../core/order.js';
import type { PlanView, StageView, VariantsView } from '../core/plan-view.js';
import { duration } from './progress-text.js';
import { PLAIN_TABLE } from './tables.js';

const UNKNOWN = '?';

export function planText(view: PlanView): string {
  const { recipe, seed, stages, store, totals, plan_hash: hash } = view;
  const table = new Table({
    ...PLAIN_TABLE,
    head: ['stage', 'key', 'state', 'steps', 'rows', 'device', 'disk', 'time'],
    colAligns: ['left', 'left', 'left', 'right', 'right', 'left', 'right', 'right'],
  });
  table.push(
    ...stages.map((stage) => [
      stage.name,
      stage.key?.slice(0, 12) ?? UNKNOWN,
      stateWords(stage),
      stage.steps.toLocaleString('en'),
      stage.data.rows?.toLocaleString('en') ?? UNKNOWN,
      deviceWords(stage),
      stage.state === 'done' ? '' : bytesWords(stage.checkpoints.bytes),
      stage.state === 'done' ? '' : hoursWords(stage.hours),
    ]),
  );
  return [
    `${recipe}, seed ${seed}${hash === null ? '' : `, plan ${hash.slice(0, 16)}`}`,
    '',
    trimmed(table.toString()),
    '',
    ...sums(view),
    `store: ${store.folder}, ${prettyBytes(store.free_bytes)} free${store.exists ? '' : ' (nothing in it yet)'}`,
    ...(totals.hours === null && stages.some((stage) => stage.state !== 'done')
      ? ['time: "?" where this store holds no stage of that kind yet to measure by']
      : []),
    '',
    ...stages.flatMap((stage) => details(stage, view)),
    ...derivedWords(view),
    ...evaluationWords(view),
    ...commandWords(view),
    ...blockedLines(view),
  ]
    .join('\n')
    .trimEnd();
}

export function variantsText({ plans, distinct }: VariantsView): string {
  const [base] = plans;
  const table = new Table({
    ...PLAIN_TABLE,
    head: ['variant', 'stages', 'done', 'shared', 'steps', 'disk', 'time', ''],
    colAligns: ['left', 'right', 'right', 'right', 'right', 'right', 'right', 'left'],
  });
  table.push(
    ...plans.map(({ variant, stages, totals, blocked }) => [
      variant ?? '(as it stands)',
      String(stages.length),
      String(stages.filter((stage) => stage.state === 'done').length),
      String(stages.filter((stage) => stage.shared_with.length > 0).length),
      totals.steps.toLocaleString('en'),
      bytesWords(totals.bytes),
      hoursWords(totals.hours),
      blocked === null ? '' : 'blocked',
    ]),
  );
  const reasons = new Map<string, string[]>();
  for (const { variant, recipe, blocked } of plans)
    if (blocked !== null) reasons.set(blocked, [...(reasons.get(blocked) ?? []), variant ?? recipe]);
  const together = [
    `${distinct.stages} stages in all, each trained once`,
    `${distinct.done} done`,
    ...(distinct.blocked === 0 ? [] : [`${distinct.blocked} blocked`]),
    `${distinct.steps.toLocaleString('en')} steps to train`,
    `disk ${bytesWords(distinct.bytes)}`,
    `time ${hoursWords(distinct.hours)}`,
    ...(distinct.cost === null ? [] : [`cost ${costWords(distinct.cost, base?.totals.currency ?? null)}`]),
  ];
  return [
    `${base?.recipe ?? ''}, seed ${base?.seed ?? ''}: the recipe and ${plans.length - 1} variants`,
    '',
    trimmed(table.toString()),
    '',
    ...wrapped(`${together.join(', ')}.`, 0),
    ...[...reasons].flatMap(([reason, variants]) => wrapped(`${variants.join(', ')}: ${reason}`, 2)),
  ].join('\n');
}

function stateWords({ state, step, blocked }: StageView): string {
  if (state === 'done') return 'done';
  if (blocked !== null) return 'blocked';
  return state === 'begun' ? `from step ${step}` : 'to train';
}

function deviceWords({ devices: { gpus, class: hostClass, threads } }: StageView): string {
  const on = hostClass === 'any' ? '' : ` on ${hostClass}`;
  return gpus === 0 ? `CPU x${threads}${on}` : `${gpus} GPU${gpus === 1 ? '' : 's'}${on}`;
}

function sums({ stages, totals }: PlanView): string[] {
  const open = stages.filter((stage) => stage.state !== 'done');
  if (open.length === 0) return ['to do: nothing, every stage is done'];
  const parts = [
    `${open.length} of ${stages.length} stages, ${totals.steps.toLocaleString('en')} steps`,
    `disk ${bytesWords(totals.bytes)}`,
    `training time ${hoursWords(totals.hours)}`,
    ...(totals.currency === null ? [] : [`cost ${costWords(totals.cost, totals.currency)}`]),
  ];
  return [`to do: ${parts.join(', ')}`];
}

/** Of one stage, what differs from the usual. */
function details(stage: StageView, { recipe, variant }: PlanView): string[] {
  const { name, objective, data, from, shared_with: shared, checkpoints, gates } = stage;
  const start = from === null ? 'from scratch' : `from ${from}`;
  const each = checkpoints.bytes_each === null ? '' : ` of ${prettyBytes(checkpoints.bytes_each)}`;
  // Of one file: the recipe's own name stands before each.
  const own = variant === null ? recipe : recipe.slice(0, -variant.length - 1);
  const others = shared.map((other) => (other === own ? 'the recipe as it stands' : other.slice(own.length + 1)));
  const saves = `a checkpoint every ${checkpoints.save_every_steps} steps, ${checkpoints.kept}${each} kept`;
  return [
    ...wrapped(`${name}: ${objective} on ${data.name}, ${orderWords(stage)}, ${start}; ${saves}`, 2),
    ...gates.map((gate) => `  gate: ${gate}`),
    ...(others.length === 0 ? [] : wrapped(`  the same stage in: ${others.join(', ')}`, 4)),
  ];
}

/** What an order by difficulty becomes over several passes. */
function orderWords({ order, order_per_epoch: per, passes }: StageView): string {
  const words = describeOrder(order);
  if (difficultyOf(order) === null || passes === null) return words;
  const times = `${Math.round(10 * passes) / 10} passes`;
  return per === 'spread' ? `${words}, once over ${times}` : `${words}, anew in each of ${times}`;
}

/** Rows of what is not made yet are not known, so neither is what a later set asks. */
function derivedWords({ derived }: PlanView): string[] {
  return derived.flatMap(({ name, generator, inputs, models, requests, state, rows }) => {
    const by = models.length === 0 ? '' : `, asks ${models.map((one) => `${one.name} (${one.model})`).join(', ')}`;
    const much =
      models.length === 0 || state === 'made' ? '' : `, ${requests?.toLocaleString('en') ?? UNKNOWN} requests`;
    const stands =
      state === 'made'
        ? `made, ${rows?.toLocaleString('en') ?? UNKNOWN} rows`
        : state === 'begun'
          ? 'begun'
          : 'to make';
    return wrapped(`data ${name}: ${generator} of ${inputs.join(', ')}${by}${much}; ${stands}`, 2);
  });
}

function evaluationWords({ evaluations }: PlanView): string[] {
  if (evaluations.length === 0) return [];
  const sets = [
    ...new Set(evaluations.map(({ data, rows }) => `${data} (${rows?.toLocaleString('en') ?? UNKNOWN} rows)`)),
  ];
  const after = [...new Set(evaluations.map(({ stage }) => stage))];
  const done = evaluations.filter((one) => one.done).length;
  return [
    ...wrapped(`evaluated on ${sets.join(', ')} after ${after.join(', ')}; ${done} of ${evaluations.length} done`, 2),
  ];
}

/** Stages with the same command share its lines. */
function commandWords({ stages }: PlanView): string[] {
  const groups = new Map<string, string[]>();
  for (const { name, state, command } of stages) {
    if (state === 'done' || command === null) continue;
    const lines = [`  cd ${quoted(command.cwd)}`, ...broken(command.argv.map(quoted))].join('\n');
    groups.set(lines, [...(groups.get(lines) ?? []), name]);
  }
  if (groups.size === 0) return [];
  return [
    '',
    ...[...groups].flatMap(([lines, names]) => [`${names.join(', ')}: what the trainer is started with`, lines]),
  ];
}

function blockedLines({ stages }: PlanView): string[] {
  const lines = stages.flatMap(({ name, blocked }) =>
    blocked === null ? [] : wrapped(`blocked, ${name}: ${blocked}`, 2),
  );
  return lines.length === 0 ? [] : ['', ...lines];
}

/** A long command over several lines, as a shell reads it. */
function broken(argv: readonly string[]): string[] {
  const lines: string[] = [];
  for (const word of argv) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < 95) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(`${lines.length === 0 ? '  ' : '    '}${word}`);
  }
  return lines.map((line, i) => (i < lines.length - 1 ? `${line} \\` : line));
}

function wrapped(text: string, indent: number, width = 98): string[] {
  const lines: string[] = [];
  for (const word of text.split(/(?<=\S) /u)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(last === undefined ? word : `${' '.repeat(indent)}${word}`);
  }
  return lines;
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/u.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

function trimmed(table: string): string {
  return table.replace(/ +$/gmu, '');
}

function bytesWords(bytes: number | null): string {
  return bytes === null ? UNKNOWN : prettyBytes(bytes);
}
function hoursWords(hours: number | null): string {
  return hours === null ? UNKNOWN : duration(hours * 3600);
}
function costWords(cost: number | null, currency: string | null): string {
  return cost === null ? UNKNOWN : `${cost.toFixed(2)} ${currency ?? ''}`.trim();
}
