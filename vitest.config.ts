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

export default defineConfig({
  test: {
    passWithNoTests: true,
    projects: [
      tier('pure', 30),
      tier('activity', 120),
      tier('bundle', 120),
      tier('replay', 120),
      // One Temporal server for all files, given to them as `inject('temporalAddress')`; files one after another: they share two cores.
      tier('server', 300, { globalSetup: ['tests/support/temporal-server.ts'], fileParallelism: false }),
      // The package as npm packs it: installing it takes minutes.
      tier('pack', 900, { globalSetup: ['tests/support/temporal-server.ts'], fileParallelism: false }),
    ],
  },
});
