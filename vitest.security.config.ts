import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { PATIENCE_MS, TEST_MS } from './test/support/patience.ts';

/** What starts agents that change the machine: not beside others that do. */
const NODES = ['test/security/rights.test.ts'];

const common = {
  testTimeout: TEST_MS,
  hookTimeout: TEST_MS,
  expect: { poll: { timeout: PATIENCE_MS } },
  fileParallelism: false,
};
// as in vitest.config.ts: what a test makes in its own process has one instance of it
const resolve = { alias: [{ find: /^graphql$/, replacement: fileURLToPath(import.meta.resolve('graphql')) }] };

/** Attacks on a server as `npm start` runs it, and what it answers. */
export default defineConfig({
  test: {
    globalSetup: ['test/e2e/support/build.ts'],
    projects: [
      { resolve, test: { ...common, name: 'nodes', include: NODES } },
      {
        resolve,
        test: { ...common, name: 'server', include: ['test/security/**/*.test.ts'], exclude: NODES },
      },
    ],
  },
});
