import { expect, test } from 'vitest';
import type { Pod } from '../../../schema/types.ts';
import { PodTurns } from '../../../src/addons/cloud/autoscaler/pod-turns.ts';

const pod = (namespace: string, n: number): Pod =>
  ({ metadata: { namespace, name: `p${n}`, uid: `${namespace}${n}` } }) as Pod;
const uids = (pods: readonly Pod[]): string => pods.map(({ metadata }) => metadata.uid).join(' ');

test('pods of one namespace, however many, leave the others theirs, and have their turn one after the other', () => {
  const turns = new PodTurns(4);
  const many = Array.from({ length: 7 }, (_, n) => pod('a', n));
  const waiting = [...many, pod('z', 0)];
  expect(uids(turns.next(waiting))).toBe('a0 a1 a2 z0');
  expect(uids(turns.next(waiting))).toBe('a3 a4 a5 z0');
  expect(uids(turns.next(waiting))).toBe('a6 a0 a1 z0');
  // new ones are first in their own namespace alone
  expect(uids(turns.next([...waiting, pod('a', 8)]))).toBe('a8 a2 a3 z0');
  expect(uids(turns.next(many.slice(0, 3)))).toBe('a0 a1 a2');
});
