import type { Pod, PodAffinityTerm, Container } from '../../schema/types.ts';
import { labelMatcher, type LabelMatcher } from '../control/selector.ts';
import { lastingContainers } from '../rules/containers.ts';
import { quantityMilli, quantityValue } from '../meta/quantity.ts';

/** Amounts by resource: millicores for cpu, whole units for all others. */
export type Amounts = Record<string, number>;

/** What a container that asks for nothing is counted as in scoring: 100 millicores, 200 MB. */
const DEFAULTS: Amounts = { cpu: 100, memory: 200 * 1024 * 1024 };

export interface HostPort {
  ip: string;
  protocol: string;
  port: number;
}

/** An affinity term with its selectors parsed. `weight` for preferred ones. */
export interface Term {
  topologyKey: string;
  weight: number;
  matches(pod: Pod, namespaceLabels: (name: string) => Record<string, string> | undefined): boolean;
}

/** A pod with what the plugins ask of it over and over. Made once for each version of a pod. */
export interface PodInfo {
  pod: Pod;
  priority: number;
  requests: Amounts;
  /** with the defaults for containers that ask for nothing: what scoring counts */
  nonZero: Amounts;
  ports: readonly HostPort[];
  affinity: readonly Term[];
  antiAffinity: readonly Term[];
  preferredAffinity: readonly Term[];
  preferredAntiAffinity: readonly Term[];
}

export const amountOf = (resource: string, text: string | number): number =>
  resource === 'cpu' ? quantityMilli(text) : quantityValue(text);

export function amountsOf(list: Record<string, string> | undefined): Amounts {
  const amounts: Amounts = {};
  for (const resource in list) amounts[resource] = amountOf(resource, list[resource]!);
  return amounts;
}

export function podInfo(pod: Pod): PodInfo {
  const { podAffinity, podAntiAffinity } = pod.spec?.affinity ?? {};
  const term = (of: PodAffinityTerm, weight = 0): Term => parseTerm(of, pod, weight);
  return {
    pod,
    priority: pod.spec?.priority ?? 0,
    requests: podRequests(pod, false),
    nonZero: podRequests(pod, true),
    ports: hostPorts(pod),
    affinity: (podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).map((of) => term(of)),
    antiAffinity: (podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).map((of) => term(of)),
    preferredAffinity: (podAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map((of) =>
      term(of.podAffinityTerm, of.weight),
    ),
    preferredAntiAffinity: (podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map((of) =>
      term(of.podAffinityTerm, of.weight),
    ),
  };
}

/**
 * What a pod needs of its node: the sum of its containers and sidecars, or the largest step of its initialisation if that
 * is more, and its overhead. Pod-level requests replace the sum (KEP-753, KEP-2837).
 */
function podRequests(pod: Pod, nonZero: boolean): Amounts {
  const total: Amounts = {};
  for (const container of pod.spec?.containers ?? []) add(total, containerRequests(container, nonZero));
  const sidecars: Amounts = {};
  const steps: Amounts = {};
  for (const container of pod.spec?.initContainers ?? []) {
    const requests = containerRequests(container, nonZero);
    if (container.restartPolicy === 'Always') {
      add(total, requests);
      add(sidecars, requests);
      raise(steps, sidecars);
    } else {
      const step = { ...sidecars };
      add(step, requests);
      raise(steps, step);
    }
  }
  raise(total, steps);
  Object.assign(total, amountsOf(pod.spec?.resources?.requests as Record<string, string> | undefined));
  add(total, amountsOf(pod.spec?.overhead as Record<string, string> | undefined));
  return total;
}

function containerRequests(container: Container, nonZero: boolean): Amounts {
  const requests = amountsOf(container.resources?.requests as Record<string, string> | undefined);
  return nonZero ? { ...DEFAULTS, ...requests } : requests;
}

function add(total: Amounts, more: Amounts): void {
  for (const resource in more) total[resource] = (total[resource] ?? 0) + more[resource]!;
}

function raise(total: Amounts, least: Amounts): void {
  for (const resource in least) total[resource] = Math.max(total[resource] ?? 0, least[resource]!);
}

function hostPorts(pod: Pod): HostPort[] {
  return lastingContainers(pod.spec).flatMap((container) =>
    (container.ports ?? []).flatMap(({ hostPort, hostIP, protocol }) =>
      hostPort ? [{ ip: hostIP || '0.0.0.0', protocol: protocol || 'TCP', port: hostPort }] : [],
    ),
  );
}

function parseTerm(term: PodAffinityTerm, pod: Pod, weight: number): Term {
  const matches = labelMatcher(term.labelSelector);
  const selected: LabelMatcher | undefined = term.namespaceSelector ? labelMatcher(term.namespaceSelector) : undefined;
  const own = !term.namespaces?.length && !selected ? [pod.metadata.namespace ?? ''] : (term.namespaces ?? []);
  const namespaces = new Set(own);
  return {
    topologyKey: term.topologyKey,
    weight,
    matches(other, namespaceLabels) {
      const namespace = other.metadata.namespace ?? '';
      if (!namespaces.has(namespace) && !selected?.(namespaceLabels(namespace) ?? {})) return false;
      return matches(other.metadata.labels);
    },
  };
}
