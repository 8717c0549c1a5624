import { defineConfig } from 'vitest/config';
import { PATIENCE_MS, TEST_MS } from './test/support/patience.ts';

export default defineConfig({
  test: {
    include: ['test/e2e/**/*.test.ts', 'test/golden/golden.test.ts'],
    globalSetup: ['test/e2e/support/build.ts'],
    testTimeout: TEST_MS,
    hookTimeout: TEST_MS,
    expect: { poll: { timeout: PATIENCE_MS } },
    fileParallelism: false,
  },
});
