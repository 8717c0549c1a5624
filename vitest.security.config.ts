import { defineConfig } from 'vitest/config';
import { oneGraphQL, patient } from './test/support/vitest.ts';

/** What starts agents that change the machine: not beside others that do. */
const NODES = ['test/security/rights.test.ts'];

const common = { ...patient, fileParallelism: false };

/** Attacks on a server as `npm start` runs it, and what it answers. */
export default defineConfig({
  test: {
    globalSetup: ['test/e2e/support/build.ts'],
    projects: [
      { resolve: oneGraphQL, test: { ...common, name: 'nodes', include: NODES } },
      {
        resolve: oneGraphQL,
        test: { ...common, name: 'server', include: ['test/security/**/*.test.ts'], exclude: NODES },
      },
    ],
  },
});
