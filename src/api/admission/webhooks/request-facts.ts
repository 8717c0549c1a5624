import { fromStorage } from '../../../kinds/encode.ts';
import type { KubeObject } from '../../../meta/object.ts';
import { newUid } from '../../../meta/uid.ts';
import { userInfo } from '../../authentication/user-info.ts';
import { bodyOf, type AdmissionRequest } from '../plugin.ts';

const OPTION_KINDS: Readonly<Record<string, string>> = {
  CREATE: 'CreateOptions',
  UPDATE: 'UpdateOptions',
  DELETE: 'DeleteOptions',
};

/** admission/v1 AdmissionRequest without the objects: what policies and webhooks are told of a request. */
export function requestFacts(request: AdmissionRequest): Record<string, unknown> {
  const { target, operation, ctx, dryRun, options, object, old } = request;
  const { kind, subresource, namespace } = target;
  const body = bodyOf(request);
  const gvk = { group: body.group, version: body.version, kind: body.kind };
  const gvr = { group: kind.group, version: kind.version, resource: kind.resource };
  const optionKind = OPTION_KINDS[operation];
  const name = target.name || object?.metadata.name || old?.metadata.name;
  return {
    uid: newUid(),
    kind: gvk,
    resource: gvr,
    ...(subresource && { subResource: subresource, requestSubResource: subresource }),
    requestKind: gvk,
    requestResource: gvr,
    ...(name && { name }),
    ...(kind.namespaced && namespace && { namespace }),
    operation,
    userInfo: userInfo(ctx.user),
    dryRun,
    options: optionKind ? { kind: optionKind, apiVersion: 'meta.k8s.io/v1', ...options } : null,
  };
}

/** A stored object in the version of the request, as it is sent. */
export const sentObject = (request: AdmissionRequest, object: KubeObject | undefined): KubeObject | null =>
  object ? fromStorage(bodyOf(request), object) : null;
