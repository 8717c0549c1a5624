import { groupResourceName, parseGroupResource } from './gvk.ts';
import type { KubeObject } from './object.ts';
import { addQuantity, formatQuantity, parseQuantity, quantityOf, type Quantity } from './quantity.ts';

/** What one object takes of a quota, by the quota's resource names: `pods`, `requests.cpu`, `count/configmaps`. */
export type Usage = Record<string, Quantity>;

/** Kinds that a quota counts by their plain names too. */
const PLAIN = new Set([
  'configmaps',
  'persistentvolumeclaims',
  'pods',
  'replicationcontrollers',
  'resourcequotas',
  'secrets',
  'services',
]);
const ONE = quantityOf(1);

/** @param resource `pods`, `deployments.apps` */
export function usageOf(resource: string, object: KubeObject): Usage {
  const usage: Usage = {};
  if (resource !== 'pods' || isLivePod(object)) {
    if (PLAIN.has(resource)) usage[resource] = ONE;
    if (resource === 'pods') podUsage(object, usage);
  }
  usage[`count/${groupResourceName(parseGroupResource(resource))}`] = ONE;
  if (resource === 'services') serviceUsage(object, usage);
  if (resource === 'persistentvolumeclaims') claimUsage(object, usage);
  return usage;
}

/** Which resource's objects a name of a quota's `hard` is about; undefined where no kind is known to take of it. */
export function resourceOfQuotaName(name: string): string | undefined {
  if (name.startsWith('count/')) return name.slice('count/'.length);
  if (name.startsWith('services.')) return 'services';
  if (name === 'requests.storage' || name.includes('.storageclass.storage.k8s.io/')) return 'persistentvolumeclaims';
  if (PLAIN.has(name)) return name;
  if (
    /^(requests\.|limits\.)/.test(name) ||
    ['cpu', 'memory', 'ephemeral-storage'].includes(name) ||
    name.startsWith('hugepages-')
  )
    return 'pods';
  return undefined;
}

export function addUsage(total: Usage, more: Usage): void {
  for (const [name, amount] of Object.entries(more))
    total[name] = total[name] ? addQuantity(total[name]!, amount) : amount;
}

export const formatUsage = (usage: Usage): Record<string, string> =>
  Object.fromEntries(Object.entries(usage).map(([name, amount]) => [name, formatQuantity(amount)]));

/** Ended pods take nothing; neither do those that are past their grace and only wait for a lost node. */
const isLivePod = ({ status }: KubeObject): boolean => status?.phase !== 'Succeeded' && status?.phase !== 'Failed';

type Amounts = Record<string, Quantity>;

function containerAmounts(container: KubeObject, kind: 'requests' | 'limits'): Amounts {
  const list = (container['resources']?.[kind] ?? {}) as Record<string, string>;
  return Object.fromEntries(Object.entries(list).map(([name, text]) => [name, parseQuantity(String(text))]));
}

/** The sum over containers and sidecars, or the largest step of the initialisation, and the overhead. */
export function podAmounts(pod: KubeObject, kind: 'requests' | 'limits'): Amounts {
  const total: Amounts = {};
  const sidecars: Amounts = {};
  const steps: Amounts = {};
  const raise = (least: Amounts): void => {
    for (const [name, amount] of Object.entries(least))
      if (!steps[name] || steps[name]!.nano < amount.nano) steps[name] = amount;
  };
  for (const container of pod['spec']?.containers ?? []) addUsage(total, containerAmounts(container, kind));
  for (const container of pod['spec']?.initContainers ?? []) {
    const amounts = containerAmounts(container, kind);
    if (container.restartPolicy === 'Always') {
      addUsage(total, amounts);
      addUsage(sidecars, amounts);
      raise(sidecars);
    } else {
      const step = { ...sidecars };
      addUsage(step, amounts);
      raise(step);
    }
  }
  for (const [name, amount] of Object.entries(steps))
    if (!total[name] || total[name]!.nano < amount.nano) total[name] = amount;
  Object.assign(total, containerAmounts(pod['spec'] ?? {}, kind));
  const overhead = (pod['spec']?.overhead ?? {}) as Record<string, string>;
  for (const [name, text] of Object.entries(overhead)) addUsage(total, { [name]: parseQuantity(text) });
  return total;
}

function podUsage(pod: KubeObject, usage: Usage): void {
  for (const [name, amount] of Object.entries(podAmounts(pod, 'requests'))) {
    usage[`requests.${name}`] = amount;
    if (['cpu', 'memory', 'ephemeral-storage'].includes(name) || name.startsWith('hugepages-')) usage[name] = amount;
  }
  for (const [name, amount] of Object.entries(podAmounts(pod, 'limits'))) usage[`limits.${name}`] = amount;
}

function serviceUsage({ spec }: KubeObject, usage: Usage): void {
  const ports = (spec?.ports ?? []) as { nodePort?: number }[];
  if (spec?.type === 'LoadBalancer') {
    usage['services.loadbalancers'] = ONE;
    const none = spec.allocateLoadBalancerNodePorts === false;
    usage['services.nodeports'] = quantityOf(none ? ports.filter(({ nodePort }) => nodePort).length : ports.length);
  } else if (spec?.type === 'NodePort') usage['services.nodeports'] = quantityOf(ports.length);
}

function claimUsage({ metadata, spec }: KubeObject, usage: Usage): void {
  const storage = parseQuantity(String(spec?.resources?.requests?.storage ?? '0'));
  usage['requests.storage'] = storage;
  const storageClass = spec?.storageClassName ?? metadata.annotations?.['volume.beta.kubernetes.io/storage-class'];
  if (!storageClass) return;
  usage[`${storageClass}.storageclass.storage.k8s.io/requests.storage`] = storage;
  usage[`${storageClass}.storageclass.storage.k8s.io/persistentvolumeclaims`] = ONE;
}

interface ScopeRequirement {
  scopeName: string;
  operator: string;
  values?: string[];
}

/** Whether a quota with these scopes counts the object. Scopes are about pods (and classes of claims); others have none to match. */
export function inScopes(quota: KubeObject, resource: string, object: KubeObject): boolean {
  const requirements: ScopeRequirement[] = [
    ...((quota['spec']?.scopes ?? []) as string[]).map((scopeName) => ({ scopeName, operator: 'Exists' })),
    ...((quota['spec']?.scopeSelector?.matchExpressions ?? []) as ScopeRequirement[]),
  ];
  return requirements.every((requirement) => matchesScope(requirement, resource, object));
}

function matchesScope(
  { scopeName, operator, values = [] }: ScopeRequirement,
  resource: string,
  object: KubeObject,
): boolean {
  const { spec } = object;
  if (scopeName === 'VolumeAttributesClass')
    return resource === 'persistentvolumeclaims' && matchesValue(spec?.volumeAttributesClassName, operator, values);
  if (resource !== 'pods') return false;
  switch (scopeName) {
    case 'Terminating':
      return typeof spec?.activeDeadlineSeconds === 'number';
    case 'NotTerminating':
      return typeof spec?.activeDeadlineSeconds !== 'number';
    case 'BestEffort':
      return isBestEffort(object);
    case 'NotBestEffort':
      return !isBestEffort(object);
    case 'PriorityClass':
      return matchesValue(spec?.priorityClassName, operator, values);
    case 'CrossNamespacePodAffinity':
      return hasCrossNamespaceAffinity(spec);
    default:
      return false;
  }
}

function matchesValue(value: string | undefined, operator: string, values: readonly string[]): boolean {
  if (operator === 'Exists') return !!value;
  if (operator === 'DoesNotExist') return !value;
  if (operator === 'In') return !!value && values.includes(value);
  return !value || !values.includes(value);
}

function isBestEffort(pod: KubeObject): boolean {
  const positive = (amounts: Amounts): boolean => ['cpu', 'memory'].some((name) => (amounts[name]?.nano ?? 0n) > 0n);
  return !positive(podAmounts(pod, 'requests')) && !positive(podAmounts(pod, 'limits'));
}

function hasCrossNamespaceAffinity(spec: KubeObject['spec']): boolean {
  return ['podAffinity', 'podAntiAffinity'].some((kind) => {
    const affinity = spec?.affinity?.[kind];
    const preferred = (affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(
      (item: { podAffinityTerm: unknown }) => item.podAffinityTerm,
    );
    const terms = [...(affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []), ...preferred];
    return terms.some((term) => term.namespaces?.length || term.namespaceSelector);
  });
}
