import { expect, it } from 'vitest';
import { parseNodeLimits } from '../../src/start/node-limits.ts';

const unset = { manifestPath: undefined, shutdown: { total: 0, critical: 0 } };

it.each([
  [{}, { maxPods: 110, allowedUnsafeSysctls: [] }],
  [{ 'max-pods': '7' }, { maxPods: 7, allowedUnsafeSysctls: [] }],
  [
    { 'allowed-unsafe-sysctls': 'kernel.msg*,net.core.somaxconn' },
    { maxPods: 110, allowedUnsafeSysctls: ['kernel.msg*', 'net.core.somaxconn'] },
  ],
  [{ 'pod-manifest-path': '/etc/../etc/pods' }, { manifestPath: '/etc/pods' }],
  [{ 'shutdown-grace-period': '1m30s' }, { shutdown: { total: 90_000, critical: 0 } }],
  [
    { 'shutdown-grace-period': '30s', 'shutdown-grace-period-critical-pods': '10s' },
    { shutdown: { total: 30_000, critical: 10_000 } },
  ],
])('%j is %j', (values, limits) =>
  expect(parseNodeLimits(values)).toEqual({ maxPods: 110, allowedUnsafeSysctls: [], ...unset, ...limits }),
);

it.each([
  [{ 'max-pods': '-1' }, '--max-pods: -1 is not a number of pods'],
  [{ 'max-pods': 'many' }, '--max-pods: many is not a number of pods'],
  [{ 'allowed-unsafe-sysctls': 'vm.swappiness' }, 'are not known to be namespaced'],
  [{ 'shutdown-grace-period': 'soon' }, '--shutdown-grace-period: "soon" is not a duration'],
  [{ 'shutdown-grace-period': '10ms' }, '--shutdown-grace-period: 10ms is neither 0s nor at least 1s'],
  [{ 'shutdown-grace-period-critical-pods': '10s' }, 'must not be longer than --shutdown-grace-period'],
  [{ 'allowed-unsafe-sysctls': 'a b' }, 'is not the name of a sysctl'],
])('%j is refused', (values, why) => expect(() => parseNodeLimits(values)).toThrow(why));
