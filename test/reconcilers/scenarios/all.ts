import type { Scenario } from '../../support/scenario.ts';
import { cronjobScenario } from './cronjob.ts';
import { daemonsetScenario } from './daemonset.ts';
import { deploymentScenario } from './deployment.ts';
import { jobScenario } from './job.ts';
import { replicasetScenario } from './replicaset.ts';
import { replicationcontrollerScenario } from './replicationcontroller.ts';
import { statefulsetScenario } from './statefulset.ts';
import { ttlafterfinishedScenario } from './ttlafterfinished.ts';

/** Of every controller, by its name in src/reconcilers/all.ts. */
export const scenarios: Readonly<Record<string, Scenario>> = {
  cronjob: cronjobScenario,
  daemonset: daemonsetScenario,
  deployment: deploymentScenario,
  job: jobScenario,
  replicaset: replicasetScenario,
  replicationcontroller: replicationcontrollerScenario,
  statefulset: statefulsetScenario,
  ttlafterfinished: ttlafterfinishedScenario,
};
