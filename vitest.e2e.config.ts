import { defineConfig } from 'vitest/config';
import { patient } from './test/support/vitest.ts';

const files = (...names: string[]): string[] => names.map((name) => `test/e2e/${name}.test.ts`);

/** What starts agents that change the machine (links, rules, cgroups, ports 80 and 443): one at a time. */
const NODES = files(
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
  'roles',
  'shop',
  'shopfront',
  'side-by-side',
  'storage',
);
/** Chromium drops its requests (ERR_NETWORK_CHANGED) when links come and go: not beside those. */
const BROWSER = files(
  'dashboard',
  'dashboard-access',
  'dashboard-axe',
  'dashboard-hostile',
  'dashboard-keyboard',
  'dashboard-work',
  'graphiql',
  'graphql-client',
);

const common = { ...patient, fileParallelism: false };

/** One file after the other in each part; a run of `nodes` may stand beside one of `server` (`--project`). */
export default defineConfig({
  test: {
    globalSetup: ['test/e2e/support/build.ts'],
    projects: [
      { test: { ...common, name: 'nodes', include: NODES } },
      { test: { ...common, name: 'browser', include: BROWSER } },
      {
        test: {
          ...common,
          name: 'server',
          include: ['test/e2e/**/*.test.ts', 'test/golden/golden.test.ts'],
          exclude: [...NODES, ...BROWSER],
        },
      },
    ],
  },
});
