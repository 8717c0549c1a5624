import { newUid } from '../../../meta/uid.ts';
import type { Kind } from '../../../kinds/kind.ts';
import { userInfo } from '../../authentication/user-info.ts';
import { nameOf, namespaceOf } from '../matching/attributes.ts';
import { asSent, type Matched } from '../matching/rules.ts';
import type { AdmissionRequest } from '../plugin.ts';

const OPTION_KINDS: Readonly<Record<string, string>> = {
  CREATE: 'CreateOptions',
  UPDATE: 'UpdateOptions',
  DELETE: 'DeleteOptions',
};

/** A patch is told as the create or update that it is, which have no `force`. */
function optionsOf(kind: string, options: Record<string, unknown> = {}): Record<string, unknown> {
  if (kind === 'DeleteOptions') return options;
  const { force: _, ...rest } = options;
  return rest;
}

const gvkOf = ({ group, version, kind }: Kind): object => ({ group, version, kind });
const gvrOf = ({ group, version, resource }: Kind): object => ({ group, version, resource });

/** admission/v1 AdmissionRequest without the objects: what policies and webhooks are told of a request. */
export function requestFacts(request: AdmissionRequest, { resource, body }: Matched): Record<string, unknown> {
  const { target, operation, ctx, dryRun, options } = request;
  const sent = asSent(request);
  const { subresource } = target;
  const optionKind = OPTION_KINDS[operation];
  const name = nameOf(request);
  const namespace = namespaceOf(request);
  return {
    uid: newUid(),
    kind: gvkOf(body),
    resource: gvrOf(resource),
    ...(subresource && { subResource: subresource }),
    requestKind: gvkOf(sent.body),
    requestResource: gvrOf(sent.resource),
    ...(subresource && { requestSubResource: subresource }),
    ...(name && { name }),
    ...(namespace && { namespace }),
    operation,
    userInfo: userInfo(ctx.user),
    dryRun,
    options: optionKind ? { kind: optionKind, apiVersion: 'meta.k8s.io/v1', ...optionsOf(optionKind, options) } : null,
  };
}
