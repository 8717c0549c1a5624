import { expect, test } from 'vitest';
import { createRegistry } from '../../../../src/kinds/registry.ts';
import { rolloutStatus } from '../../../../src/resolvers/mutations/rollout/status.ts';
import type { Workload } from '../../../../src/resolvers/mutations/rollout/workload.ts';

const registry = createRegistry();
const of = (resource: string, spec: object, status: object) =>
  rolloutStatus(registry.preferred(resource)!, {
    metadata: { name: 'w', uid: 'u', resourceVersion: '1', creationTimestamp: '', generation: 2 },
    spec,
    status: { observedGeneration: 2, ...status },
  } as Workload);
const rolling = { updateStrategy: { type: 'RollingUpdate' } };
const late = { conditions: [{ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' }] };

test.each([
  ['deployments.apps', {}, { observedGeneration: 1 }, 'Waiting for deployment spec update to be observed...'],
  [
    'deployments.apps',
    { replicas: 2 },
    { updatedReplicas: 1 },
    'Waiting for deployment "w" rollout to finish: 1 out of 2 new replicas have been updated...',
  ],
  [
    'deployments.apps',
    { replicas: 2 },
    { updatedReplicas: 2, replicas: 3 },
    'Waiting for deployment "w" rollout to finish: 1 old replicas are pending termination...',
  ],
  [
    'deployments.apps',
    { replicas: 2 },
    { updatedReplicas: 2, replicas: 2, availableReplicas: 1 },
    'Waiting for deployment "w" rollout to finish: 1 of 2 updated replicas are available...',
  ],
  ['daemonsets.apps', rolling, { observedGeneration: 1 }, 'Waiting for daemon set spec update to be observed...'],
  [
    'daemonsets.apps',
    rolling,
    { desiredNumberScheduled: 3, updatedNumberScheduled: 1 },
    'Waiting for daemon set "w" rollout to finish: 1 out of 3 new pods have been updated...',
  ],
  [
    'daemonsets.apps',
    rolling,
    { desiredNumberScheduled: 3, updatedNumberScheduled: 3, numberAvailable: 2 },
    'Waiting for daemon set "w" rollout to finish: 2 of 3 updated pods are available...',
  ],
  ['statefulsets.apps', rolling, { observedGeneration: 0 }, 'Waiting for statefulset spec update to be observed...'],
  ['statefulsets.apps', { ...rolling, replicas: 3 }, { readyReplicas: 1 }, 'Waiting for 2 pods to be ready...'],
  [
    'statefulsets.apps',
    { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 1 } }, replicas: 3 },
    { readyReplicas: 3, updatedReplicas: 1 },
    'Waiting for partitioned roll out to finish: 1 out of 2 new pods have been updated...',
  ],
  [
    'statefulsets.apps',
    { ...rolling, replicas: 3 },
    { readyReplicas: 3, updatedReplicas: 1, updateRevision: 'w-2', currentRevision: 'w-1' },
    'waiting for statefulset rolling update to complete 1 pods at revision w-2...',
  ],
])('%s %o waits at %o', (resource, spec, status, message) => {
  expect(of(resource, spec, status)).toEqual({ done: false, failed: false, message });
});

test.each([
  [
    'deployments.apps',
    { replicas: 1 },
    { updatedReplicas: 1, replicas: 1, availableReplicas: 1 },
    'deployment "w" successfully rolled out',
  ],
  ['daemonsets.apps', rolling, {}, 'daemon set "w" successfully rolled out'],
  [
    'statefulsets.apps',
    { ...rolling, replicas: 1 },
    { readyReplicas: 1, currentReplicas: 1, currentRevision: 'w-1', updateRevision: 'w-1' },
    'statefulset rolling update complete 1 pods at revision w-1...',
  ],
  [
    'statefulsets.apps',
    { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } }, replicas: 1 },
    { readyReplicas: 1, updatedReplicas: 1 },
    'partitioned roll out complete: 1 new pods have been updated...',
  ],
])('%s %o is done at %o', (resource, spec, status, message) => {
  expect(of(resource, spec, status)).toEqual({ done: true, failed: false, message });
});

test.each([
  ['deployments.apps', {}, late, 'deployment "w" exceeded its progress deadline'],
  [
    'daemonsets.apps',
    { updateStrategy: { type: 'OnDelete' } },
    {},
    'rollout status is only available for RollingUpdate strategy type',
  ],
  [
    'statefulsets.apps',
    { updateStrategy: { type: 'OnDelete' } },
    {},
    'rollout status is only available for RollingUpdate strategy type',
  ],
])('%s %o has no end at %o', (resource, spec, status, message) => {
  expect(of(resource, spec, status)).toEqual({ done: false, failed: true, message });
});
