import type { EndpointSlice, Ingress, IngressLoadBalancerIngress } from '../../../schema/types.ts';
import type { Context, Reconciler } from '../../control/contract.ts';
import { semanticEqual } from '../../control/equal.ts';
import { keyOf, splitKey } from '../../control/keys.ts';
import { endpointsOf } from '../../rules/service-slices.ts';
import { NAMESPACE } from '../addon.ts';
import { isOurs } from './ingress-class.ts';
import { problemsOf } from './ingress-problems.ts';
import { ACCOUNT, SERVICE } from './manifests.ts';

const INGRESSES = 'ingresses.networking.k8s.io';
const CLASSES = 'ingressclasses.networking.k8s.io';
const SLICES = 'endpointslices.discovery.k8s.io';

/**
 * Writes into each Ingress of the class where it is found: the address at which the proxy is published. What cannot be
 * done of it is an event.
 */
export const ingressStatus: Reconciler = {
  name: 'ingress',
  account: ACCOUNT,
  source: 'ingress-controller',
  watches: [
    { resource: INGRESSES },
    { resource: CLASSES, keys: (_now, _old, ctx) => ctx.informer(INGRESSES).list().map(keyOf) },
    { resource: SLICES, keys: (now, old, ctx) => (isOwn(now ?? old) ? ctx.informer(INGRESSES).list().map(keyOf) : []) },
    // whether one is there is what is said of it; not what it is
    { resource: 'services', keys: (now, old, ctx) => (now && old ? [] : neighbours(now ?? old, ctx)) },
    { resource: 'secrets', keys: (now, old, ctx) => neighbours(now ?? old, ctx) },
  ],
  async reconcile(key, ctx) {
    const { namespace, name } = splitKey(key);
    const ingress = ctx.informer(INGRESSES).get(namespace, name);
    if (!ingress || ingress.metadata.deletionTimestamp || !isOurs(ingress, ctx.informer(CLASSES))) return;
    const problems = problemsOf(ingress, {
      service: (service) => ctx.informer('services').get(namespace, service),
      secret: (secret) => ctx.informer('secrets').get(namespace, secret),
    });
    const about = { ...ingress, apiVersion: 'networking.k8s.io/v1', kind: 'Ingress' };
    for (const { reason, message } of problems) ctx.events.event(about, 'Warning', reason, message);
    await writeAddress(ingress, ctx);
  },
};

async function writeAddress(ingress: Ingress, ctx: Context): Promise<void> {
  const addresses = addressesOf(ctx.informer(SLICES).get(NAMESPACE, SERVICE));
  if (semanticEqual(ingress.status?.loadBalancer?.ingress ?? [], addresses)) return;
  const { namespace = '', name } = ingress.metadata;
  const status = { loadBalancer: { ingress: addresses } };
  await ctx.client.patch(INGRESSES, namespace, name, { status }, { type: 'merge', subresource: 'status' });
}

/** Empty while no proxy is published. */
function addressesOf(slice: EndpointSlice | undefined): IngressLoadBalancerIngress[] {
  const ports = ['http', 'https'].flatMap((name) => slice?.ports?.find((port) => port.name === name)?.port ?? []);
  const all = slice ? endpointsOf(slice).flatMap(({ addresses }) => addresses) : [];
  return all.map((ip) => ({ ip, ports: ports.map((port) => ({ port, protocol: 'TCP' as const })) }));
}

const isOwn = (slice: EndpointSlice | undefined): boolean =>
  slice?.metadata.name === SERVICE && slice.metadata.namespace === NAMESPACE;

const neighbours = (object: { metadata: { namespace?: string } } | undefined, ctx: Context): string[] =>
  ctx.informer(INGRESSES).list(object?.metadata.namespace).map(keyOf);
