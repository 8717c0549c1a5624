import type { FakeApi, Manifest } from '../../support/fake-api.ts';

type Body = Record<string, unknown>;
const at = (apiVersion: string, kind: string, name: string, body: Body = {}, metadata: Body = {}): Manifest => ({
  apiVersion,
  kind,
  metadata: { name, namespace: 'a', ...metadata },
  ...body,
});
const wide = (apiVersion: string, kind: string, name: string, body: Body = {}): Manifest => ({
  apiVersion,
  kind,
  metadata: { name },
  ...body,
});

const selector = { matchLabels: { app: 'web' } };
const container = { name: 'c', image: 'i' };
const template = {
  metadata: { labels: { app: 'web' } },
  spec: {
    serviceAccountName: 'default',
    containers: [{ ...container, envFrom: [{ configMapRef: { name: 'settings' } }] }],
    volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }],
  },
};
export const podSpec = {
  nodeName: 'n1',
  serviceAccountName: 'default',
  imagePullSecrets: [{ name: 'pull' }],
  containers: [
    {
      ...container,
      env: [
        { name: 'A', valueFrom: { configMapKeyRef: { name: 'settings', key: 'k' } } },
        { name: 'B', valueFrom: { secretKeyRef: { name: 'password', key: 'k' } } },
      ],
    },
  ],
  volumes: [
    { name: 'data', persistentVolumeClaim: { claimName: 'data' } },
    { name: 'both', projected: { sources: [{ secret: { name: 'cert' } }, { configMap: { name: 'projected' } }] } },
  ],
};
const claim = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, storageClassName: 'fast' };
const ownedBy = (apiVersion: string, kind: string, { name, uid }: { name: string; uid: string }): Body => ({
  ownerReferences: [{ apiVersion, kind, name, uid, controller: true }],
});

/** Objects of all kinds that lead to each other, each once or twice. */
export async function giveUniverse(fake: Pick<FakeApi, 'give'>): Promise<void> {
  const node = { status: { conditions: [] } };
  await fake.give(
    wide('v1', 'Node', 'n1', node),
    wide('v1', 'Node', 'n2', node),
    at('coordination.k8s.io/v1', 'Lease', 'n1', {}, { namespace: 'kube-node-lease' }),
    wide('storage.k8s.io/v1', 'CSINode', 'n1', { spec: { drivers: [] } }),
    wide('storage.k8s.io/v1', 'StorageClass', 'fast', { provisioner: 'p' }),
    wide('v1', 'PersistentVolume', 'pv', {
      spec: {
        capacity: { storage: '1Gi' },
        accessModes: ['ReadWriteOnce'],
        hostPath: { path: '/x' },
        storageClassName: 'fast',
        claimRef: { kind: 'PersistentVolumeClaim', namespace: 'a', name: 'data' },
      },
    }),
    at('v1', 'PersistentVolumeClaim', 'data', { spec: { ...claim, volumeName: 'pv' } }),
    at('v1', 'ConfigMap', 'settings'),
    at('v1', 'ConfigMap', 'projected'),
    ...['password', 'cert', 'pull'].map((name) => at('v1', 'Secret', name)),
    at('v1', 'ServiceAccount', 'robot', { imagePullSecrets: [{ name: 'pull' }] }),
  );
  await fake.give(
    at('v1', 'Service', 'web', { spec: { selector: { app: 'web' }, ports: [{ port: 80 }] } }),
    at('networking.k8s.io/v1', 'IngressClass', 'nginx', { spec: { controller: 'x.y/z' } }, { namespace: undefined }),
    at('networking.k8s.io/v1', 'Ingress', 'front', {
      spec: {
        ingressClassName: 'nginx',
        tls: [{ secretName: 'cert' }],
        defaultBackend: { service: { name: 'web', port: { number: 80 } } },
      },
    }),
    at('networking.k8s.io/v1', 'NetworkPolicy', 'all', { spec: { podSelector: {} } }),
    at('networking.k8s.io/v1', 'NetworkPolicy', 'none', { spec: { podSelector: { matchLabels: { app: 'none' } } } }),
    at('policy/v1', 'PodDisruptionBudget', 'web', { spec: { minAvailable: 1, selector } }),
    at('rbac.authorization.k8s.io/v1', 'Role', 'reader', { rules: [] }),
    wide('rbac.authorization.k8s.io/v1', 'ClusterRole', 'wide', { rules: [] }),
    at('rbac.authorization.k8s.io/v1', 'RoleBinding', 'readers', {
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'reader' },
      subjects: [{ kind: 'ServiceAccount', name: 'robot' }],
    }),
    at(
      'rbac.authorization.k8s.io/v1',
      'RoleBinding',
      'elsewhere',
      {
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'wide' },
        subjects: [{ kind: 'ServiceAccount', name: 'robot', namespace: 'a' }],
      },
      { namespace: 'default' },
    ),
    wide('rbac.authorization.k8s.io/v1', 'ClusterRoleBinding', 'everywhere', {
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'wide' },
      subjects: [{ kind: 'ServiceAccount', name: 'robot', namespace: 'a' }],
    }),
  );
  const [deployment, cron] = (await fake.give(
    at('apps/v1', 'Deployment', 'web', { spec: { selector, template } }),
    at('batch/v1', 'CronJob', 'nightly', {
      spec: {
        schedule: '0 0 * * *',
        jobTemplate: { spec: { template: { spec: { containers: [container], restartPolicy: 'Never' } } } },
      },
    }),
    at('autoscaling/v2', 'HorizontalPodAutoscaler', 'web', {
      spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, maxReplicas: 3 },
    }),
  )) as { metadata: { name: string; uid: string } }[];
  const hash = { labels: { app: 'web' } };
  const [replicaSet] = (await fake.give(
    at(
      'apps/v1',
      'ReplicaSet',
      'web-1',
      { spec: { selector, template } },
      {
        ...hash,
        ...ownedBy('apps/v1', 'Deployment', deployment!.metadata),
      },
    ),
    at(
      'batch/v1',
      'Job',
      'nightly-1',
      {
        spec: { template: { spec: { containers: [container], restartPolicy: 'Never' } } },
      },
      ownedBy('batch/v1', 'CronJob', cron!.metadata),
    ),
  )) as { metadata: { name: string; uid: string } }[];
  const [pod] = (await fake.give(
    at('v1', 'Pod', 'x', { spec: podSpec }, { ...hash, ...ownedBy('apps/v1', 'ReplicaSet', replicaSet!.metadata) }),
    at('v1', 'Pod', 'y', { spec: { ...podSpec, nodeName: 'n2', volumes: [] } }),
  )) as { metadata: { name: string; uid: string } }[];
  const about = { apiVersion: 'v1', kind: 'Pod', namespace: 'a', name: 'x' };
  await fake.give(
    at(
      'discovery.k8s.io/v1',
      'EndpointSlice',
      'web-1',
      {
        addressType: 'IPv4',
        endpoints: [
          { addresses: ['10.0.0.1'], targetRef: { kind: 'Pod', namespace: 'a', name: 'x', uid: pod!.metadata.uid } },
        ],
        ports: [],
      },
      { labels: { 'kubernetes.io/service-name': 'web' } },
    ),
    at('v1', 'Event', 'of-x', { involvedObject: { ...about, uid: pod!.metadata.uid }, reason: 'A' }),
    at('v1', 'Event', 'of-an-older-x', { involvedObject: { ...about, uid: 'gone' }, reason: 'A' }),
    at(
      'v1',
      'Event',
      'of-n1',
      { involvedObject: { kind: 'Node', name: 'n1', uid: 'n1' }, reason: 'A' },
      { namespace: 'default' },
    ),
  );
}
