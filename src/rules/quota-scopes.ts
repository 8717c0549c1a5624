import type {
  PersistentVolumeClaim,
  Pod,
  PodAffinityTerm,
  ResourceQuota,
  ScopedResourceSelectorRequirement,
} from '../../schema/types.ts';
import type { ObjectLike } from '../meta/object.ts';
import { qosClass } from './qos-class.ts';

/**
 * Whether a quota with these scopes counts the object. Scopes are about pods and (VolumeAttributesClass) claims; what
 * has none to match is counted only by quotas without scopes. Source: pkg/quota/v1/evaluator/core, generic.Matches.
 * @param resource `pods`, `deployments.apps`
 */
export function inScopes({ spec }: ResourceQuota, resource: string, object: ObjectLike): boolean {
  const requirements: ScopedResourceSelectorRequirement[] = [
    ...(spec?.scopes ?? []).map((scopeName) => ({ scopeName, operator: 'Exists' as const })),
    ...(spec?.scopeSelector?.matchExpressions ?? []),
  ];
  return requirements.every((requirement) => {
    if (resource === 'pods') return matchesPod(requirement, object);
    return resource === 'persistentvolumeclaims' && matchesClaim(requirement, object);
  });
}

function matchesPod(requirement: ScopedResourceSelectorRequirement, pod: Pod): boolean {
  switch (requirement.scopeName) {
    case 'Terminating':
      return isTerminating(pod);
    case 'NotTerminating':
      return !isTerminating(pod);
    case 'BestEffort':
      return isBestEffort(pod);
    case 'NotBestEffort':
      return !isBestEffort(pod);
    case 'PriorityClass':
      return matchesAny(requirement, [pod.spec?.priorityClassName]);
    case 'CrossNamespacePodAffinity':
      return hasCrossNamespaceAffinity(pod);
    default:
      return false;
  }
}

/** The class that is asked for, the one that the volume has, and the one that it is about to get. */
function matchesClaim(
  requirement: ScopedResourceSelectorRequirement,
  { spec, status }: PersistentVolumeClaim,
): boolean {
  return (
    requirement.scopeName === 'VolumeAttributesClass' &&
    matchesAny(requirement, [
      spec?.volumeAttributesClassName,
      status?.currentVolumeAttributesClassName,
      status?.modifyVolumeStatus?.targetVolumeAttributesClassName,
    ])
  );
}

/** Whether one of the names satisfies the requirement; empty ones are none at all. */
function matchesAny(
  { operator, values = [] }: ScopedResourceSelectorRequirement,
  names: readonly (string | undefined)[],
): boolean {
  const present = names.filter((name) => !!name) as string[];
  switch (operator) {
    case 'Exists':
      return present.length > 0;
    case 'DoesNotExist':
      return present.length === 0;
    case 'In':
      return present.some((name) => values.includes(name));
    default:
      return present.length === 0 || present.some((name) => !values.includes(name));
  }
}

const isTerminating = ({ spec }: Pod): boolean => (spec?.activeDeadlineSeconds ?? -1) >= 0;

const isBestEffort = ({ spec, status }: Pod): boolean => (status?.qosClass || qosClass(spec)) === 'BestEffort';

function hasCrossNamespaceAffinity({ spec }: Pod): boolean {
  const crosses = ({ namespaces, namespaceSelector }: PodAffinityTerm): boolean =>
    !!namespaces?.length || namespaceSelector != null;
  return [spec?.affinity?.podAffinity, spec?.affinity?.podAntiAffinity].some(
    (affinity) =>
      affinity?.requiredDuringSchedulingIgnoredDuringExecution?.some(crosses) ||
      affinity?.preferredDuringSchedulingIgnoredDuringExecution?.some(({ podAffinityTerm }) =>
        crosses(podAffinityTerm),
      ),
  );
}
