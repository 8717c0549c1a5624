import { expect, test } from 'vitest';
import { base64Problem, decodeRawUrl } from '../../src/go/base64.ts';

// answered by encoding/base64: StdEncoding and RawURLEncoding
test.each([
  ['YQ=', 3],
  ['YQ', 0],
  ['YWI', 0],
  ['a', 0],
  ['YQ==x', 4],
  ['Y!==', 1],
  ['YW=j', 2],
])('%j is no padded base64 from %d', (text, at) => expect(base64Problem(text)).toBe(at));

test.each<[string, string | number]>([
  ['YQ', 'a'],
  ['YWI', 'ab'],
  ['Y\nQ', 'a'],
  ['_-8', Buffer.from([0xff, 0xef]).toString('latin1')],
  ['YQ==', 2],
  ['YWJjZ', 4],
  ['Y+Q', 1],
])('%j as unpadded base64url', (text, expected) => {
  const found = decodeRawUrl(text);
  expect(typeof found === 'number' ? found : found.toString('latin1')).toBe(expected);
});
