import type { ObjectOf } from '../../../api/object-as.ts';

export type Pod = ObjectOf<'pods'>;
export interface DrainFilters {
  ignoreDaemonSets: boolean;
  deleteEmptyDirData: boolean;
  force: boolean;
}

/** What a drain does with a pod, and what it says of it. */
export interface PodVerdict {
  evict: boolean;
  warning?: string;
  error?: string;
}

const FINE: PodVerdict = { evict: true };
const isFinished = ({ status }: Pod): boolean => status?.phase === 'Succeeded' || status?.phase === 'Failed';
const controllerOf = ({ metadata }: Pod) => metadata.ownerReferences?.find(({ controller }) => controller);

type Filter = (pod: Pod) => PodVerdict | Promise<PodVerdict>;

/**
 * kubectl's filters, in their order: the first that keeps a pod ends it, and of several warnings the last stays.
 * @param daemonSetProblem why the DaemonSet of a pod cannot be read; `missing`: it is not there
 * Source: kubectl's pkg/drain/filters.go.
 */
export function podFilter(
  { ignoreDaemonSets, deleteEmptyDirData, force }: DrainFilters,
  daemonSetProblem: (namespace: string, name: string) => Promise<{ message: string; missing: boolean } | undefined>,
): (pod: Pod) => Promise<PodVerdict> {
  const filters: readonly Filter[] = [
    async (pod) => {
      const owner = controllerOf(pod);
      if (owner?.kind !== 'DaemonSet' || owner.apiVersion !== 'apps/v1' || isFinished(pod)) return FINE;
      const problem = await daemonSetProblem(pod.metadata.namespace ?? '', owner.name);
      if (problem)
        return problem.missing && force
          ? { evict: true, warning: problem.message }
          : { evict: false, error: problem.message };
      if (ignoreDaemonSets) return { evict: false, warning: 'ignoring DaemonSet-managed Pods' };
      return { evict: false, error: 'DaemonSet-managed Pods (use --ignore-daemonsets to ignore)' };
    },
    ({ metadata }) => (metadata.annotations?.['kubernetes.io/config.mirror'] === undefined ? FINE : { evict: false }),
    (pod) => {
      if (isFinished(pod) || !pod.spec?.volumes?.some(({ emptyDir }) => emptyDir)) return FINE;
      if (deleteEmptyDirData) return { evict: true, warning: 'deleting Pods with local storage' };
      return { evict: false, error: 'Pods with local storage (use --delete-emptydir-data to override)' };
    },
    (pod) => {
      if (isFinished(pod) || controllerOf(pod)) return FINE;
      if (force) return { evict: true, warning: 'deleting Pods that declare no controller' };
      return { evict: false, error: 'cannot delete Pods that declare no controller (use --force to override)' };
    },
  ];
  return async (pod) => {
    let verdict = FINE;
    for (const filter of filters) {
      verdict = await filter(pod);
      if (!verdict.evict) break;
    }
    return verdict;
  };
}

/** What is said of several pods, once for each reason: `reason: a/b, c/d`. */
export function byReason(pods: readonly { pod: Pod; reason: string | undefined }[]): string[] {
  const reasons = new Map<string, string[]>();
  for (const { pod, reason } of pods) {
    if (reason === undefined) continue;
    const name = `${pod.metadata.namespace ?? ''}/${pod.metadata.name}`;
    reasons.set(reason, [...(reasons.get(reason) ?? []), name]);
  }
  return [...reasons].map(([reason, names]) => `${reason}: ${names.join(', ')}`);
}
