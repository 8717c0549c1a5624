import type { Reconciler } from '../control/contract.ts';
import { NODE_PORTS } from '../rules/node-ports.ts';
import { attachdetach } from './attachdetach.ts';
import { bootstrapsigner } from './bootstrapsigner.ts';
import { clusterroleaggregation } from './clusterroleaggregation.ts';
import { cronjob } from './cronjob.ts';
import { csrapproving } from './csrapproving.ts';
import { csrcleaner } from './csrcleaner.ts';
import { daemonset } from './daemonset.ts';
import { deployment } from './deployment.ts';
import { disruption } from './disruption.ts';
import { endpoints } from './endpoints.ts';
import { endpointslice } from './endpointslice.ts';
import { endpointslicemirroring } from './endpointslicemirroring.ts';
import { ephemeralvolume } from './ephemeralvolume.ts';
import { expand } from './expand.ts';
import { garbagecollector } from './garbagecollector.ts';
import { horizontalpodautoscaler } from './horizontalpodautoscaler.ts';
import { job } from './job.ts';
import { kubeletservingapproving } from './kubeletservingapproving.ts';
import { legacytokencleaner } from './legacytokencleaner.ts';
import { namespace } from './namespace.ts';
import { nodelifecycle } from './nodelifecycle.ts';
import { nodeipam, type NodeCidrs } from './nodeipam.ts';
import { persistentvolume } from './persistentvolume.ts';
import { podgc } from './podgc.ts';
import { replicaset } from './replicaset.ts';
import { replicationcontroller } from './replicationcontroller.ts';
import { resourceclaim } from './resourceclaim.ts';
import { resourcequota } from './resourcequota.ts';
import { rootCa } from './rootca.ts';
import { serviceaccount } from './serviceaccount.ts';
import { servicecidrs } from './servicecidrs.ts';
import { serviceiprepair } from './serviceiprepair.ts';
import { serviceportrepair } from './serviceportrepair.ts';
import { statefulset } from './statefulset.ts';
import { STORAGE_MIGRATION, storageversionmigrator } from './storageversionmigrator.ts';
import { tainteviction } from './tainteviction.ts';
import { tokencleaner } from './tokencleaner.ts';
import { ttl } from './ttl.ts';
import { ttlafterfinished } from './ttlafterfinished.ts';
import { validatingadmissionpolicystatus, type PolicyWarnings } from './validatingadmissionpolicystatus.ts';
import { pvcprotection, pvprotection, vacprotection } from './volumeprotection.ts';

export interface ReconcilersOptions {
  /** PEM of the CA that signed the API server's certificate; without it no kube-root-ca.crt is published */
  ca?: string;
  /** ms for which a token that was made by itself must have been of no use before it goes; undefined: a year */
  legacyTokenCleanUp?: number;
  /** ms between two looks at a HorizontalPodAutoscaler; 15 s when not said */
  autoscalerPeriod?: number;
  /** versions that are served beside those that always are (`storagemigration.k8s.io/v1beta1`); none when not said */
  optionalVersions?: readonly string[];
  /** the first and the last node port of Services; the usual ones when not said */
  nodePortRange?: readonly [number, number];
  /** ranges of the nodes' pods; without them nodes get none */
  nodeCidrs?: NodeCidrs;
  /** checks the expressions of policies; without it nobody does */
  policyWarnings?: PolicyWarnings;
}

/** Every controller, by name. What keeps something in memory is made anew each time: two runs share nothing. */
export function allReconcilers({
  ca,
  legacyTokenCleanUp,
  autoscalerPeriod,
  nodeCidrs,
  nodePortRange = NODE_PORTS,
  optionalVersions = [],
  policyWarnings,
}: ReconcilersOptions = {}): Readonly<Record<string, Reconciler>> {
  return {
    attachdetach: attachdetach(),
    bootstrapsigner,
    clusterroleaggregation,
    cronjob,
    csrapproving,
    csrcleaner,
    daemonset: daemonset(),
    deployment,
    disruption,
    endpoints,
    endpointslice: endpointslice(),
    endpointslicemirroring,
    ephemeralvolume,
    expand,
    garbagecollector: garbagecollector(),
    horizontalpodautoscaler: horizontalpodautoscaler(autoscalerPeriod),
    job: job(),
    kubeletservingapproving,
    legacytokencleaner: legacytokencleaner(legacyTokenCleanUp),
    namespace,
    ...(nodeCidrs && { nodeipam: nodeipam(nodeCidrs) }),
    nodelifecycle: nodelifecycle(),
    persistentvolume,
    podgc: podgc(),
    pvcprotection,
    pvprotection,
    replicaset: replicaset(),
    replicationcontroller: replicationcontroller(),
    resourceclaim: resourceclaim(),
    resourcequota,
    ...(ca !== undefined && { rootCa: rootCa(ca) }),
    serviceaccount,
    servicecidrs,
    serviceiprepair,
    serviceportrepair: serviceportrepair(nodePortRange),
    statefulset,
    ...(optionalVersions.includes(STORAGE_MIGRATION) && { storageversionmigrator }),
    tainteviction: tainteviction(),
    tokencleaner,
    ttl: ttl(),
    ttlafterfinished,
    vacprotection,
    ...(policyWarnings && { validatingadmissionpolicystatus: validatingadmissionpolicystatus(policyWarnings) }),
  };
}
