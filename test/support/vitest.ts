import { fileURLToPath } from 'node:url';
import { PATIENCE_MS, TEST_MS } from './patience.ts';

/** What all suites wait for at most. */
export const patient = { testTimeout: TEST_MS, hookTimeout: TEST_MS, expect: { poll: { timeout: PATIENCE_MS } } };

/** Packages import graphql by Node's rules; by Vite's own our sources would get a second instance of it. */
export const oneGraphQL = {
  alias: [{ find: /^graphql$/, replacement: fileURLToPath(import.meta.resolve('graphql')) }],
};
