import { expect, test } from 'vitest';
import type { Container } from '../../../schema/types.ts';
import { resourceValue } from '../../../src/nodes/pods/field-value.ts';

const container: Container = {
  name: 'c',
  resources: { limits: { cpu: '250m', memory: '1Gi' }, requests: { cpu: '0.1', memory: '1500Ki' } },
};
const facts = { podIPs: [], hostIP: '', allocatable: { cpu: '4', memory: '8Gi', 'ephemeral-storage': '10Gi' } };

test.each([
  ['limits.cpu', undefined, '1'],
  ['limits.cpu', '0', '1'],
  ['limits.cpu', '1m', '250'],
  ['requests.cpu', '1m', '100'],
  ['requests.cpu', '30m', '4'],
  ['limits.memory', undefined, '1073741824'],
  ['limits.memory', '1Mi', '1024'],
  ['requests.memory', '1Mi', '2'],
  ['limits.ephemeral-storage', '1Gi', '10'],
  ['requests.ephemeral-storage', '1Gi', '0'],
  ['spec.cpu', undefined, undefined],
])('%s by %s is %s', (resource, divisor, expected) => {
  expect(resourceValue(container, resource, divisor, facts)).toBe(expected);
});
