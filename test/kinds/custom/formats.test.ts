import { describe, expect, test } from 'vitest';
import { formatCheck } from '../../../src/kinds/custom/formats.ts';
import { FORMATS } from './format-samples.ts';

describe.each(Object.entries(FORMATS))('%s', (format, { good, bad }) => {
  const check = formatCheck(format);

  test('takes what Kubernetes takes', () => {
    expect(good.filter((text) => !check?.(text))).toEqual([]);
  });
  test('refuses what Kubernetes refuses', () => {
    expect(bad.filter((text) => check?.(text))).toEqual([]);
  });
});

test('dashes in the name of a format mean nothing', () => {
  expect(formatCheck('date-time')).toBe(formatCheck('datetime'));
  expect(formatCheck('k8s-long-name')).toBe(formatCheck('k8slongname'));
  expect(formatCheck('u-u-i-d')).toBe(formatCheck('uuid'));
});

test.each(['int32', 'int64', 'float', 'double', 'toString', '', undefined])('nobody checks the format %s', (format) => {
  expect(formatCheck(format)).toBeUndefined();
});

test.each([
  ['duration', '1'.repeat(200_000)],
  ['duration', `1${' '.repeat(200_000)}`],
  ['email', `${'a.'.repeat(100_000)}`],
  ['email', '('.repeat(200_000)],
  ['ipv4', '0'.repeat(200_000)],
  ['hostname', 'a-'.repeat(100_000)],
  ['rgbcolor', `rgb(${' '.repeat(200_000)}`],
  ['byte', 'aaaa'.repeat(50_000)],
])('%s takes a long text in no time', (format, text) => {
  const begun = performance.now();
  formatCheck(format)?.(`${text}§`);
  expect(performance.now() - begun).toBeLessThan(1000);
});
