import { expect, test } from 'vitest';
import { isOfCluster } from '../../../src/api/history/of-cluster.ts';

test.each([
  ['ann', 'loop', true],
  ['system:node:node-1', 'rest', true],
  ['system:kube-scheduler', 'rest', true],
  ['system:serviceaccount:kube-system:deployment-controller', 'rest', true],
  ['system:apiserver', undefined, true],
  ['ann', 'rest', false],
  ['system:admin', 'graphql', false],
  ['system:serviceaccount:shop:operator', 'rest', false],
  ['system:kube-scheduler-of-mine', 'rest', false],
])('what %s writes over %s is of the cluster: %s', (user, facade, is) =>
  expect(isOfCluster({ user, ...(facade !== undefined && { facade }) })).toBe(is),
);
