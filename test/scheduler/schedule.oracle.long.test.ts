import { describe, it } from 'vitest';
import { compareWithOracle } from './oracle/compare.ts';

describe('schedule', () => {
  it('says of many random clusters what the rules say', () => compareWithOracle(1000, 60_000));
});
