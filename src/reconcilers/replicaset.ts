import type { Reconciler } from '../control/contract.ts';
import { labelMatcher } from '../control/selector.ts';
import { replicasReconciler } from './replicas.ts';

/** Keeps the pods of a ReplicaSet: adopts and releases, creates in growing batches, deletes by rank. */
export const replicaset = (): Reconciler =>
  replicasReconciler({
    name: 'replicaset',
    resource: 'replicasets.apps',
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    selects: (set) => labelMatcher(set.spec?.selector),
  });
