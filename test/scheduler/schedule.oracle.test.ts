import { describe, it } from 'vitest';
import { compareWithOracle } from './oracle/compare.ts';

describe('schedule', () => {
  it('says of random clusters what the rules say', () => compareWithOracle(0, 1000));
  it('says it still behind a preemption that was looked for beside pods that wait', () =>
    compareWithOracle(8855, 8856));
});
