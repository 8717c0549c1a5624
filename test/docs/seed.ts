import { readFileSync } from 'node:fs';
import { expect, vi } from 'vitest';
import type { TestApi } from '../api/support.ts';
import { PATIENCE_MS } from '../support/patience.ts';

export const PAGE = readFileSync(new URL('../../docs/graphql.md', import.meta.url), 'utf8');

const NAMESPACE = 'shop';
const ZONE = 'topology.kubernetes.io/zone';
const HASH = 'pod-template-hash';
const REVISION = 'deployment.kubernetes.io/revision';
const REFERENCES = 'ku7s.io/references';

/** Name, node, memory, restarts, claim. */
const PODS: readonly [string, string, string, number, string?][] = [
  ['web-0', 'n1', '64Mi', 1],
  ['web-1', 'n2', '64Mi', 3],
  ['db-0', 'n2', '1Gi', 0, 'data'],
  ['batch-0', 'n1', '128Mi', 0],
];

const definition = (kind: string, spec: object, annotations: Record<string, string> = {}) => {
  const singular = kind.toLowerCase();
  const group = 'example.com';
  const openAPIV3Schema = { type: 'object', properties: { spec: { type: 'object', properties: spec } } };
  return {
    metadata: { name: `${singular}s.${group}`, annotations },
    spec: {
      group,
      scope: 'Namespaced',
      names: { plural: `${singular}s`, singular, kind },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema } }],
    },
  };
};
const string = { type: 'string' };
const DEFINITIONS = [
  definition('Cluster', { size: { type: 'integer', format: 'int64' }, tier: { ...string, enum: ['Small', 'Large'] } }),
  definition(
    'Machine',
    { clusterRef: { type: 'object', properties: { name: string } } },
    { [REFERENCES]: declaredOnPage() },
  ),
];

/** What the page declares as its example of references. */
function declaredOnPage(): string {
  const [, declared] = /ku7s\.io\/references: \|\n +(\[.*\])\n/.exec(PAGE) ?? [];
  if (declared === undefined) throw new Error('the page declares no references');
  return declared;
}

interface Named {
  apiVersion?: string;
  kind?: string;
  metadata: { name: string; uid?: string | undefined };
}
const ownedBy = ({ apiVersion, kind, metadata: { name, uid } }: Named): object => ({
  ownerReferences: [{ apiVersion, kind, name, uid, controller: true }],
});
const podSpec = (image: string): object => ({
  containers: [{ name: 'main', image, envFrom: [{ configMapRef: { name: 'theme' } }] }],
});

/** What the examples of the documentation speak of: a shop on two nodes. */
export async function seed(api: TestApi): Promise<void> {
  await api.create('namespaces', { metadata: { name: NAMESPACE } }, '');
  await api.create('serviceaccounts', { metadata: { name: 'default' } }, NAMESPACE);
  for (const [name, zone] of Object.entries({ n1: 'east', n2: 'west' })) {
    await api.create('nodes', { metadata: { name, labels: { [ZONE]: zone } } }, '');
    const addresses = [{ type: 'InternalIP', address: '10.1.2.3' }];
    await api.merge('nodes/status', name, { status: { addresses } }, '');
  }
  const web = await workloads(api);
  for (const [name, nodeName, memory, restartCount, claimName] of PODS) {
    const [app] = name.split('-');
    const image = `registry.example.com/${app}:1`;
    const containers = [{ name: 'main', image, resources: { requests: { cpu: '100m', memory } } }];
    const volumes = claimName ? { volumes: [{ name: 'data', persistentVolumeClaim: { claimName } }] } : {};
    const metadata = {
      name,
      labels: { app, ...(app === 'web' && { [HASH]: '2' }) },
      ...(app === 'web' && ownedBy(web)),
    };
    await api.create('pods', { metadata, spec: { nodeName, containers, ...volumes } }, NAMESPACE);
    const state = { running: { startedAt: '2026-01-01T00:00:00Z' } };
    const status = { name: 'main', image, imageID: '', containerID: 'x://1', ready: true, restartCount, state };
    await api.merge('pods/status', name, { status: { phase: 'Running', containerStatuses: [status] } }, NAMESPACE);
  }
  await others(api);
  for (const one of DEFINITIONS) await api.create('customresourcedefinitions.apiextensions.k8s.io', one, '');
  const served = (): void => {
    for (const { metadata } of DEFINITIONS) expect(api.api.registry.preferred(metadata.name)).toBeDefined();
  };
  await vi.waitFor(served, { timeout: PATIENCE_MS });
}

/** A Deployment in its second revision, as its controller keeps it. @returns the newer ReplicaSet */
async function workloads(api: TestApi): Promise<Named> {
  const app = { app: 'web' };
  const specOf = (revision: number, labels: object): object => ({
    replicas: revision === 2 ? 2 : 0,
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: podSpec(`web:${revision}`) },
  });
  await api.create('configmaps', { metadata: { name: 'theme' } }, NAMESPACE);
  const deployment = { metadata: { name: 'web', annotations: { [REVISION]: '2' } }, spec: specOf(2, app) };
  const { object: web } = await api.create('deployments.apps', deployment, NAMESPACE);
  let newest: Named = web;
  for (const revision of [1, 2]) {
    const labels = { ...app, [HASH]: String(revision) };
    const annotations = { [REVISION]: String(revision) };
    const metadata = { name: `web-${revision}`, labels, annotations, ...ownedBy(web) };
    const set = { metadata, spec: specOf(revision, labels) };
    newest = (await api.create('replicasets.apps', set, NAMESPACE)).object;
  }
  const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };
  const scaler = { metadata: { name: 'web' }, spec: { scaleTargetRef, maxReplicas: 9 } };
  await api.create('horizontalpodautoscalers.autoscaling', scaler, NAMESPACE);
  return newest;
}

/** Storage, rights, traffic and jobs. */
async function others(api: TestApi): Promise<void> {
  const create = (resource: string, name: string, rest: object, namespace = NAMESPACE) =>
    api.create(resource, { metadata: { name }, ...rest }, namespace);
  await create('services', 'web', { spec: { clusterIP: 'None', selector: { app: 'web' }, ports: [{ port: 80 }] } });
  const backend = { service: { name: 'web', port: { number: 80 } } };
  await create('ingresses.networking.k8s.io', 'door', { spec: { defaultBackend: backend } });
  await create('storageclasses.storage.k8s.io', 'fast', { provisioner: 'example.com/disk' }, '');
  const storage = { accessModes: ['ReadWriteOnce'], storageClassName: 'fast' };
  const volume = { ...storage, capacity: { storage: '1Gi' }, hostPath: { path: '/data' } };
  await create(
    'persistentvolumes',
    'disk',
    { spec: { ...volume, claimRef: { namespace: NAMESPACE, name: 'data' } } },
    '',
  );
  const claim = { ...storage, volumeName: 'disk', resources: { requests: { storage: '1Gi' } } };
  await create('persistentvolumeclaims', 'data', { spec: claim });
  await create('roles.rbac.authorization.k8s.io', 'reader', { rules: [] });
  await create('rolebindings.rbac.authorization.k8s.io', 'reading', {
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'reader' },
    subjects: [{ kind: 'ServiceAccount', name: 'default', namespace: NAMESPACE }],
  });
  const job = { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'report:1' }] } } };
  const { object: nightly } = await create('cronjobs.batch', 'nightly', {
    spec: { schedule: '0 3 * * *', jobTemplate: { spec: job } },
  });
  await api.create('jobs.batch', { metadata: { name: 'nightly-1', ...ownedBy(nightly) }, spec: job }, NAMESPACE);
}
