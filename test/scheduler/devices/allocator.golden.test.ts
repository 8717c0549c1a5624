import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { DeviceClass, Node, ResourceResourceClaim, ResourceSlice } from '../../../schema/types.ts';
import { Allocator } from '../../../src/scheduler/devices/allocator.ts';

/**
 * What the published allocator (k8s.io/dynamic-resource-allocation v0.35, the features that are on by default) has
 * answered for random devices and claims. It goes through pools in no order, so of some there are several answers.
 */
interface Recorded {
  node: Node;
  slices: ResourceSlice[];
  classes?: DeviceClass[];
  claims: ResourceResourceClaim[];
  /** ids of devices that others have */
  taken?: string[];
  /** allocations, or why there are none; after `!` why there are none on any node */
  answers: unknown[];
}
const cases = JSON.parse(
  readFileSync(new URL('../../golden/device-allocations.json', import.meta.url), 'utf8'),
) as Recorded[];

function allocate({ node, slices, classes = [], claims, taken = [] }: Recorded): unknown {
  const allocator = new Allocator(claims, {
    deviceClass: (name) => classes.find(({ metadata }) => metadata.name === name),
    isTaken: (device) => taken.includes(device),
    slicesOn: (name) => slices.filter(({ spec }) => !spec.nodeName || spec.nodeName === name),
    slicesOf: (driver, pool) => slices.filter(({ spec }) => spec.driver === driver && spec.pool.name === pool),
  });
  const found = allocator.allocate(node);
  return Array.isArray(found) ? found : `${found.fatal ? '!' : ''}${found.reasons.join()}`;
}

it.each(cases.map((recorded, i) => [i, recorded] as const))('allocates devices as published: %i', (_, recorded) => {
  const answer = allocate(recorded);
  const { answers } = recorded;
  // which of the pools is first is chance, for us too
  if (answers.length > 1) expect(answers).toContainEqual(answer);
  else expect(answer).toEqual(answers[0]);
});

it('tries each set of devices once, so that what has no solution is told in time', () => {
  const spec = { driver: 'd.example.com', pool: { name: 'p', generation: 1, resourceSliceCount: 1 }, allNodes: true };
  const devices = Array.from({ length: 9 }, (_, i) => ({ name: `d${i}` }));
  const asks = (name: string, count: number, more: object = {}) => ({
    name,
    exactly: { deviceClassName: 'any', allocationMode: 'ExactCount', count, ...more },
  });
  const recorded = {
    node: { metadata: { name: 'n1' } },
    slices: [{ metadata: { name: 's' }, spec: { ...spec, devices } }],
    classes: [{ metadata: { name: 'any' }, spec: {} }],
    claims: [
      { metadata: { name: 'c', namespace: 'a' }, spec: { devices: { requests: [asks('r', 5), asks('s', 5)] } } },
    ],
    answers: [],
  } as unknown as Recorded;
  expect(allocate(recorded)).toBe('cannot allocate all claims');
});
