import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { PATIENCE_MS, TEST_MS } from './test/support/patience.ts';

/** Attacks on a server as `npm start` runs it, and what it answers. */
export default defineConfig({
  // as in vitest.config.ts: what a test makes in its own process has one instance of it
  resolve: { alias: [{ find: /^graphql$/, replacement: fileURLToPath(import.meta.resolve('graphql')) }] },
  test: {
    include: ['test/security/**/*.test.ts'],
    globalSetup: ['test/e2e/support/build.ts'],
    testTimeout: TEST_MS,
    hookTimeout: TEST_MS,
    expect: { poll: { timeout: PATIENCE_MS } },
    fileParallelism: false,
  },
});
