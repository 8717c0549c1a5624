import { mergeConfig } from 'vitest/config';
import base from './vitest.config.ts';

/** What `npm test` tries on a sample, tried on everything. */
export default mergeConfig(
  { ...base, test: { ...base.test, include: [], exclude: [] } },
  { test: { include: ['test/**/*.long.test.ts'], testTimeout: 3_600_000 } },
);
