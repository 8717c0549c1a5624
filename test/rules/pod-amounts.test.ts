import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { quantityMilli, quantityValue, type Quantity } from '../../src/meta/quantity.ts';
import { containerAmounts, exact, podAmounts, rounded } from '../../src/rules/pod-amounts.ts';
import { qosClass } from '../../src/rules/qos-class.ts';
import { formatAmounts } from './format-amounts.ts';

type Lists = { requests?: Record<string, string>; limits?: Record<string, string> };
const container = (name: string, resources: Lists = {}, restartPolicy?: 'Always') => ({
  name,
  resources,
  ...(restartPolicy && { restartPolicy }),
});
const cpu = (amount: string): Lists => ({ requests: { cpu: amount }, limits: { cpu: amount } });

describe('what a pod needs', () => {
  test.each([
    ['the sum of its containers', { containers: [container('a', cpu('1')), container('b', cpu('2'))] }, '3', '3'],
    [
      'its largest init container, where that is more',
      { containers: [container('a', cpu('1'))], initContainers: [container('i', cpu('5')), container('j', cpu('4'))] },
      '5',
      '5',
    ],
    [
      'its sidecars as well',
      { containers: [container('a', cpu('1'))], initContainers: [container('s', cpu('2'), 'Always')] },
      '3',
      '3',
    ],
    [
      'an init container next to the sidecars before it',
      {
        containers: [container('a', cpu('1'))],
        initContainers: [
          container('i', cpu('3')),
          container('s', cpu('2'), 'Always'),
          container('j', cpu('4')),
          container('t', cpu('1'), 'Always'),
        ],
      },
      '6',
      '6',
    ],
    [
      'its own amounts in place of the sum',
      { containers: [container('a', cpu('1'))], resources: { requests: { cpu: '2' } } },
      '2',
      '1',
    ],
    [
      'nothing of what a pod may not ask for itself',
      { containers: [container('a', cpu('1'))], resources: { requests: { 'ephemeral-storage': '1Gi' } } },
      '1',
      '1',
    ],
    ['the overhead too', { containers: [container('a', cpu('1'))], overhead: { cpu: '250m' } }, '1250m', '1250m'],
    [
      'the overhead alone, and no limit from it',
      { containers: [container('a')], overhead: { cpu: '250m' } },
      '250m',
      undefined,
    ],
    [
      'no overhead on a limit of zero',
      { containers: [container('a', { limits: { cpu: '0' } })], overhead: { cpu: '250m' } },
      '250m',
      '0',
    ],
  ])('is %s', (_name, spec, requests, limits) => {
    expect(formatAmounts(podAmounts(spec, 'requests', exact))['cpu']).toBe(requests);
    expect(formatAmounts(podAmounts(spec, 'limits', exact))['cpu']).toBe(limits);
  });

  test('can be told without the overhead', () => {
    const spec = { containers: [container('a', cpu('1'))], overhead: { cpu: '250m' } };
    expect(formatAmounts(podAmounts(spec, 'requests', exact, { overhead: false }))).toEqual({ cpu: '1' });
  });

  test('counts something for containers that say nothing, where that is asked', () => {
    const spec = { containers: [container('a', cpu('1')), container('b')] };
    expect(podAmounts(spec, 'requests', rounded, { missing: { cpu: 100, memory: 200 } })).toEqual({
      cpu: 1100,
      memory: 400,
    });
  });
});

const whole = fc.nat(1_000_000);
const lists = fc.record({
  requests: fc.record({ cpu: whole.map((n) => `${n}m`), memory: whole.map((n) => `${n}Ki`) }, { requiredKeys: [] }),
  limits: fc.record({ cpu: whole.map((n) => `${n}m`), memory: whole.map(String) }, { requiredKeys: [] }),
});
const plain = fc.record({ name: fc.constant('c'), resources: lists });
const init = fc.record(
  { name: fc.constant('i'), resources: lists, restartPolicy: fc.constant('Always') },
  { requiredKeys: ['name', 'resources'] },
);
const spec = fc.record({
  containers: fc.array(plain, { maxLength: 4 }),
  initContainers: fc.array(init, { maxLength: 4 }),
});
const SIDES = ['requests', 'limits'] as const;

describe('laws', () => {
  test('numbers agree with exact quantities', () => {
    fc.assert(
      fc.property(spec, fc.constantFrom(...SIDES), (pod, side) => {
        const numbers = podAmounts(pod, side, rounded);
        const exactly = podAmounts(pod, side, exact);
        const read = (name: string, amount: Quantity) => (name === 'cpu' ? quantityMilli : quantityValue)(amount);
        expect(numbers).toEqual(
          Object.fromEntries(Object.entries(exactly).map(([name, amount]) => [name, read(name, amount)])),
        );
      }),
    );
  });

  test('another container adds what it asks for, or nothing where initialisation needs more anyway', () => {
    fc.assert(
      fc.property(spec, plain, fc.constantFrom(...SIDES), (pod, more, side) => {
        const before = containerAmounts(pod, side, rounded);
        const alone = containerAmounts({ containers: [more] }, side, rounded);
        const after = containerAmounts({ ...pod, containers: [...pod.containers, more] }, side, rounded);
        for (const name in after) {
          const [had, gets] = [before[name] ?? 0, alone[name] ?? 0];
          expect(after[name]).toBeGreaterThanOrEqual(Math.max(had, gets));
          expect(after[name]).toBeLessThanOrEqual(had + gets);
          if (pod.initContainers.length === 0) expect(after[name]).toBe(had + gets);
        }
      }),
    );
  });

  test('the class agrees with the sums', () => {
    fc.assert(
      fc.property(spec, (pod) => {
        const [requests, limits] = SIDES.map((side) => podAmounts(pod, side, rounded));
        const nothing = ['cpu', 'memory'].every((name) => !requests![name] && !limits![name]);
        const found = qosClass(pod);
        expect(found === 'BestEffort').toBe(nothing);
        const same = ['cpu', 'memory'].every((name) => limits![name]! > 0 && requests![name] === limits![name]);
        if (found === 'Guaranteed' && pod.initContainers.length === 0) expect(same).toBe(true);
      }),
    );
  });
});
