import { groupResourceName } from '../../../meta/gvk.ts';
import { parseQuantity, quantityOf } from '../../../meta/quantity.ts';
import type { KubeObject } from '../../../meta/object.ts';
import type { Target } from '../../contract.ts';
import { containersOf } from '../pods.ts';
import { podAmounts, type Amounts } from '../pod-resources.ts';

const ONE = quantityOf(1);
/** Resources that quotas count under their own name, besides `count/…`. */
const COUNTED = new Set([
  'configmaps',
  'secrets',
  'services',
  'persistentvolumeclaims',
  'replicationcontrollers',
  'resourcequotas',
  'pods',
]);
const COMPUTE = ['cpu', 'memory', 'ephemeral-storage'];

/** Succeeded and failed pods hold nothing any more; neither does one that has outlived its grace period. */
export const isFinished = (pod: KubeObject): boolean => ['Succeeded', 'Failed'].includes(pod['status']?.phase ?? '');

function podUsage(pod: KubeObject): Amounts {
  const usage: Amounts = {};
  for (const [name, amount] of Object.entries(podAmounts(pod, 'requests'))) {
    if (COMPUTE.includes(name) || name.startsWith('hugepages-')) usage[name] = amount;
    usage[`requests.${name}`] = amount;
  }
  for (const [name, amount] of Object.entries(podAmounts(pod, 'limits'))) usage[`limits.${name}`] = amount;
  return usage;
}

function serviceUsage({ spec = {} }: KubeObject): Amounts {
  const ports = (spec.ports ?? []) as { nodePort?: number }[];
  if (spec.type === 'NodePort') return { 'services.nodeports': quantityOf(ports.length) };
  if (spec.type !== 'LoadBalancer') return {};
  const nodePorts =
    spec.allocateLoadBalancerNodePorts === false ? ports.filter((p) => p.nodePort).length : ports.length;
  return { 'services.loadbalancers': ONE, 'services.nodeports': quantityOf(nodePorts) };
}

function claimUsage({ spec = {} }: KubeObject): Amounts {
  const usage: Amounts = {};
  const storage = spec.resources?.requests?.storage as string | undefined;
  const name = spec.storageClassName as string | undefined;
  const prefix = name ? `${name}.storageclass.storage.k8s.io/` : '';
  if (prefix) usage[`${prefix}persistentvolumeclaims`] = ONE;
  if (storage) usage['requests.storage'] = parseQuantity(storage);
  if (storage && prefix) usage[`${prefix}requests.storage`] = parseQuantity(storage);
  return usage;
}

/** What an object takes from the quotas of its namespace; nothing for pods that are done. */
export function usageOf({ kind }: Target, object: KubeObject | undefined): Amounts {
  if (!object) return {};
  const name = groupResourceName({ group: kind.group, resource: kind.resource });
  const usage: Amounts = { [`count/${name}`]: ONE };
  if (kind.group !== '') return usage;
  if (kind.resource === 'pods' && isFinished(object)) return usage;
  if (COUNTED.has(kind.resource)) usage[kind.resource] = ONE;
  if (kind.resource === 'pods') Object.assign(usage, podUsage(object));
  if (kind.resource === 'services') Object.assign(usage, serviceUsage(object));
  if (kind.resource === 'persistentvolumeclaims') Object.assign(usage, claimUsage(object));
  return usage;
}

const MUST_SAY = new Set([
  'cpu',
  'memory',
  'requests.cpu',
  'requests.memory',
  'limits.cpu',
  'limits.memory',
  'ephemeral-storage',
  'requests.ephemeral-storage',
  'limits.ephemeral-storage',
]);

/** A quota on a compute resource wants every container to say how much it needs: `requests.cpu for: c`. */
export function unsaid(pod: KubeObject, hard: Iterable<string>): string[] {
  return [...hard]
    .filter((name) => MUST_SAY.has(name))
    .sort()
    .flatMap((name) => {
      const side = name.startsWith('limits.') ? 'limits' : 'requests';
      const resource = name.replace(/^(limits|requests)\./, '');
      if (pod['spec']?.resources?.[side]?.[resource] !== undefined) return [];
      const silent = containersOf(pod)
        .filter((c) => c.resources?.[side]?.[resource] === undefined)
        .map((c) => c.name as string);
      return silent.length ? [`${name} for: ${[...new Set(silent)].sort().join(',')}`] : [];
    });
}
