import { defineConfig } from 'vitest/config';
import { PATIENCE_MS, TEST_MS } from './test/support/patience.ts';

/** What starts agents that change the machine (links, rules, cgroups, ports 80 and 443): one at a time. */
const NODES = [
  'agent-crashes',
  'clients',
  'cloud',
  'csi',
  'dns',
  'helm',
  'images',
  'kubectl',
  'kubectl-pods',
  'limits',
  'network-policy',
  'pull-crashes',
  'restarts',
  'shop',
  'shopfront',
  'side-by-side',
  'storage',
].map((name) => `test/e2e/${name}.test.ts`);

const common = {
  testTimeout: TEST_MS,
  hookTimeout: TEST_MS,
  expect: { poll: { timeout: PATIENCE_MS } },
  fileParallelism: false,
};

/** Two halves, one file after the other in each; a run of the one may stand beside a run of the other (`--project`). */
export default defineConfig({
  test: {
    globalSetup: ['test/e2e/support/build.ts'],
    projects: [
      { test: { ...common, name: 'nodes', include: NODES } },
      {
        test: {
          ...common,
          name: 'server',
          include: ['test/e2e/**/*.test.ts', 'test/golden/golden.test.ts'],
          exclude: NODES,
        },
      },
    ],
  },
});
