import { webcrypto } from 'node:crypto';
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';

/** The custom kind, whose definition is among the objects. */
export const CUSTOM = 'parts.parts.example.com';

const labels = { app: 'x' };
const selector = { matchLabels: labels };
const podSpec = { containers: [{ name: 'c', image: 'busybox:1.36' }] };
const template = { metadata: { labels }, spec: podSpec };
/** One that the rules for conditions let pass. */
export const condition = (type: string): object => ({
  type,
  status: 'True',
  reason: 'Tried',
  message: 'm',
  lastTransitionTime: '2026-01-01T00:00:00Z',
});
const set = { spec: { replicas: 1, selector, template }, status: { replicas: 1 } };
const autoscaler = {
  spec: { scaleTargetRef: { kind: 'Deployment', name: 'x', apiVersion: 'apps/v1' }, minReplicas: 1, maxReplicas: 3 },
  status: { currentReplicas: 1, desiredReplicas: 1 },
};

/** The parts of a valid object of every kind that has a subresource which writes, and its name where it is not `x`. */
export const OBJECTS: Readonly<Record<string, { name?: string; [part: string]: unknown }>> = {
  namespaces: { spec: { finalizers: ['kubernetes'] }, status: { phase: 'Active' } },
  nodes: { spec: { podCIDR: '10.1.0.0/24', podCIDRs: ['10.1.0.0/24'] }, status: { capacity: { cpu: '1' } } },
  persistentvolumeclaims: {
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    status: { phase: 'Pending' },
  },
  persistentvolumes: {
    spec: { accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' }, hostPath: { path: '/x' } },
    status: { phase: 'Available' },
  },
  pods: {
    spec: { containers: [{ ...podSpec.containers[0], resources: { requests: { cpu: '1' } } }] },
    status: { phase: 'Pending', qosClass: 'Burstable' },
  },
  replicationcontrollers: { ...set, spec: { ...set.spec, selector: labels } },
  resourcequotas: { spec: { hard: { pods: '100' } }, status: { hard: { pods: '100' }, used: { pods: '0' } } },
  services: {
    spec: { selector: labels, ports: [{ port: 80 }], clusterIP: 'None', clusterIPs: ['None'] },
    status: { loadBalancer: {} },
  },
  'apiservices.apiregistration.k8s.io': {
    name: 'v1.parts.example.com',
    spec: { group: 'parts.example.com', version: 'v1', groupPriorityMinimum: 100, versionPriority: 10 },
    status: { conditions: [condition('Available')] },
  },
  'daemonsets.apps': {
    spec: { selector, template },
    status: { currentNumberScheduled: 1, numberMisscheduled: 0, desiredNumberScheduled: 1, numberReady: 0 },
  },
  'deployments.apps': set,
  'replicasets.apps': set,
  'statefulsets.apps': { ...set, spec: { ...set.spec, serviceName: 'x' } },
  'horizontalpodautoscalers.autoscaling': autoscaler,
  'cronjobs.batch': {
    spec: {
      schedule: '* * * * *',
      jobTemplate: { spec: { template: { spec: { ...podSpec, restartPolicy: 'Never' } } } },
    },
    status: { lastScheduleTime: '2026-01-01T00:00:00Z' },
  },
  'jobs.batch': {
    spec: {
      template: { metadata: { labels }, spec: { ...podSpec, restartPolicy: 'Never' } },
      selector,
      manualSelector: true,
    },
    status: { active: 1, ready: 0 },
  },
  'certificatesigningrequests.certificates.k8s.io': {
    spec: {
      request: await certificateRequest(),
      signerName: 'parts.example.com/signer',
      usages: ['client auth'],
      username: 'somebody',
    },
    status: { conditions: [{ ...condition('Approved'), lastUpdateTime: '2026-01-01T00:00:00Z' }] },
  },
  'ingresses.networking.k8s.io': {
    spec: { defaultBackend: { service: { name: 'x', port: { number: 80 } } } },
    status: { loadBalancer: { ingress: [{ ip: '192.0.2.1' }] } },
  },
  'servicecidrs.networking.k8s.io': {
    spec: { cidrs: ['10.200.0.0/24'] },
    status: { conditions: [condition('Ready')] },
  },
  'poddisruptionbudgets.policy': {
    spec: { selector, minAvailable: 1 },
    status: { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 1, expectedPods: 0 },
  },
  'volumeattachments.storage.k8s.io': {
    spec: { attacher: 'parts.example.com', nodeName: 'x', source: { persistentVolumeName: 'x' } },
    status: { attached: false },
  },
  'validatingadmissionpolicies.admissionregistration.k8s.io': {
    spec: {
      matchConstraints: {
        resourceRules: [
          { apiGroups: ['parts.example.com'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['*'] },
        ],
      },
      validations: [{ expression: 'true' }],
    },
    status: { observedGeneration: 1 },
  },
  'customresourcedefinitions.apiextensions.k8s.io': {
    name: CUSTOM,
    spec: {
      group: 'parts.example.com',
      scope: 'Namespaced',
      names: { plural: 'parts', singular: 'part', kind: 'Part', listKind: 'PartList' },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
          subresources: {
            status: {},
            scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' },
          },
        },
      ],
    },
  },
  'resourceclaims.resource.k8s.io': { spec: { devices: {} }, status: { allocation: { devices: {} } } },
  'flowschemas.flowcontrol.apiserver.k8s.io': {
    spec: {
      priorityLevelConfiguration: { name: 'global-default' },
      matchingPrecedence: 9000,
      distinguisherMethod: { type: 'ByUser' },
    },
    status: { conditions: [condition('Dangling')] },
  },
  'prioritylevelconfigurations.flowcontrol.apiserver.k8s.io': {
    spec: { type: 'Limited', limited: { nominalConcurrencyShares: 1, limitResponse: { type: 'Reject' } } },
    status: { conditions: [condition('Parts')] },
  },
  [CUSTOM]: { spec: { replicas: 1, size: 'small' }, status: { replicas: 1 }, data: { key: 'value' } },
};

async function certificateRequest(): Promise<string> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const made = await x509.Pkcs10CertificateRequestGenerator.create({
    name: [{ CN: ['jane'] }],
    keys,
    signingAlgorithm: algorithm,
  });
  return Buffer.from(made.toString('pem')).toString('base64');
}
