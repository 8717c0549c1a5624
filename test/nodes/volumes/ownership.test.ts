import { expect, it } from 'vitest';
import type { Pod, PodSecurityContext } from '../../../schema/types.ts';
import { ownershipOf } from '../../../src/nodes/volumes/ownership.ts';

it.each<[PodSecurityContext | undefined, object | undefined]>([
  [undefined, undefined],
  [{ runAsGroup: 5 }, undefined],
  [{ fsGroup: 5 }, { group: 5, policy: 'Always', readOnly: true }],
  [
    { fsGroup: 5, fsGroupChangePolicy: 'OnRootMismatch' },
    { group: 5, policy: 'OnRootMismatch', readOnly: true },
  ],
])('volumes of a pod with %j are given so: %j', (securityContext, wanted) => {
  const spec = { containers: [{ name: 'c' }], ...(securityContext && { securityContext }) };
  expect(ownershipOf({ spec } as Pod, true)).toEqual(wanted);
});
