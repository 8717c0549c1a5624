import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { PATIENCE_MS, TEST_MS } from './test/support/patience.ts';

export default defineConfig({
  // Packages import graphql by Node's rules; by Vite's own our sources would get a second instance of it.
  resolve: { alias: [{ find: /^graphql$/, replacement: fileURLToPath(import.meta.resolve('graphql')) }] },
  test: {
    include: ['test/**/*.test.ts'],
    exclude: [
      'test/e2e/**',
      'test/security/**',
      'test/bench/**',
      'test/golden/golden.test.ts',
      'test/**/*.long.test.ts',
    ],
    globalSetup: ['test/support/postgres.ts'],
    testTimeout: TEST_MS,
    hookTimeout: TEST_MS,
    expect: { poll: { timeout: PATIENCE_MS } },
    maxWorkers: 2,
    // Files of a worker share what they import: half of the time was importing. What a test changes of a module, of the
    // environment or of the clock it puts back.
    isolate: false,
  },
});
