import { describe, it } from 'vitest';
import { compareWithOracle } from './oracle/compare.ts';

describe('schedule', () => {
  it('says of random clusters what the rules say', () => compareWithOracle(0, 1000));
});
