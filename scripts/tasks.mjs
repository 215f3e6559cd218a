/** What each npm script runs after the set-up: a list of Node command lines, in order, the first failure ends it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './root.mjs';

/** By cost: a broken pure test is known before a server is started. */
export const TIERS = ['pure', 'activity', 'bundle', 'replay', 'server'];

const cli = join(ROOT, 'dist', 'cli', 'main.js');
const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
const tier = (name, args) => [vitest, 'run', '--project', name, ...args];

export const TASKS = {
  stagewright: (args) => [[cli, ...args]],
  demo: (args) => [[cli, 'demo', ...args]],
  test: (args) => (args.length > 0 ? [[vitest, 'run', ...args]] : TIERS.map((name) => tier(name, []))),
  ...Object.fromEntries(TIERS.map((name) => [`test:${name}`, (args) => [tier(name, args)]])),
  setup: () => [],
};

const campaign = join(ROOT, 'dist', 'tests', 'campaign', 'main.js');
if (existsSync(join(ROOT, 'tests', 'campaign', 'main.ts'))) TASKS.campaign = (args) => [[campaign, ...args]];
