/**
 * The kill campaign: `npm run campaign -- --seed S --kills N [--negative-control] [--keep]`. It runs a short recipe undisturbed, then
 * again under seeded SIGKILLs and damage, and holds the two against each other. Exit 0 only if everything asserted holds; the
 * last line of standard output is the summary.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { planFile } from '../client/plan-file.js';
import { ROOT } from '../cli/root.js';
import type { Plan } from '../core/plan.js';
import { damageNewest, newestFile } from './damage.js';
import { drawSchedule, type PlannedKill, type Victim } from './schedule.js';
import { Session } from './session.js';
import { judge, type Disturbance } from './verdict.js';

/** The recipe's steps last for so many kills; more kills, more steps. */
const KILLS_PER_LENGTH = 4;
const RECOVERY_LIMIT_MS = 180_000;
const FINISH_LIMIT_MS = 600_000;
const AIM_LIMIT_MS = 10_000;
/** A save comes by soon, whatever the phase: the aim of last resort. */
const SAVE_LIMIT_MS = 40_000;
/** Points that only a new attempt passes: the trainer is killed so that there is one. */
const NEEDS_ATTEMPT: readonly string[] = ['epoch claim', 'hand-over'];
/** Exit code of a command whose curriculum waits for a person. */
const WAITING = 3;

const say = (text: string): void => void process.stderr.write(`campaign: ${text}\n`);

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    kills: { type: 'string', default: '6' },
    'negative-control': { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
  },
});
const seed = Number(values.seed);
const kills = Number(values.kills);
if (!Number.isInteger(seed) || !Number.isInteger(kills) || kills < 0) {
  say('--seed and --kills take whole numbers');
  process.exit(2);
}

const folder = mkdtempSync(join(tmpdir(), 'stagewright-campaign-'));
const recipe = lengthened(join(ROOT, 'configs', 'recipes', 'campaign.yaml'), join(folder, 'recipe.yaml'), seed, kills);
const { plan } = await planFile(recipe);
let failed: string[];
try {
  failed = await campaign(plan);
} catch (error) {
  failed = [error instanceof Error ? error.message : String(error)];
  process.stdout.write(`campaign failed: ${failed[0] ?? ''}\n`);
}
for (const session of sessions()) session.killRole('all');
if (values.keep || failed.length > 0) say(`files are kept in ${folder}`);
else rmSync(folder, { recursive: true, force: true });
process.exit(failed.length === 0 ? 0 : 1);

function sessions(): Session[] {
  return ['reference', 'disturbed'].map((name) => new Session({ home: join(folder, name), recipe, env: {} }));
}

async function campaign(planned: Plan): Promise<string[]> {
  const [reference, quiet] = sessions();
  if (reference === undefined || quiet === undefined) throw new Error('unreachable');
  say(`undisturbed run of ${planned.stages.map((s) => `${s.name} (${s.objective.training.steps} steps)`).join(', ')}`);
  reference.start();
  await finish(reference);
  const env: Record<string, string> = values['negative-control'] ? { STAGEWRIGHT_TEST_IGNORE_RESUME: '1' } : {};
  const disturbed = new Session({ home: join(folder, 'disturbed'), recipe, env });
  const done = await disturb(disturbed, planned);
  await finish(disturbed);
  // The command ends its own processes; what is still there a moment later was left behind.
  await sleep(1_000);
  const left = disturbed.processes();
  const { problems, summary } = judge({
    plan: planned,
    reference: reference.store,
    disturbed: disturbed.store,
    done,
    kills,
    left,
  });
  for (const problem of problems) process.stdout.write(`FAILED: ${problem}\n`);
  process.stdout.write(`${summary}\n`);
  return problems;
}

async function disturb(session: Session, planned: Plan): Promise<Disturbance[]> {
  const done: Disturbance[] = [];
  const keys = planned.stages.map((stage) => stage.key);
  session.start();
  for (const [i, order] of drawSchedule({ seed, kills }).entries()) {
    if (!(await working(session))) break;
    await sleep(order.afterMs);
    if (order.damage !== null) await until(() => newestFile(session.store, keys) !== null || session.exitCode === 0);
    if (session.exitCode === 0) break;
    const [what, ...more] = await carryOut(session, order);
    const damage = order.damage === null ? null : damageNewest(session.store, keys, order.damage);
    done.push({ ...what, damage }, ...more.map((other) => ({ ...other, damage: null })));
    const words = [what, ...more].map(({ victim, phase }) => `${victim} during ${phase}`).join(', then ');
    say(`kill ${i + 1} of ${kills}: ${words}${damage === null ? '' : `; then ${damage}`}`);
    // The command's own death is noticed with its exit event.
    await sleep(300);
    if (!session.alive && session.exitCode !== 0) session.start();
  }
  return done;
}

type Kill = Omit<Disturbance, 'damage'>;

/** @returns what was killed: one, or two where the first made way for the second. */
async function carryOut(session: Session, order: PlannedKill): Promise<[Kill, ...Kill[]]> {
  if (order.kind === 'timed') return [strike(session, order.victim)];
  if (NEEDS_ATTEMPT.includes(order.phase)) {
    const hit = session.order(order.point, order.nth, SAVE_LIMIT_MS);
    const first = strike(session, 'trainer');
    return (await hit) ? [first, aimed(order.phase, order.point)] : [first];
  }
  if (await session.order(order.point, order.nth, AIM_LIMIT_MS)) return [aimed(order.phase, order.point)];
  if (await session.order('save-mid', 1, SAVE_LIMIT_MS)) return [aimed('save', 'save-mid')];
  return [strike(session, 'trainer')];
}

function aimed(phase: string, point: string): Kill {
  return { aimed: true, phase, victim: `whoever reached ${point}` };
}

function strike(session: Session, victim: Victim): Kill {
  const phase = session.phase();
  if (session.killRole(victim) > 0) return { aimed: false, phase, victim };
  // Between stages there may be no trainer or runner: then everything goes at once.
  session.killRole('all');
  return { aimed: false, phase, victim: 'all' };
}

async function until(holds: () => boolean): Promise<void> {
  for (const limit = Date.now() + SAVE_LIMIT_MS; !holds() && Date.now() < limit;) await sleep(50);
}

/** Waits until work has gone on since the last kill. False when the recipe is finished. */
async function working(session: Session): Promise<boolean> {
  const before = session.progress();
  for (const limit = Date.now() + RECOVERY_LIMIT_MS; Date.now() < limit; await sleep(100)) {
    if (session.exitCode === 0) return false;
    restartOrThrow(session);
    if (session.progress() > before) return true;
  }
  throw new Error(`no progress within ${RECOVERY_LIMIT_MS / 1000} s after a kill:\n${session.tail()}`);
}

async function finish(session: Session): Promise<void> {
  for (const limit = Date.now() + FINISH_LIMIT_MS; Date.now() < limit; await sleep(100)) {
    if (session.exitCode === 0) return;
    restartOrThrow(session);
  }
  throw new Error(`not finished within ${FINISH_LIMIT_MS / 1000} s:\n${session.tail()}`);
}

/** A stage that is out of tries ends the command with code 3 and a question; starting the command again answers it. */
function restartOrThrow(session: Session): void {
  if (session.alive) return;
  if (session.exitCode !== WAITING || values['negative-control'])
    throw new Error(`the command ended with code ${String(session.exitCode)}:\n${session.tail()}`);
  say('a stage asked a person; starting again, which answers `retry`');
  session.start();
}

/** The recipe with its seed, and its steps multiplied so that the work outlasts the kills. */
function lengthened(from: string, to: string, recipeSeed: number, count: number): string {
  const factor = Math.max(1, count / KILLS_PER_LENGTH);
  const text = readFileSync(from, 'utf8')
    .replace(/^seed: \d+$/mu, `seed: ${recipeSeed}`)
    .replace(/(\bsteps: )(\d+)/gu, (_, name: string, steps: string) => `${name}${Math.round(Number(steps) * factor)}`);
  writeFileSync(to, text);
  return to;
}
