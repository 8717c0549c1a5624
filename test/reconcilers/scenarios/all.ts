import type { Scenario } from '../../support/scenario.ts';
import { clusterroleaggregationScenario } from './clusterroleaggregation.ts';
import { cronjobScenario } from './cronjob.ts';
import { csrapprovingScenario } from './csrapproving.ts';
import { csrsigningScenario } from './csrsigning.ts';
import { daemonsetScenario } from './daemonset.ts';
import { deploymentScenario } from './deployment.ts';
import { disruptionScenario } from './disruption.ts';
import { endpointsScenario } from './endpoints.ts';
import { endpointsliceScenario } from './endpointslice.ts';
import { endpointslicemirroringScenario } from './endpointslicemirroring.ts';
import { garbagecollectorScenario } from './garbagecollector.ts';
import { horizontalpodautoscalerScenario } from './horizontalpodautoscaler.ts';
import { jobScenario } from './job.ts';
import { namespaceScenario } from './namespace.ts';
import { rootCaScenario, serviceaccountScenario } from './namespaced-defaults.ts';
import { nodelifecycleScenario } from './nodelifecycle.ts';
import { persistentvolumeScenario } from './persistentvolume.ts';
import { podgcScenario } from './podgc.ts';
import { replicasetScenario } from './replicaset.ts';
import { replicationcontrollerScenario } from './replicationcontroller.ts';
import { resourcequotaScenario } from './resourcequota.ts';
import { statefulsetScenario } from './statefulset.ts';
import { taintevictionScenario } from './tainteviction.ts';
import { ttlafterfinishedScenario } from './ttlafterfinished.ts';
import { pvcprotectionScenario, pvprotectionScenario } from './volumeprotection.ts';

/** Of every controller, by its name in src/reconcilers/all.ts. */
export const scenarios: Readonly<Record<string, Scenario>> = {
  clusterroleaggregation: clusterroleaggregationScenario,
  cronjob: cronjobScenario,
  csrapproving: csrapprovingScenario,
  csrsigning: csrsigningScenario,
  daemonset: daemonsetScenario,
  deployment: deploymentScenario,
  disruption: disruptionScenario,
  endpoints: endpointsScenario,
  endpointslice: endpointsliceScenario,
  endpointslicemirroring: endpointslicemirroringScenario,
  garbagecollector: garbagecollectorScenario,
  horizontalpodautoscaler: horizontalpodautoscalerScenario,
  job: jobScenario,
  namespace: namespaceScenario,
  nodelifecycle: nodelifecycleScenario,
  persistentvolume: persistentvolumeScenario,
  podgc: podgcScenario,
  pvcprotection: pvcprotectionScenario,
  pvprotection: pvprotectionScenario,
  replicaset: replicasetScenario,
  replicationcontroller: replicationcontrollerScenario,
  resourcequota: resourcequotaScenario,
  rootCa: rootCaScenario,
  serviceaccount: serviceaccountScenario,
  statefulset: statefulsetScenario,
  tainteviction: taintevictionScenario,
  ttlafterfinished: ttlafterfinishedScenario,
};
