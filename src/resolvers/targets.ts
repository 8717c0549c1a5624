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
  namespace?: string | null | undefined;
  name?: string | null | undefined;
  subresource?: string | null | undefined;
}

/** A namespace that a cluster-scoped kind is given is left out: one document can serve kinds of both scopes. */
export const targetOf = (kind: Kind, { namespace, name, subresource }: TargetArguments): Target => ({
  kind,
  namespace: kind.namespaced ? (namespace ?? '') : '',
  name: name ?? '',
  subresource: subresource ?? '',
});

export interface WriteArguments {
  dryRun?: boolean | null | undefined;
  fieldManager?: string | null | undefined;
  fieldValidation?: string | null | undefined;
  force?: boolean | null | undefined;
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
  gracePeriodSeconds?: number | null | undefined;
  propagationPolicy?: string | null | undefined;
  uid?: string | null | undefined;
  resourceVersion?: string | null | undefined;
  dryRun?: boolean | null | undefined;
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
  namespace?: string | null | undefined;
  labelSelector?: string | null | undefined;
  fieldSelector?: string | null | undefined;
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
