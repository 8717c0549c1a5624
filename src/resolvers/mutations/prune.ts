import type { BundleStep, Target } from '../../api/contract.ts';
import { keyOf } from '../../api/target.ts';
import { badRequest, noSuchResource } from '../../meta/status.ts';
import type { Key, Stored } from '../../store/contract.ts';
import { checkNames } from '../checked-names.ts';
import type { OperationContext } from '../context.ts';
import { selectOptions } from '../targets.ts';
import { installRank } from './install-order.ts';

/** Which objects go because a bundle does not name them any more. */
export interface Prune {
  labelSelector: string;
  /** resources, `deployments.apps`; those of kubectl's list that are in namespaces where none are said */
  kinds?: readonly string[] | null | undefined;
}

/** What `kubectl apply --prune -l` looks at when it is not told, as far as it is in namespaces. */
const DEFAULT_KINDS = [
  'configmaps',
  'endpoints',
  'persistentvolumeclaims',
  'pods',
  'replicationcontrollers',
  'secrets',
  'services',
  'jobs.batch',
  'cronjobs.batch',
  'ingresses.networking.k8s.io',
  'daemonsets.apps',
  'deployments.apps',
  'replicasets.apps',
  'statefulsets.apps',
];

const textOf = ({ resource, namespace, name }: Key): string => `${resource}/${namespace}/${name}`;

/** Whether the manager has applied it: what others have made, or it by other means, is not its to prune. */
const isAppliedBy = ({ object }: Stored, manager: string): boolean =>
  object.metadata.managedFields?.some((entry) => entry.operation === 'Apply' && entry.manager === manager) ?? false;

/**
 * Deletes of what carries the label, was applied by the same manager, and is not among the targets; in the namespaces
 * of the bundle, and in all where a kind has none. Lists are the caller's: throws 403 where he may not, 404.
 */
export async function pruneSteps(
  { api, request }: OperationContext,
  { labelSelector, kinds }: Prune,
  manager: string,
  targets: readonly Target[],
  namespaces: ReadonlySet<string>,
): Promise<(BundleStep & { verb: 'delete' })[]> {
  if (!labelSelector.trim()) throw badRequest('prune needs a label selector');
  checkNames({ 'prune.kinds': kinds });
  const kept = new Set(targets.map((target) => textOf(keyOf(target))));
  const steps: (BundleStep & { verb: 'delete' })[] = [];
  for (const resource of new Set(kinds ?? DEFAULT_KINDS)) {
    const kind = api.registry.preferred(resource);
    if (!kind) throw noSuchResource();
    for (const namespace of kind.namespaced ? namespaces : ['']) {
      const place: Target = { kind, namespace, name: '', subresource: '' };
      const { items } = await api.list(request, place, selectOptions({ labelSelector }));
      for (const item of items) {
        if (kept.has(textOf(item)) || item.object.metadata.deletionTimestamp || !isAppliedBy(item, manager)) continue;
        steps.push({
          verb: 'delete',
          target: { ...place, name: item.name },
          // what has been replaced since is another's
          options: { propagationPolicy: 'Background', preconditions: { uid: item.uid } },
        });
      }
    }
  }
  return steps.sort((a, b) => installRank(b.target.kind) - installRank(a.target.kind));
}
