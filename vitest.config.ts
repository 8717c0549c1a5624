import { defineConfig } from 'vitest/config';
import { oneGraphQL, patient } from './test/support/vitest.ts';

export default defineConfig({
  resolve: oneGraphQL,
  test: {
    ...patient,
    include: ['test/**/*.test.ts'],
    exclude: [
      'test/e2e/**',
      'test/security/**',
      'test/bench/**',
      'test/golden/golden.test.ts',
      'test/**/*.long.test.ts',
    ],
    globalSetup: ['test/support/postgres.ts'],
    maxWorkers: 2,
    // Files of a worker share what they import: half of the time was importing. What a test changes of a module, of the
    // environment or of the clock it puts back.
    isolate: false,
  },
});
