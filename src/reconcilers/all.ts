import type { Reconciler } from '../control/contract.ts';
import { clusterroleaggregation } from './clusterroleaggregation.ts';
import { deployment } from './deployment.ts';
import { endpoints } from './endpoints.ts';
import { endpointslice } from './endpointslice.ts';
import { endpointslicemirroring } from './endpointslicemirroring.ts';
import { garbagecollector } from './garbagecollector.ts';
import { namespace } from './namespace.ts';
import { podgc } from './podgc.ts';
import { replicaset } from './replicaset.ts';
import { replicationcontroller } from './replicationcontroller.ts';
import { rootCa } from './rootca.ts';
import { serviceaccount } from './serviceaccount.ts';

export interface ReconcilersOptions {
  /** PEM of the CA that signed the API server's certificate; without it no kube-root-ca.crt is published */
  ca?: string;
}

/** Every controller, by name. New objects each time: two runs in one process share nothing. */
export function allReconcilers({ ca }: ReconcilersOptions = {}): Readonly<Record<string, Reconciler>> {
  return {
    clusterroleaggregation,
    deployment,
    endpoints,
    endpointslice,
    endpointslicemirroring,
    garbagecollector: garbagecollector(),
    namespace,
    podgc: podgc(),
    replicaset: replicaset(),
    replicationcontroller: replicationcontroller(),
    ...(ca !== undefined && { rootCa: rootCa(ca) }),
    serviceaccount,
  };
}
