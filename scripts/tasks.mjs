/**
 * What each npm script runs after the set-up: a module in this process, or Node command lines in children, in order, of which the
 * first failure is the last.
 */
import { join } from 'node:path';
import { ROOT } from './root.mjs';

/** By cost: a broken pure test is known before a server is started. */
export const TIERS = ['pure', 'activity', 'bundle', 'replay', 'server', 'pack'];

const cli = join(ROOT, 'dist', 'cli', 'main.js');
const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
/** What must have the machine to itself is a project of its own (vitest.config.ts). */
const PROJECTS = { server: ['server', 'server-alone'] };
const tier = (name, args) => [
  ...[vitest, 'run'],
  ...(PROJECTS[name] ?? [name]).flatMap((project) => ['--project', project]),
  ...args,
];

export const TASKS = {
  stagewright: (args) => ({ module: [cli, ...args] }),
  demo: (args) => ({ module: [cli, 'demo', ...args] }),
  test: (args) => ({ steps: args.length > 0 ? [[vitest, 'run', ...args]] : TIERS.map((name) => tier(name, [])) }),
  ...Object.fromEntries(TIERS.map((name) => [`test:${name}`, (args) => ({ steps: [tier(name, args)] })])),
  // Python clients against `serve`: it installs packages, so it is no tier of `test`.
  'test:clients': (args) => ({ module: [join(ROOT, 'tests', 'clients', 'run.mjs'), ...args] }),
  campaign: (args) => ({ module: [join(ROOT, 'dist', 'campaign', 'main.js'), ...args] }),
  'data-campaign': (args) => ({ module: [join(ROOT, 'dist', 'campaign', 'data-main.js'), ...args] }),
  seeds: (args) => ({ module: [join(ROOT, 'dist', 'campaign', 'seeds.js'), ...args] }),
  coverage: (args) => ({ module: [join(ROOT, 'dist', 'campaign', 'coverage.js'), ...args] }),
  funnel: (args) => ({ module: [join(ROOT, 'dist', 'campaign', 'funnel.js'), ...args] }),
  bench: (args) => ({ steps: [[join(ROOT, 'bench', 'main.mjs'), ...args]] }),
  docs: (args) => ({ module: [join(ROOT, 'dist', 'cli', 'pages', 'main.js'), ...args] }),
  setup: () => ({}),
  pack: () => ({ module: [join(ROOT, 'scripts', 'pack.mjs')] }),
};
