import type { ParamKind, ParamRef } from '../../../../schema/types.ts';
import { objectOf } from '../../../kinds/encode.ts';
import type { Kind, Registry } from '../../../kinds/kind.ts';
import { groupResourceName, parseApiVersion } from '../../../meta/gvk.ts';
import { labelSelectorAsSelector } from '../../../meta/labels.ts';
import type { KubeObject } from '../../../meta/object.ts';
import type { Stored } from '../../../store/contract.ts';
import { hasWebhook, inKindsVersion } from '../../conversion/stored-version.ts';
import { namespaceOf } from '../matching/attributes.ts';
import type { AdmissionRequest } from '../plugin.ts';

/** The kind of a policy's parameters. Throws Error where it is not served. */
export function paramKindOf(registry: Registry, { apiVersion = '', kind: name = '' }: ParamKind): Kind {
  const { group, version } = parseApiVersion(apiVersion);
  const kind = registry.byKind(group, version, name);
  if (!kind) throw new Error(`failed to find resource referenced by paramKind: '${group}/${version}, Kind=${name}'`);
  return kind;
}

/**
 * The parameter objects of a binding, in the version that the policy names; [undefined] for a policy without. Throws an
 * Error that says why there are none.
 */
export async function paramsOf(
  request: AdmissionRequest,
  kind: Kind | undefined,
  { paramRef: ref }: { paramRef?: ParamRef },
): Promise<(KubeObject | undefined)[]> {
  if (!kind || !ref) return [undefined];
  const { store } = request;
  if (ref.namespace && !kind.namespaced)
    throw new Error('paramRef.namespace must not be provided for a cluster-scoped `paramKind`');
  const namespace = kind.namespaced ? ref.namespace || namespaceOf(request) : '';
  if (kind.namespaced && !namespace)
    throw new Error('cannot use namespaced paramRef in policy binding that matches cluster-scoped resources');
  const resource = groupResourceName({ group: kind.group, resource: kind.resource });
  const found: Stored[] = ref.name
    ? [store.get({ resource, namespace, name: ref.name })].filter((s) => s !== undefined)
    : store
        .list({ resource, ...(namespace && { namespace }) })
        .items.filter((s) => labelSelectorAsSelector(ref.selector ?? {}).matches(s.labels));
  if (found.length === 0 && ref.parameterNotFoundAction === 'Deny')
    throw new Error('no params found for policy binding with `Deny` parameterNotFoundAction');
  const params = hasWebhook(kind) ? await inKindsVersion(request, kind, found) : found;
  return params.map((stored) => objectOf(kind, stored));
}
