import type { PersistentVolumeClaim, Pod, Service } from '../../schema/types.ts';
import { isQualifiedName } from '../meta/names.ts';
import type { ObjectLike } from '../meta/object.ts';
import { compareQuantity, parseQuantity, quantityOf, roundUp, type Quantity } from '../meta/quantity.ts';
import { timeMs } from '../meta/time.ts';
import { exact, podAmounts, type Amounts } from './pod-amounts.ts';
import { isPodTerminal } from './pods.ts';

/** What one object takes of a quota, by the quota's resource names: `pods`, `requests.cpu`, `count/configmaps`. */
export type Usage = Amounts<Quantity>;

/** Kinds that a quota counts by their plain names too. */
const PLAIN: ReadonlySet<string> = new Set([
  'configmaps',
  'persistentvolumeclaims',
  'pods',
  'replicationcontrollers',
  'resourcequotas',
  'secrets',
  'services',
]);
const ONE = quantityOf(1);
const COMPUTE: ReadonlySet<string> = new Set(['cpu', 'memory', 'ephemeral-storage']);
const HUGE_PAGES = 'hugepages-';
const BY_CLASS = '.storageclass.storage.k8s.io/';
const BETA_CLASS = 'volume.beta.kubernetes.io/storage-class';

/**
 * What an object takes of the quotas of its namespace; a resource that it does not take of is left out. Source:
 * pkg/quota/v1/evaluator/core.
 * @param resource `pods`, `deployments.apps`
 * @param now ms since the epoch
 */
export function usageOf(resource: string, object: ObjectLike, now: number): Usage {
  const usage: Usage = { [`count/${resource}`]: ONE };
  if (!PLAIN.has(resource)) return usage;
  if (resource === 'pods' && !isLive(object, now)) return usage;
  usage[resource] = ONE;
  if (resource === 'pods') addPod(usage, object);
  else if (resource === 'services') addService(usage, object);
  else if (resource === 'persistentvolumeclaims') addClaim(usage, object);
  return usage;
}

/** Which resource's objects a name of a quota's `hard` is about; undefined where no kind is known to take of it. */
export function resourceOfQuotaName(name: string): string | undefined {
  if (name.startsWith('count/')) return name.slice('count/'.length);
  if (name.startsWith('services.')) return 'services';
  if (name === 'requests.storage' || name.includes(BY_CLASS)) return 'persistentvolumeclaims';
  if (PLAIN.has(name)) return name;
  return /^(requests\.|limits\.)/.test(name) || COMPUTE.has(name) || name.startsWith(HUGE_PAGES) ? 'pods' : undefined;
}

/** Ended pods take nothing; neither do those that are past their grace and only wait for a lost node. */
function isLive(pod: Pod, now: number): boolean {
  if (isPodTerminal(pod)) return false;
  const { deletionTimestamp, deletionGracePeriodSeconds } = pod.metadata;
  if (!deletionTimestamp || deletionGracePeriodSeconds === undefined) return true;
  return now <= timeMs(deletionTimestamp) + deletionGracePeriodSeconds * 1000;
}

/** A resource outside of Kubernetes' own domain: quotas count the requests for it, and them alone. */
const isExtended = (name: string): boolean =>
  name.startsWith('deviceclass.resource.kubernetes.io/') ||
  (name.includes('/') &&
    !name.includes('kubernetes.io/') &&
    !name.startsWith('requests.') &&
    isQualifiedName(`requests.${name}`).length === 0);

function addPod(usage: Usage, { spec }: Pod): void {
  const requests = podAmounts(spec, 'requests', exact);
  for (const name in requests) {
    const isNative = COMPUTE.has(name) || name.startsWith(HUGE_PAGES);
    if (isNative) usage[name] = requests[name]!;
    if (isNative || isExtended(name)) usage[`requests.${name}`] = requests[name]!;
  }
  const limits = podAmounts(spec, 'limits', exact);
  for (const name in limits) if (COMPUTE.has(name)) usage[`limits.${name}`] = limits[name]!;
}

/** Node ports are counted as wished for: they are not allocated yet. */
function addService(usage: Usage, { spec }: Service): void {
  const ports = spec?.ports ?? [];
  if (spec?.type === 'LoadBalancer') {
    usage['services.loadbalancers'] = ONE;
    const none = spec.allocateLoadBalancerNodePorts === false;
    usage['services.nodeports'] = quantityOf(none ? ports.filter(({ nodePort }) => nodePort).length : ports.length);
  } else if (spec?.type === 'NodePort') usage['services.nodeports'] = quantityOf(ports.length);
}

function addClaim(usage: Usage, { metadata, spec, status }: PersistentVolumeClaim): void {
  // the annotation of old counts before the field
  const storageClass = metadata.annotations?.[BETA_CLASS] ?? spec?.storageClassName;
  if (storageClass) usage[`${storageClass}${BY_CLASS}persistentvolumeclaims`] = ONE;
  const storage = storageOf(spec?.resources?.requests?.['storage'], status?.allocatedResources?.['storage']);
  if (!storage) return;
  usage['requests.storage'] = storage;
  if (storageClass) usage[`${storageClass}${BY_CLASS}requests.storage`] = storage;
}

/** In whole bytes; while a volume grows, what was allocated for it where that is more (KEP-1790). */
function storageOf(requested: string | undefined, allocated: string | undefined): Quantity | undefined {
  if (requested === undefined) return undefined;
  const [wish, given] = [parseQuantity(requested), parseQuantity(allocated ?? '0')];
  return roundUp(compareQuantity(given, wish) > 0 ? given : wish);
}
