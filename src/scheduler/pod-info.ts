import type { Pod, PodAffinityTerm } from '../../schema/types.ts';
import { labelMatcher, type LabelMatcher } from '../control/selector.ts';
import { hostPorts, type HostPort } from '../rules/host-ports.ts';
import { isPodLevelResource, podAmounts, rounded, type Amounts as SumsOf } from '../rules/pod-amounts.ts';

/** Amounts by resource: millicores for cpu, whole units for all others (KEP-753, KEP-2837). */
export type Amounts = SumsOf<number>;

/** What a container that asks for nothing is counted as in scoring: 100 millicores, 200 MB. */
const DEFAULTS: Amounts = { cpu: 100, memory: 200 * 1024 * 1024 };

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
  /** with the defaults for containers that ask for nothing: what scoring counts of a pod that stands on a node */
  nonZero: Amounts;
  /** the same of a pod that is being placed: kube-scheduler leaves out what it asks for as a whole */
  wanted: Amounts;
  ports: readonly HostPort[];
  affinity: readonly Term[];
  antiAffinity: readonly Term[];
  preferredAffinity: readonly Term[];
  preferredAntiAffinity: readonly Term[];
}

export function podInfo(pod: Pod): PodInfo {
  const { podAffinity, podAntiAffinity } = pod.spec?.affinity ?? {};
  const term = (of: PodAffinityTerm, weight = 0): Term => parseTerm(of, pod, weight);
  const requests = podAmounts(pod.spec, 'requests', rounded);
  const hasOwn = Object.keys(pod.spec?.resources?.requests ?? {}).some(isPodLevelResource);
  const spec = hasOwn ? { ...pod.spec, resources: {} } : pod.spec;
  const wanted = podAmounts(spec, 'requests', rounded, { missing: DEFAULTS });
  return {
    pod,
    priority: pod.spec?.priority ?? 0,
    requests,
    nonZero: hasOwn ? podAmounts(pod.spec, 'requests', rounded, { missing: without(DEFAULTS, requests) }) : wanted,
    wanted,
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

const without = (amounts: Amounts, present: Amounts): Amounts =>
  Object.fromEntries(Object.entries(amounts).filter(([name]) => present[name] === undefined));

/** Ports of the host that the pod's lasting containers take; 0.0.0.0 is every address. */
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
