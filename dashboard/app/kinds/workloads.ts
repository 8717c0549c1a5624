import { ask } from '../server/query.ts';
import { patch } from '../server/patch.ts';
import { isOn } from '../shared/value-at.ts';
import type { Action, Facet } from './facet.ts';

const PLACE = '$namespace: String!, $name: String!';
const AT = 'namespace: $namespace, name: $name';

/** kubectl's `rollout restart` and the like: a mutation of the kind that answers the object. */
const rollout = (id: string, label: string, mutation: string): Action => ({
  id,
  label,
  needs: 'patch',
  run: (place, { kind }) =>
    ask(`mutation (${PLACE}) { ${mutation}${kind}(${AT}) { metadata { name } } }`, { ...place }),
});

const restart = rollout('restart', 'Restart', 'rolloutRestart');
const scale: Action = {
  id: 'scale',
  label: 'Scale',
  needs: 'patch scale',
  number: { label: 'Replicas', usual: 1 },
  run: (place, { kind }, { number: replicas }) =>
    ask(`mutation (${PLACE}, $replicas: Int!) { scale${kind}(${AT}, replicas: $replicas) }`, { ...place, replicas }),
};

const FACTS = [
  ['Replicas', 'spec.replicas'],
  ['Ready', 'status.readyReplicas'],
  ['Selector', 'spec.selector.matchLabels'],
  ['Images', 'spec.template.spec.containers.image'],
] as const;

export const deployments: Facet = {
  actions: [
    restart,
    scale,
    { ...rollout('pause', 'Pause the rollout', 'rolloutPause'), applies: ({ spec }) => !isOn(spec, 'paused') },
    { ...rollout('resume', 'Resume the rollout', 'rolloutResume'), applies: ({ spec }) => isOn(spec, 'paused') },
  ],
  logs: 'deploymentLogs',
  rollout: true,
  facts: [...FACTS, ['Strategy', 'spec.strategy.type']],
};
export const statefulSets: Facet = {
  actions: [restart, scale],
  logs: 'statefulSetLogs',
  rollout: true,
  facts: [...FACTS, ['Service', 'spec.serviceName']],
};
export const daemonSets: Facet = {
  actions: [restart],
  logs: 'daemonSetLogs',
  rollout: true,
  facts: [
    ['Wanted', 'status.desiredNumberScheduled'],
    ['Ready', 'status.numberReady'],
    ['Images', 'spec.template.spec.containers.image'],
  ],
};
export const replicaSets: Facet = { actions: [scale], logs: 'replicaSetLogs', facts: FACTS };
export const jobs: Facet = {
  actions: [],
  logs: 'jobLogs',
  facts: [
    ['Completions', 'spec.completions'],
    ['Parallelism', 'spec.parallelism'],
    ['Succeeded', 'status.succeeded'],
    ['Failed', 'status.failed'],
    ['Started', 'status.startTime'],
    ['Completed', 'status.completionTime'],
  ],
};

const suspend = (id: string, label: string, value: boolean): Action => ({
  id,
  label,
  needs: 'patch',
  applies: ({ spec }) => isOn(spec, 'suspend') !== value,
  run: (place, { resource }) => patch(resource, place, { spec: { suspend: value } }),
});
export const cronJobs: Facet = {
  actions: [suspend('suspend', 'Suspend', true), suspend('unsuspend', 'Go on', false)],
  facts: [
    ['Schedule', 'spec.schedule'],
    ['Time zone', 'spec.timeZone'],
    ['Suspended', 'spec.suspend'],
    ['Last run', 'status.lastScheduleTime'],
  ],
};
