import type { KubeObject } from '../../../src/meta/object.ts';
import { condition } from './objects.ts';

/** Parts of metadata that a client may write. */
export type MetaPart = 'labels' | 'annotations' | 'finalizers' | 'ownerReferences' | 'generateName';

/** An object with any parts, as a test writes it. */
export type Sent = KubeObject & { spec: any; status: any };

/** What a subresource lets through. */
export interface Endpoint {
  /** `deployments.apps/status` */
  path: string;
  /** parts of metadata that it leaves as they are */
  keeps: readonly MetaPart[];
  /** the top-level field that it writes, or writes in */
  part: 'spec' | 'status';
  /** a change that it lets through */
  change(object: Sent): void;
  /** changes of the same field that it does not let through */
  beside?(object: Sent): void;
  /** whether a change counts in metadata.generation */
  counted?: boolean;
}

const ALL: readonly MetaPart[] = ['labels', 'annotations', 'finalizers', 'ownerReferences', 'generateName'];
/** ResetObjectMetaForStatus of apimachinery */
const RESET: readonly MetaPart[] = ['labels', 'annotations', 'finalizers', 'ownerReferences'];

const status = (resource: string, changed: object, keeps: readonly MetaPart[] = []): Endpoint => ({
  path: `${resource}/status`,
  keeps,
  part: 'status',
  change: (object) => Object.assign(object.status, structuredClone(changed)),
});
const scale = (resource: string): Endpoint => ({
  path: `${resource}/scale`,
  keeps: ALL,
  part: 'spec',
  change: ({ spec }) => (spec.replicas = 5),
  counted: true,
});

const DONE = [condition('Tried')];

/**
 * Every subresource that is updated and patched, with what its strategy lets through. Source: PrepareForUpdate of the
 * strategies of kube-apiserver 1.35 (pkg/registry, kube-aggregator, apiextensions-apiserver).
 */
export const ENDPOINTS: readonly Endpoint[] = [
  status('namespaces', { conditions: DONE }),
  { path: 'namespaces/finalize', keeps: [], part: 'spec', change: ({ spec }) => spec.finalizers.push('example.com/x') },
  status('nodes', { allocatable: { cpu: '1' } }),
  status('persistentvolumeclaims', { phase: 'Bound' }),
  status('persistentvolumes', { message: 'm' }),
  status('pods', { message: 'm' }, ['ownerReferences']),
  {
    path: 'pods/ephemeralcontainers',
    keeps: RESET,
    part: 'spec',
    change({ spec }) {
      const common = { terminationMessagePath: '/x', terminationMessagePolicy: 'File', imagePullPolicy: 'Always' };
      spec.ephemeralContainers = [{ name: 'debug', image: 'busybox:1.36', resources: {}, ...common }];
    },
    beside({ spec }) {
      spec.containers[0].image = 'busybox:other';
      spec.nodeName = 'other';
      spec.hostNetwork = true;
      spec.activeDeadlineSeconds = 5;
    },
    counted: true,
  },
  {
    path: 'pods/resize',
    keeps: RESET,
    part: 'spec',
    change({ spec }) {
      spec.containers[0].resources = { requests: { cpu: '2' } };
    },
    beside({ spec }) {
      Object.assign(spec.containers[0], { image: 'busybox:other', securityContext: { privileged: true } });
      spec.nodeName = 'other';
      spec.ephemeralContainers = [{ name: 'debug', image: 'busybox:1.36' }];
    },
    counted: true,
  },
  status('replicationcontrollers', { readyReplicas: 1 }),
  scale('replicationcontrollers'),
  status('resourcequotas', { used: { pods: '1' } }),
  status('services', { conditions: DONE }),
  status('apiservices.apiregistration.k8s.io', { conditions: [condition('Available'), ...DONE] }, RESET),
  status('daemonsets.apps', { numberReady: 1 }),
  status('deployments.apps', { readyReplicas: 1 }, ['labels']),
  scale('deployments.apps'),
  status('replicasets.apps', { readyReplicas: 1 }),
  scale('replicasets.apps'),
  status('statefulsets.apps', { readyReplicas: 1 }),
  scale('statefulsets.apps'),
  status('horizontalpodautoscalers.autoscaling', { currentReplicas: 2 }),
  status('cronjobs.batch', { lastSuccessfulTime: '2026-01-01T00:00:00Z' }),
  status('jobs.batch', { ready: 1 }),
  {
    ...status('certificatesigningrequests.certificates.k8s.io', {}),
    change({ status: { conditions } }) {
      conditions.push({ ...condition('Failed'), lastUpdateTime: '2026-01-01T00:00:00Z' });
    },
    // who approved, and why, stays
    beside: ({ status: { conditions } }) => Object.assign(conditions[0], { reason: 'Other', message: 'other' }),
  },
  {
    path: 'certificatesigningrequests.certificates.k8s.io/approval',
    keeps: [],
    part: 'status',
    change: ({ status: { conditions } }) => Object.assign(conditions[0], { message: 'again' }),
    beside: ({ status }) => (status.certificate = 'dGV4dA=='),
  },
  status('ingresses.networking.k8s.io', { loadBalancer: { ingress: [{ ip: '192.0.2.2' }] } }),
  status('servicecidrs.networking.k8s.io', { conditions: [condition('Ready'), ...DONE] }, RESET),
  status('poddisruptionbudgets.policy', { currentHealthy: 1 }),
  status('volumeattachments.storage.k8s.io', { attached: true }, RESET),
  status('validatingadmissionpolicies.admissionregistration.k8s.io', { conditions: DONE }, RESET),
  // its reset of metadata takes the new object for the old one, and so keeps nothing
  status('customresourcedefinitions.apiextensions.k8s.io', { observedGeneration: 1 }),
  status('resourceclaims.resource.k8s.io', { reservedFor: [{ resource: 'pods', name: 'x', uid: 'x' }] }, RESET),
  status('flowschemas.flowcontrol.apiserver.k8s.io', { conditions: [condition('Dangling'), ...DONE] }, ALL),
  status(
    'prioritylevelconfigurations.flowcontrol.apiserver.k8s.io',
    { conditions: [condition('Parts'), ...DONE] },
    ALL,
  ),
  status('parts.parts.example.com', { replicas: 2, state: 'good' }, ALL),
  scale('parts.parts.example.com'),
];
