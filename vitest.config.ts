import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/** Of the client's tests, those that have something to do with the SDK, and can do without what younger ones brought. */
const onSdkFloor = [
  'altered-calls',
  'client-dynamodb',
  'deferred-stack',
  'exports',
  'in-process',
  'lib-dynamodb',
  'lost-answers',
  'sdk-floor',
  'send-forms',
  'streams',
  'third-party/sdk-walks',
  'warm',
];

export default defineConfig({
  test: {
    setupFiles: ['./test/support/fixed-seeds.ts'],
    // Every test file runs in a process of its own: many open sockets and LMDB environments, and one that crashes takes
    // only itself down. Two at a time, as the smallest machine we run on has two cores.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 30_000,
    teardownTimeout: 10_000,
    reporters: ['default', './test/support/summary-reporter.ts'],
    projects: [
      {
        extends: true,
        test: { name: 'main', include: ['test/**/*.test.ts'], exclude: ['test/client/sdk-floor.test.ts'] },
      },
      {
        extends: true,
        test: { name: 'sdk-floor', include: onSdkFloor.map((name) => `test/client/${name}.test.ts`) },
        resolve: {
          alias: [
            {
              find: /^@aws-sdk\/(client-dynamodb|client-dynamodb-streams|lib-dynamodb)$/,
              replacement: join(import.meta.dirname, 'sdk-floor/node_modules/@aws-sdk/$1/dist-cjs/index.js'),
            },
          ],
        },
      },
    ],
  },
});
