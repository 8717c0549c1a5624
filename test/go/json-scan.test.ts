import { describe, expect, it } from 'vitest';
import { scanJson } from '../../src/go/json-scan.ts';

describe('the scan of a JSON text', () => {
  it.each([
    ['{}', { keys: 0, depth: 1, values: 1, odd: false }],
    ['[1,2,[3]]', { keys: 0, depth: 2, values: 3, odd: false }],
    ['{"a":1,"b":{"c":[]}}', { keys: 3, depth: 3, values: 5, odd: false }],
    ['{"a:,[{":"\\":,[{"}', { keys: 1, depth: 1, values: 2, odd: false }],
    ['[1.0]', { keys: 0, depth: 1, values: 1, odd: true }],
    ['[12345678901234567890]', { keys: 0, depth: 1, values: 1, odd: true }],
    // no JSON: what is too much is known before that is
    ['[[[', { keys: 0, depth: 3, values: 1, odd: false }],
    ['{"a', { keys: 0, depth: 1, values: 1, odd: false }],
  ])('%s', (text, found) => expect(scanJson(text)).toEqual(found));
});
