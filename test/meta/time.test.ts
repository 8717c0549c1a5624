import { describe, expect, test } from 'vitest';
import { formatDuration, parseDuration } from '../../src/go/duration.ts';
import { humanDuration } from '../../src/meta/duration.ts';
import { canonicalMicroTime, canonicalTime, formatMicroTime, formatTime } from '../../src/meta/time.ts';
import { compileJsonPath } from '../../src/meta/json-path.ts';
import { generateName } from '../../src/meta/names-generate.ts';
import { canonicalJson } from '../../src/meta/canonical-json.ts';
import { fnv32a } from '../../src/go/fnv.ts';

describe('times', () => {
  test.each([
    ['2024-01-01T00:00:00Z', '2024-01-01T00:00:00Z'],
    ['2024-01-01T02:00:00+02:00', '2024-01-01T00:00:00Z'],
    ['2024-02-29T00:00:00.999Z', '2024-02-29T00:00:00Z'],
  ])('%s is written as %s', (text, canonical) => expect(canonicalTime(text)).toBe(canonical));
  test.each([
    ['yesterday', 'parsing time "yesterday" as "2006-01-02T15:04:05Z07:00": cannot parse "yesterday" as "2006"'],
    ['2024-13-01T00:00:00Z', 'parsing time "2024-13-01T00:00:00Z": month out of range'],
    ['2023-02-29T00:00:00Z', 'parsing time "2023-02-29T00:00:00Z": day out of range'],
    ['2024-01-01', 'parsing time "2024-01-01" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "T"'],
  ])('%s is refused', (text, why) => expect(() => canonicalTime(text)).toThrow(why));
  test('micro times keep six digits', () => {
    expect(canonicalMicroTime('2024-01-01T00:00:00.123456Z')).toBe('2024-01-01T00:00:00.123456Z');
    expect(() => canonicalMicroTime('2024-01-01T00:00:00Z')).toThrow('cannot parse "Z" as ".000000"');
    expect([formatTime(1234), formatMicroTime(1234.5)]).toEqual([
      '1970-01-01T00:00:01Z',
      '1970-01-01T00:00:01.234500Z',
    ]);
  });
});

describe('durations', () => {
  test.each([
    [3_600_000, '1h0m0s'],
    [1500, '1.5s'],
    [90_000, '1m30s'],
    [0, '0s'],
    [100, '100ms'],
    [-1000, '-1s'],
  ])('%d is %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
    expect(parseDuration(text)).toBe(ms);
  });
  test.each([
    [5, '5s'],
    [119, '119s'],
    [192, '3m12s'],
    [180, '3m'],
    [3600, '60m'],
    [4 * 3600 + 60, '4h1m'],
    [47 * 3600, '47h'],
    [51 * 3600, '2d3h'],
    [30 * 86400, '30d'],
    [365 * 3 * 86400 + 20 * 86400, '3y20d'],
    [-1, '0s'],
    [-5, '<invalid>'],
  ])('an age of %d s is shown as %s', (seconds, text) => expect(humanDuration(seconds * 1000)).toBe(text));
});

test('JSON paths find what the columns of custom resources need', () => {
  const object = {
    spec: { a: [{ b: 1 }, { b: 2 }], 'x.y': 'z' },
    status: { conditions: [{ type: 'Ready', status: 'True' }] },
  };
  const find = (path: string, left = 100): unknown => compileJsonPath(path)(object, { left });
  expect(find('.spec.a[1].b')).toBe(2);
  expect(find(".spec['x.y']")).toBe('z');
  expect(find('.spec.x\\.y')).toBe('z');
  expect(find('.spec.a[*].b')).toBe(1);
  expect(find('.status.conditions[?(@.type=="Ready")].status')).toBe('True');
  expect(find('..b')).toBe(1);
  expect(find('.spec.a[1:].b')).toBe(2);
  expect(find('.spec.a[-1].b')).toBe(2);
  expect(find('..conditions[*].status')).toBe('True');
  expect(find('.nothing.here')).toBeUndefined();
  expect(find('..nothing', 5)).toBeUndefined();
});

test('generated names are cut and safe; hashes depend on the value alone', () => {
  expect(generateName('x'.repeat(70), () => 0)).toBe(`${'x'.repeat(58)}bbbbb`);
  expect(canonicalJson({ a: 1, b: 2 })).toBe(canonicalJson({ b: 2, a: 1 }));
  expect(fnv32a(canonicalJson({ a: 1 }))).not.toBe(fnv32a(canonicalJson({ a: 2 })));
});
