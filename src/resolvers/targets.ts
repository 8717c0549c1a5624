import type { Api, Target } from '../api/contract.ts';
import type { Kind, Registry } from '../kinds/kind.ts';
import { apiVersionOf, parseGroupResource } from '../meta/gvk.ts';
import { noSuchResource } from '../meta/status.ts';

/** @param resource `pods`, `deployments.apps`; @param version the preferred one when not given. Throws 404. */
export function kindOf(registry: Registry, resource: string, version?: string | null): Kind {
  const { group, resource: plural } = parseGroupResource(resource);
  const kind = version ? registry.byResource(group, version, plural) : registry.preferred(resource);
  if (!kind) throw noSuchResource();
  return kind;
}

/** Said of the argument `managedFields` of fields that answer with whole objects. */
export const MANAGED_FIELDS = { defaultValue: true, description: 'false leaves metadata.managedFields out' } as const;

interface TargetArguments {
  namespace?: string | null;
  name?: string | null;
  subresource?: string | null;
}

/** A namespace that a cluster-scoped kind is given is left out: one document can serve kinds of both scopes. */
export const targetOf = (kind: Kind, { namespace, name, subresource }: TargetArguments): Target => ({
  kind,
  namespace: kind.namespaced ? (namespace ?? '') : '',
  name: name ?? '',
  subresource: subresource ?? '',
});

export interface WriteArguments {
  dryRun?: boolean | null;
  fieldManager?: string | null;
  fieldValidation?: string | null;
  force?: boolean | null;
}
export const writeOptions = ({
  dryRun,
  fieldManager,
  fieldValidation,
}: WriteArguments): Parameters<Api['create']>[3] => ({
  ...(dryRun && { dryRun: ['All'] }),
  ...(fieldManager && { fieldManager }),
  ...(fieldValidation && { fieldValidation }),
});

export interface DeleteArguments extends TargetArguments {
  gracePeriodSeconds?: number | null;
  propagationPolicy?: string | null;
  uid?: string | null;
  resourceVersion?: string | null;
  dryRun?: boolean | null;
}
export function deleteOptions(args: DeleteArguments): Parameters<Api['delete']>[2] {
  const { gracePeriodSeconds, propagationPolicy, uid, resourceVersion, dryRun } = args;
  return {
    ...(dryRun && { dryRun: ['All'] }),
    ...(typeof gracePeriodSeconds === 'number' && { gracePeriodSeconds }),
    ...(propagationPolicy && { propagationPolicy }),
    ...((uid || resourceVersion) && {
      preconditions: { ...(uid && { uid }), ...(resourceVersion && { resourceVersion }) },
    }),
  };
}

export interface SelectArguments {
  namespace?: string | null;
  labelSelector?: string | null;
  fieldSelector?: string | null;
}
/** GraphQL's null and absence mean the same: not given. */
export const selectOptions = ({
  labelSelector,
  fieldSelector,
}: SelectArguments): { labelSelector?: string; fieldSelector?: string } => ({
  ...(labelSelector && { labelSelector }),
  ...(fieldSelector && { fieldSelector }),
});

/** metadata-only identity that every list and bookmark speaks of */
export const typeMetaOf = (kind: Kind): { apiVersion: string; kind: string } => ({
  apiVersion: apiVersionOf(kind),
  kind: kind.kind,
});
