import type { KubeObject } from '../../../meta/object.ts';
import { containersOf } from '../pods.ts';

interface Scope {
  scopeName: string;
  operator: string;
  values?: string[];
}

const isBestEffort = (pod: KubeObject): boolean =>
  containersOf(pod).every((c) =>
    ['requests', 'limits'].every(
      (side) => !['cpu', 'memory'].some((name) => c.resources?.[side]?.[name] !== undefined),
    ),
  );

const hasCrossNamespaceAffinity = (pod: KubeObject): boolean => {
  const affinity = pod['spec']?.affinity ?? {};
  const terms = [affinity.podAffinity, affinity.podAntiAffinity].flatMap((a) => [
    ...(a?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ...((a?.preferredDuringSchedulingIgnoredDuringExecution ?? []) as { podAffinityTerm: unknown }[]).map(
      (w) => w.podAffinityTerm,
    ),
  ]);
  return terms.some(
    (t: { namespaces?: string[]; namespaceSelector?: unknown }) =>
      (t.namespaces?.length ?? 0) > 0 || Boolean(t.namespaceSelector),
  );
};

function matches(pod: KubeObject, { scopeName, operator, values = [] }: Scope): boolean {
  const seconds = pod['spec']?.activeDeadlineSeconds;
  switch (scopeName) {
    case 'Terminating':
      return seconds !== undefined && seconds !== null && seconds >= 0;
    case 'NotTerminating':
      return seconds === undefined || seconds === null;
    case 'BestEffort':
      return isBestEffort(pod);
    case 'NotBestEffort':
      return !isBestEffort(pod);
    case 'CrossNamespacePodAffinity':
      return hasCrossNamespaceAffinity(pod);
    case 'PriorityClass': {
      const name: string = pod['spec']?.priorityClassName ?? '';
      if (operator === 'Exists') return name !== '';
      if (operator === 'DoesNotExist') return name === '';
      return operator === 'NotIn' ? !values.includes(name) : values.includes(name);
    }
    default:
      return false;
  }
}

/** Whether a quota with scopes is about this pod. Other kinds are only in quotas without scopes. */
export function inScopes(quota: KubeObject, pod: KubeObject | undefined): boolean {
  const spec = quota['spec'] ?? {};
  const scopes: Scope[] = [
    ...((spec.scopes ?? []) as string[]).map((scopeName) => ({ scopeName, operator: 'Exists' })),
    ...((spec.scopeSelector?.matchExpressions ?? []) as Scope[]),
  ];
  if (scopes.length === 0) return true;
  return pod !== undefined && scopes.every((scope) => matches(pod, scope));
}
