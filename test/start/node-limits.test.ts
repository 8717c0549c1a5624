import { expect, it } from 'vitest';
import { parseNodeLimits } from '../../src/start/node-limits.ts';

it.each([
  [{}, { maxPods: 110, allowedUnsafeSysctls: [] }],
  [{ 'max-pods': '7' }, { maxPods: 7, allowedUnsafeSysctls: [] }],
  [
    { 'allowed-unsafe-sysctls': 'kernel.msg*,net.core.somaxconn' },
    { maxPods: 110, allowedUnsafeSysctls: ['kernel.msg*', 'net.core.somaxconn'] },
  ],
])('%j is %j', (values, limits) => expect(parseNodeLimits(values)).toEqual(limits));

it.each([
  [{ 'max-pods': '-1' }, '--max-pods: -1 is not a number of pods'],
  [{ 'max-pods': 'many' }, '--max-pods: many is not a number of pods'],
  [{ 'allowed-unsafe-sysctls': 'vm.swappiness' }, 'are not known to be namespaced'],
  [{ 'allowed-unsafe-sysctls': 'a b' }, 'is not the name of a sysctl'],
])('%j is refused', (values, why) => expect(() => parseNodeLimits(values)).toThrow(why));
