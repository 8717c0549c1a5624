import { expect, test } from 'vitest';
import { runtimeConfig } from '../../src/start/runtime-config.ts';

const MIGRATION = 'storagemigration.k8s.io/v1beta1';

test.each<[string[], string[]]>([
  [[], []],
  [[''], []],
  [[`${MIGRATION}=true`], [MIGRATION]],
  [[MIGRATION], [MIGRATION]],
  [[`${MIGRATION}=true,${MIGRATION}=false`], []],
  [['api/all=true'], [MIGRATION]],
  [['api/beta', `${MIGRATION}=false`], []],
  // there in any case, or in no case
  [['apps/v1=false', 'api/ga=false', 'resource.k8s.io/v1alpha3=true', 'internal.apiserver.k8s.io/v1alpha1'], []],
])('%j serves %j', (lists, served) => {
  expect(runtimeConfig(lists)).toEqual(expect.arrayContaining(served));
  expect(runtimeConfig(lists).includes(MIGRATION)).toBe(served.includes(MIGRATION));
});

test.each([
  ['foo/v1=true', 'unknown api groups foo'],
  ['apps/v1=yes', 'invalid value apps/v1=yes'],
])('%s is refused', (list, why) => {
  expect(() => runtimeConfig([list])).toThrow(why);
});
