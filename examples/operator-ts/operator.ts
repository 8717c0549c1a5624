// The operator of Sites: `KUBECONFIG=… node operator.js --certificates DIR --address 127.0.0.1:9443`, where DIR has
// tls.crt and tls.key, which the webhooks show, and ca.crt, by which the API server knows them.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { connect, type Client, type Informer, type KubeObject } from 'ku7s/client';
import { Queue } from './queue.ts';
import { reconcile, type Caches } from './reconcile.ts';
import { SITES, type Site } from './site.ts';
import { PATHS, webhooks } from './webhooks.ts';

const { values } = parseArgs({
  options: {
    certificates: { type: 'string', default: 'certificates' },
    address: { type: 'string', default: '127.0.0.1:9443' },
  },
});
const file = (name: string): Buffer => readFileSync(path.join(values.certificates, name));

const cluster = connect();
const informers = cluster.informers((error, resource) => console.error(`${resource}: ${String(error)}`));
const sites = informers.informer(SITES) as Informer<Site>;
sites.addIndex('host', ({ spec }) => (spec.host === undefined ? [] : [spec.host]));
const deployments = informers.informer('deployments.apps') as Caches['deployments'];
const configMaps = informers.informer('configmaps') as Informer<KubeObject>;

// The webhooks first: to list Sites may already need the conversion.
const server = webhooks({ key: file('tls.key'), cert: file('tls.crt') }, sites);
const [host, port] = values.address.split(':');
server.listen(Number(port), host);
await once(server, 'listening');
await introduce(cluster.objects);

const queue = new Queue((key) => reconcile(cluster.objects, { sites, deployments }, key));
sites.follow((site, old) => queue.add(keyOf((site ?? old)!)));
for (const children of [deployments, configMaps] as Informer<KubeObject>[])
  children.follow((child, old) => {
    const { metadata } = (child ?? old)!;
    const owner = metadata.ownerReferences?.find(({ controller, kind }) => controller && kind === 'Site');
    if (owner) queue.add(`${metadata.namespace}/${owner.name}`);
  });
informers.start();
await Promise.all([sites, deployments, configMaps].map((informer) => informer.whenSynced()));
console.log('the operator is ready');

await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
await informers.stop();
await cluster.close();
server.close();
server.closeAllConnections();

/** Tells the API server where the webhooks are, and by which authority they are known. */
async function introduce({ patch }: Client): Promise<void> {
  const caBundle = file('ca.crt').toString('base64');
  const at = (where: string): object => ({ url: `https://${values.address}${where}`, caBundle });
  const put = (resource: string, field: string, where: string): Promise<unknown> =>
    patch(resource, '', SITES, [{ op: 'add', path: field, value: at(where) }], { type: 'json' });
  await put('customresourcedefinitions.apiextensions.k8s.io', '/spec/conversion/webhook/clientConfig', PATHS.convert);
  for (const [kind, where] of [
    ['mutating', PATHS.mutate],
    ['validating', PATHS.validate],
  ] as const)
    await put(`${kind}webhookconfigurations.admissionregistration.k8s.io`, '/webhooks/0/clientConfig', where);
}

function keyOf({ metadata }: KubeObject): string {
  return `${metadata.namespace}/${metadata.name}`;
}
