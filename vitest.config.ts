/** Test tiers by cost, each its own project: `vitest run --project pure`. See scripts/tasks.mjs for the order. */
import { defineConfig } from 'vitest/config';

const tier = (name: string, limitSeconds: number, more: Record<string, unknown> = {}) => ({
  test: {
    name,
    include: [`tests/${name}/**/*.test.ts`],
    pool: 'forks' as const,
    testTimeout: limitSeconds * 1000,
    hookTimeout: limitSeconds * 1000,
    ...more,
  },
});

/**
 * Of the server tier: what kills, freezes or counts all runs of its server, and must not be disturbed by another file's load. Both
 * are `npm run test:server`.
 */
const ALONE = ['data-campaign', 'demo', 'faults-*', 'metrics', 'record-*', 'two-hosts'].map(
  (name) => `tests/server/${name}.test.ts`,
);

export default defineConfig({
  test: {
    projects: [
      tier('pure', 30),
      tier('activity', 120),
      tier('bundle', 120),
      tier('replay', 120),
      // One Temporal server for all files, given to them as `inject('temporalAddress')`; each file has queues and a store of its own.
      // Two at a time, since they wait more than they compute.
      tier('server', 300, {
        globalSetup: ['tests/support/temporal-server.ts'],
        exclude: ALONE,
        maxWorkers: 2,
        sequence: { groupOrder: 1 },
      }),
      tier('server-alone', 300, {
        globalSetup: ['tests/support/temporal-server.ts'],
        include: ALONE,
        fileParallelism: false,
        sequence: { groupOrder: 2 },
      }),
      // The package as npm packs it: installing it takes minutes.
      tier('pack', 900, { globalSetup: ['tests/support/temporal-server.ts'], fileParallelism: false }),
    ],
  },
});
