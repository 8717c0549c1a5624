import { requireAttributes } from '../api/authorization/attributes.ts';
import type { Api, RequestContext, Target } from '../api/contract.ts';
import type { Kind } from '../kinds/kind.ts';
import { apiVersionOf, parseGroupResource } from '../meta/gvk.ts';
import { badRequest, noSuchResource, StatusError } from '../meta/status.ts';

/** Said of the argument `managedFields` of fields that answer with whole objects. */
export const MANAGED_FIELDS = { defaultValue: true, description: 'false leaves metadata.managedFields out' } as const;

interface TargetArguments {
  namespace?: string | null | undefined;
  name?: string | null | undefined;
  subresource?: string | null | undefined;
}

export const targetOf = (kind: Kind, { namespace, name, subresource }: TargetArguments): Target => ({
  kind,
  namespace: namespace ?? '',
  name: name ?? '',
  subresource: subresource ?? '',
});

interface NamedArguments extends TargetArguments {
  /** `pods`, `deployments.apps` */
  resource: string;
  /** the preferred one when not given */
  version?: string | null | undefined;
}

/** The target of a generic field. Throws 404 for what is not served, and 403 to who might not ask for it if it were. */
export function namedTarget(
  { api, request }: { api: Api; request: RequestContext },
  verb: string,
  args: NamedArguments,
): Target {
  const { group, resource } = parseGroupResource(args.resource);
  const { registry } = api;
  const { version } = args;
  const kind = version ? registry.byResource(group, version, resource) : registry.preferred(args.resource);
  if (kind) return targetOf(kind, args);
  const { namespace, name, subresource } = args;
  requireAttributes(api, request, {
    verb,
    group,
    version: version ?? '',
    resource,
    subresource: subresource ?? '',
    namespace: namespace ?? '',
    name: name ?? '',
  });
  const wanted = version ? `${args.resource} in version ${version}` : args.resource;
  throw new StatusError({
    ...noSuchResource().status,
    message: `there is no resource ${wanted}: it is called by its plural and its group, as \`pods\` or \`deployments.apps\``,
  });
}

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
/** Characters of a selector, which is parsed in one go, of relations once for each object. */
const MAX_SELECTOR = 16 * 1024;

/** GraphQL's null and absence mean the same: not given. Throws 400 for what is too long. */
export function selectOptions({ labelSelector, fieldSelector }: SelectArguments): {
  labelSelector?: string;
  fieldSelector?: string;
} {
  for (const [name, text] of Object.entries({ labelSelector, fieldSelector }))
    if (text && text.length > MAX_SELECTOR) throw badRequest(`${name}: longer than ${MAX_SELECTOR} characters`);
  return { ...(labelSelector && { labelSelector }), ...(fieldSelector && { fieldSelector }) };
}

/** metadata-only identity that every list and bookmark speaks of */
export const typeMetaOf = (kind: Kind): { apiVersion: string; kind: string } => ({
  apiVersion: apiVersionOf(kind),
  kind: kind.kind,
});
