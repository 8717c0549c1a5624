import { expect, test } from 'vitest';
import { runtimeConfig } from '../../src/start/runtime-config.ts';

const MIGRATION = 'storagemigration.k8s.io/v1beta1';

test.each<[string[], string[]]>([
  [[], []],
  [[''], []],
  [[`${MIGRATION}=true`], [MIGRATION]],
  [[MIGRATION], [MIGRATION]],
  [[`${MIGRATION}=true,${MIGRATION}=false`], []],
  [['api/all=true'], [MIGRATION, 'admissionregistration.k8s.io/v1beta1']],
  [['admissionregistration.k8s.io/v1beta1'], ['admissionregistration.k8s.io/v1beta1']],
  [['api/beta', `${MIGRATION}=false`], []],
  // what is said of one goes before what is said of many, wherever it stands
  [[`${MIGRATION}=false`, 'api/beta'], []],
  [[`${MIGRATION}=true,api/beta=false,api/all=false`], [MIGRATION]],
  [['api/beta=false,api/all=true'], []],
  [['api/all=false', 'api/beta=true'], [MIGRATION]],
  [[` ${MIGRATION} = true `], [MIGRATION]],
  // there in any case, or in no case
  [['apps/v1=false', 'api/ga=false', 'resource.k8s.io/v1alpha3=true', 'internal.apiserver.k8s.io/v1alpha1'], []],
])('%j serves %j', (lists, served) => {
  expect(runtimeConfig(lists)).toEqual(expect.arrayContaining(served));
  expect(runtimeConfig(lists).includes(MIGRATION)).toBe(served.includes(MIGRATION));
});

test.each([
  ['foo/v1=true', 'unknown api groups foo'],
  ['foo/v1=true,apps/v1=true,bar/v1,foo/v2', 'unknown api groups foo,bar'],
  ['apps/v1=yes', 'invalid value apps/v1=yes'],
  ['apps/v1=', 'invalid value apps/v1='],
  ['apps/v1=true=false', 'invalid value apps/v1=true=false'],
  ['storagemigration.k8s.io', 'invalid key storagemigration.k8s.io'],
  ['=true', 'invalid key '],
  [' ', 'invalid key '],
  ['apps/v1/deployments/scale', 'invalid key apps/v1/deployments/scale'],
  ['__proto__/v1', 'unknown api groups __proto__'],
  ['apps\n/v1', 'unknown api groups apps\n'],
])('%s is refused', (list, why) => {
  expect(() => runtimeConfig([list])).toThrow(why);
});
