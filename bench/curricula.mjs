/**
 * 200 curricula at once on one dev server and one worker: how much history, memory and delay do they cost? Everything is real (plans,
 * workflows, leases, epochs, runners, manifests) but the trainer, which is the tests' stand-in: a process of ten steps without
 * learning. Delays are read from the histories: from an event that a workflow must react to, to the end of the workflow task that did.
 *
 *   npm run bench -- curricula [--count 200] [--slots 4]
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { load, machine, median, planOf, quantile, ROOT, round, startPlan, withFolder, withStack } from './support.mjs';

const { values } = parseArgs({
  options: { count: { type: 'string', default: '200' }, slots: { type: 'string', default: '4' } },
});
const count = Number(values.count);
process.env.STAGEWRIGHT_BACKENDS = join(ROOT, 'tests/support/stand-in-backend.mjs');
const { readRegistry } = await load('cli/process-registry.js');
const { stageId } = await load('core/ids.js');

const data = { base: { generator: 'digits', split: 'base', count: 8, scenes: 8, mix: { at: 1 } } };
const stage = (name) => ({
  name,
  capability: name,
  objective: 'sft',
  data: 'base',
  trainer: 'stand-in',
  training: { steps: 10, batch_size: 1, learning_rate: 0.001 },
  execution: { threads: 1 },
});
const recipe = (seed) => ({
  name: `many-${seed}`,
  model: 'tiny',
  seed,
  data: seeded(),
  stages: [stage('one'), stage('two')],
});
const seeded = () => ({ base: { ...data.base, seed: 1 } });

const residentMb = (pid) => {
  try {
    const line = /VmRSS:\s+(\d+) kB/u.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return line === null ? 0 : Number(line[1]) / 1024;
  } catch {
    return 0;
  }
};
const at = ({ eventTime }) => Number(eventTime.seconds) * 1000 + eventTime.nanos / 1e6;

/** Milliseconds from each scheduled workflow task to its completion, and the number of events. */
async function historyOf(client, workflowId) {
  const { events = [] } = await client.workflow.getHandle(workflowId).fetchHistory();
  const scheduled = new Map();
  const delays = [];
  for (const event of events) {
    if (event.workflowTaskScheduledEventAttributes) scheduled.set(String(event.eventId), at(event));
    const done = event.workflowTaskCompletedEventAttributes;
    const since = done && scheduled.get(String(done.scheduledEventId));
    if (since !== undefined && since !== null && done) delays.push(at(event) - since);
  }
  return { events: events.length, delays };
}

console.log(
  `${machine()}; ${count} curricula of two stages at once, ${values.slots} CPU slots, a stand-in trainer of 10 steps`,
);
await withFolder((folder) => {
  const home = join(folder, 'home');
  return withStack(home, { STAGEWRIGHT_CPU_SLOTS: values.slots }, async ({ client, settings }) => {
    const plans = [];
    for (let seed = 1; seed <= count; seed++) plans.push(await planOf(recipe(seed)));
    const peak = { server: 0, worker: 0 };
    let over = false;
    const watching = (async () => {
      while (!over) {
        for (const { role, pid } of readRegistry(home))
          if (role in peak) peak[role] = Math.max(peak[role], residentMb(pid));
        await sleep(500);
      }
    })();
    const begun = performance.now();
    const handles = [];
    for (const plan of plans) handles.push(await startPlan(client, plan, settings));
    const started = (performance.now() - begun) / 1000;
    const ends = await Promise.all(handles.map((handle) => handle.result()));
    const seconds = (performance.now() - begun) / 1000;
    over = true;
    await watching;
    const done = ends.filter(({ state }) => state === 'done').length;

    const curricula = [];
    const stages = [];
    for (const [i, handle] of handles.entries()) {
      curricula.push(await historyOf(client, handle.workflowId));
      for (const { key } of plans[i].stages) stages.push(await historyOf(client, stageId(key)));
    }
    const events = (all) => {
      const numbers = all.map((one) => one.events);
      return `${median(numbers)} events (at most ${Math.max(...numbers)})`;
    };
    const delays = [...curricula, ...stages].flatMap((one) => one.delays);
    console.log(`started in ${round(started, 1)} s; ${done} of ${count} done in ${round(seconds, 1)} s`);
    console.log(`a curriculum ${events(curricula)}, a stage ${events(stages)}`);
    console.log(
      `delay per transition: median ${round(median(delays))} ms, 95 % within ${round(quantile(delays, 0.95))} ms, worst ${round(Math.max(...delays))} ms (${delays.length} transitions)`,
    );
    console.log(`peak resident memory: server ${round(peak.server, 0)} MB, worker ${round(peak.worker, 0)} MB`);
    if (done !== count) process.exitCode = 1;
  });
});
