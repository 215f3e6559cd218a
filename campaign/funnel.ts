/**
 * The demo's funnel in figures, through the product itself: `npm run funnel -- --seeds 1-3 [--out models/funnel.jsonl]`. Prints the
 * tables of docs/results.md; none of the seeds is dropped. What is made already is reused, so it can be interrupted and started again.
 */
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { funnelTables, type FunnelRow } from '../cli/pages/funnel-table.js';
import { ROOT } from '../cli/root.js';
import { canonicalJson } from '../core/canonical-json.js';
import type { Plan } from '../core/plan.js';
import { openStore } from '../store/store.js';
import { funnelRow } from './funnel-row.js';
import { planSeed, runPlans } from './run-plans.js';
import { parseSeeds } from './seed-list.js';

const say = (text: string): void => void process.stderr.write(`funnel: ${text}\n`);
const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1-3' },
    home: { type: 'string', default: '.stagewright/funnel' },
    out: { type: 'string' },
  },
});
const home = resolve(ROOT, values.home);
const plans: Plan[] = [];
for (const seed of parseSeeds(values.seeds)) plans.push(await planSeed('digits-staged', seed));
await runPlans(plans, home, say);

const store = await openStore(join(home, 'store'), { create: false });
const rows: FunnelRow[] = [];
for (const plan of plans) rows.push(await funnelRow(store, plan));
if (values.out !== undefined) writeFileSync(resolve(values.out), rows.map((row) => `${canonicalJson(row)}\n`).join(''));
process.stdout.write(`${funnelTables(rows)}\n`);
