import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['./test/support/fixed-seeds.ts'],
    // Every test file runs in a process of its own: many open sockets and LMDB environments, and one that crashes takes
    // only itself down. Two at a time, as the smallest machine we run on has two cores.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 30_000,
    teardownTimeout: 10_000,
    reporters: ['default', './test/support/summary-reporter.ts'],
  },
});
