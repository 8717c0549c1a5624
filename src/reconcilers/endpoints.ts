import type { EndpointAddress, EndpointSubset, Pod, Service } from '../../schema/types.ts';
import type { Reconciler } from '../control/contract.ts';
import { semanticEqual } from '../control/equal.ts';
import { splitKey } from '../control/keys.ts';
import { isPodReady } from '../rules/pods.ts';
import { unlessGone } from '../control/conflict.ts';
import { isNamespaceTerminating } from '../rules/namespace-terminating.ts';
import { mapMatcher } from '../control/selector.ts';
import { canonicalJson } from '../meta/canonical-json.ts';
import { errorMessage } from '../meta/error-message.ts';
import { formatTime } from '../meta/time.ts';
import { isEndpoint, podAddress, podReference, targetPort } from './endpoint-addresses.ts';
import { TRIGGER_TIME } from './endpointslice.ts';
import { servicesOfPod } from './services-of-pod.ts';

/** Addresses of one Endpoints object; it says by an annotation that it was cut. */
const CAPACITY = 1000;
const OVER_CAPACITY = 'endpoints.kubernetes.io/over-capacity';
export const ENDPOINTS_MANAGED_BY = 'endpoints.kubernetes.io/managed-by';
const HEADLESS = 'service.kubernetes.io/headless';

/** Keeps the Endpoints of services that select pods: the older form of slices, one object a service. */
export const endpoints: Reconciler = {
  name: 'endpoint',
  watches: [{ resource: 'services' }, { resource: 'pods', keys: servicesOfPod }, { resource: 'endpoints' }],
  async reconcile(key, ctx) {
    const { namespace, name } = splitKey(key);
    const service = ctx.informer('services').get(namespace, name);
    const current = ctx.informer('endpoints').get(namespace, name);
    if (!service) {
      if (current?.metadata.labels?.[ENDPOINTS_MANAGED_BY]) {
        await unlessGone(ctx.client.delete('endpoints', namespace, name));
      }
      return;
    }
    if (!service.spec?.selector || service.spec.type === 'ExternalName' || service.metadata.deletionTimestamp) return;
    const matches = mapMatcher(service.spec.selector);
    const pods = ctx
      .informer('pods')
      .list(namespace)
      .filter((pod) => matches(pod.metadata.labels));
    const { subsets, over } = subsetsOf(service, pods);
    const labels = labelsOf(service);
    const same = current && semanticEqual(current.subsets, subsets) && semanticEqual(current.metadata.labels, labels);
    if (same && (current.metadata.annotations?.[OVER_CAPACITY] !== undefined) === over) return;
    const { [OVER_CAPACITY]: _, ...annotations }: Record<string, string> = {
      ...current?.metadata.annotations,
      [TRIGGER_TIME]: formatTime(ctx.clock.now()),
    };
    if (over) annotations[OVER_CAPACITY] = 'truncated';
    const object = { apiVersion: 'v1', kind: 'Endpoints', subsets };
    try {
      await (current
        ? ctx.client.update('endpoints', { ...object, metadata: { ...current.metadata, labels, annotations } })
        : ctx.client.create('endpoints', { ...object, metadata: { name, namespace, labels, annotations } }));
    } catch (error) {
      if (!current && isNamespaceTerminating(error)) return;
      const about = { ...object, metadata: current?.metadata ?? { name, namespace, uid: '' } };
      const failed = `Failed to ${current ? 'update endpoint' : 'create endpoint for service'} ${key}: ${errorMessage(error)}`;
      ctx.events.event(about, 'Warning', `FailedTo${current ? 'Update' : 'Create'}Endpoint`, failed);
      throw error;
    }
  },
};

function labelsOf(service: Service): Record<string, string> {
  const { [HEADLESS]: _, ...labels } = service.metadata.labels ?? {};
  const headless = service.spec?.clusterIP === 'None';
  return { ...labels, [ENDPOINTS_MANAGED_BY]: 'endpoint-controller', ...(headless && { [HEADLESS]: '' }) };
}

interface PodPorts {
  address: EndpointAddress;
  ready: boolean;
  ports: NonNullable<EndpointSubset['ports']>;
}

function subsetsOf(service: Service, pods: readonly Pod[]): { subsets: EndpointSubset[]; over: boolean } {
  const family = service.spec?.ipFamilies?.[0] ?? 'IPv4';
  const found: PodPorts[] = [];
  for (const pod of pods) {
    const publish = !!service.spec?.publishNotReadyAddresses;
    const ip = podAddress(pod, family);
    if (!ip || !isEndpoint(pod, publish)) continue;
    const hostname = pod.spec?.hostname && pod.spec.subdomain === service.metadata.name ? pod.spec.hostname : undefined;
    const nodeName = pod.spec?.nodeName;
    const address = {
      ip,
      ...(hostname && { hostname }),
      ...(nodeName && { nodeName }),
      targetRef: podReference(pod),
    };
    found.push({ address, ready: publish || isPodReady(pod), ports: portsOf(service, pod) });
  }
  found.sort((a, b) => Number(b.ready) - Number(a.ready) || (a.address.ip < b.address.ip ? -1 : 1));
  return { subsets: repack(found.slice(0, CAPACITY)), over: found.length > CAPACITY };
}

function portsOf(service: Service, pod: Pod): PodPorts['ports'] {
  return (service.spec?.ports ?? []).flatMap((port) => {
    const number = targetPort(pod, port);
    const { name, protocol = 'TCP', appProtocol } = port;
    if (number === undefined) return [];
    return [{ ...(name && { name }), port: number, protocol, ...(appProtocol && { appProtocol }) }];
  });
}

/** One subset for each set of ports, addresses in order. */
function repack(found: readonly PodPorts[]): EndpointSubset[] {
  const subsets = new Map<string, EndpointSubset>();
  for (const { address, ready, ports } of found) {
    if (ports.length === 0 && found.some((other) => other.ports.length)) continue;
    const key = canonicalJson(ports);
    const subset = subsets.get(key) ?? { ports };
    subsets.set(key, subset);
    const field = ready ? 'addresses' : 'notReadyAddresses';
    subset[field] = [...(subset[field] ?? []), address];
  }
  return [...subsets.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, subset]) => subset);
}
