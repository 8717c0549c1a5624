import type { Reconciler } from '../control/contract.ts';
import { mapMatcher } from '../control/selector.ts';
import { replicasReconciler } from './replicas.ts';

/** The same for the older kind, whose selector is a plain map. */
export const replicationcontroller = (): Reconciler =>
  replicasReconciler({
    name: 'replication',
    resource: 'replicationcontrollers',
    apiVersion: 'v1',
    kind: 'ReplicationController',
    selects: (set) => mapMatcher(set.spec?.selector),
  });
