import { isDeepStrictEqual } from 'node:util';
import { isStatusError, type Client, type Informer, type KubeObject } from 'ku7s/client';
import { FINALIZER, SITES, type Condition, type Site } from './site.ts';

/** Serves the files of a folder, each under its name. */
const SERVER = `require('node:http').createServer((request, response) => {
  const name = require('node:path').basename(request.url) || 'index.html';
  require('node:fs').readFile('/pages/' + name, (error, page) => {
    response.writeHead(error ? 404 : 200, { 'content-type': 'text/html' }).end(error ? '' : page);
  });
}).listen(8080)`;

/** What the operator knows without asking. */
export interface Caches {
  sites: Informer<Site>;
  deployments: Informer<KubeObject & { status?: { readyReplicas?: number } }>;
}

/**
 * Makes what there is what the Site NAMESPACE/NAME says. Level-triggered: right when called twice, or after any missed
 * event.
 */
export async function reconcile(client: Client, { sites, deployments }: Caches, key: string): Promise<void> {
  const [namespace = '', name = ''] = key.split('/');
  const site = sites.get(namespace, name);
  if (!site) return;
  if (site.metadata.deletionTimestamp) return end(client, site);
  if (!site.metadata.finalizers?.includes(FINALIZER)) {
    const finalizers = [...(site.metadata.finalizers ?? []), FINALIZER];
    // the revision says what the list was made from: who was faster is not overwritten, but read again
    const { resourceVersion } = site.metadata;
    await client.patch(SITES, namespace, name, { metadata: { finalizers, resourceVersion } });
  }
  await keepHost(client, site, key);
  for (const [resource, child] of childrenOf(site))
    await client.patch(resource, namespace, name, child, { type: 'apply', fieldManager: 'site-operator', force: true });

  const readyReplicas = deployments.get(namespace, name)?.status?.readyReplicas ?? 0;
  const status = statusOf(site, readyReplicas);
  if (!isDeepStrictEqual(status, site.status))
    await client.patch(SITES, namespace, name, { status }, { subresource: 'status' });
}

/** Gives the host back and lets the Site go. The garbage collector takes what it owns. */
async function end(client: Client, site: Site): Promise<void> {
  const { namespace = '', name, finalizers = [], resourceVersion } = site.metadata;
  if (!finalizers.includes(FINALIZER)) return;
  await keepHost(client, site, null);
  const rest = finalizers.filter((finalizer) => finalizer !== FINALIZER);
  await client
    .patch(SITES, namespace, name, { metadata: { finalizers: rest, resourceVersion } })
    .catch((error: unknown) => {
      // it has gone meanwhile: the cache does not know yet
      if (!isStatusError(error) || error.code !== 404) throw error;
    });
}

const keepHost = (client: Client, { spec }: Site, owner: string | null): Promise<unknown> =>
  client.patch('configmaps', 'web-system', 'hosts', { data: { [spec.host ?? '']: owner } });

/** What a Site owns: its pages, and the server that shows them. */
function childrenOf({ metadata, spec }: Site): [resource: string, object: object][] {
  const { name, namespace, uid } = metadata;
  const owner = {
    apiVersion: 'web.example.com/v2',
    kind: 'Site',
    name,
    uid,
    controller: true,
    blockOwnerDeletion: true,
  };
  const own = { name, namespace, ownerReferences: [owner] };
  const labels = { 'web.example.com/site': name };
  const container = {
    name: 'server',
    image: 'node:20',
    command: ['node', '-e', SERVER],
    ports: [{ containerPort: 8080 }],
    volumeMounts: [{ name: 'pages', mountPath: '/pages' }],
  };
  const volumes = [{ name: 'pages', configMap: { name } }];
  return [
    [
      'configmaps',
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: own,
        data: Object.fromEntries(spec.pages.map((page) => [page.name, page.html])),
      },
    ],
    [
      'deployments.apps',
      {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: own,
        spec: {
          replicas: spec.replicas,
          selector: { matchLabels: labels },
          template: { metadata: { labels }, spec: { containers: [container], volumes } },
        },
      },
    ],
  ];
}

/** The status of a Site with so many servers ready; what has not changed keeps its time. */
function statusOf({ metadata, spec, status }: Site, readyReplicas: number): Required<NonNullable<Site['status']>> {
  const ready = readyReplicas >= spec.replicas;
  const condition: Omit<Condition, 'lastTransitionTime'> = {
    type: 'Ready',
    status: ready ? 'True' : 'False',
    reason: ready ? 'ServersReady' : 'ServersStarting',
    message: `${readyReplicas} of ${spec.replicas} servers are ready`,
  };
  const old = status?.conditions?.find(({ type }) => type === condition.type);
  const lastTransitionTime = old?.status === condition.status ? old.lastTransitionTime : now();
  return {
    observedGeneration: metadata.generation ?? 0,
    readyReplicas,
    conditions: [{ ...condition, lastTransitionTime }],
  };
}

const now = (): string => `${new Date().toISOString().slice(0, 19)}Z`;
