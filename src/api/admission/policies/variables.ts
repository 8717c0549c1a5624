import { celAuthorizer, type Question, type Verdict } from '../../../kinds/cel/authorizer.ts';
import { celValue } from '../../../kinds/cel.ts';
import { fromStorage } from '../../../kinds/encode.ts';
import type { KubeObject } from '../../../meta/object.ts';
import { requestName, type AdmissionRequest } from '../plugin.ts';
import { requestFacts } from '../webhooks/request-facts.ts';

/** An object as expressions see it: of the request's version, keys escaped where CEL needs it. */
function visible({ target }: AdmissionRequest, object: KubeObject | undefined): unknown {
  if (!object) return null;
  return celValue(fromStorage(target.kind, object));
}

/** A question of an expression, for who makes the request or for the service account that it names. */
function askFor({ authorizer, ctx }: AdmissionRequest, { serviceAccount, path, verb, ...what }: Question): Verdict {
  const { namespace = '', name = '' } = serviceAccount ?? {};
  const groups = ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'];
  const user = serviceAccount ? { name: `system:serviceaccount:${namespace}:${name}`, groups } : ctx.user;
  return authorizer.decide(user, path === undefined ? { ...what, verb } : { path, verb });
}

/** What every admission expression may use: object, oldObject, request, params, namespaceObject (KEP-3488). */
export function celVariables(request: AdmissionRequest, params: KubeObject | undefined): Record<string, unknown> {
  const { store, target } = request;
  const { kind, subresource } = target;
  const { group, resource } = kind;
  const about = {
    group,
    resource,
    subresource,
    namespace: kind.namespaced ? target.namespace : '',
    name: requestName(request),
  };
  const namespace = target.kind.namespaced
    ? store.get({ resource: 'namespaces', namespace: '', name: target.namespace })
    : undefined;
  return {
    object: visible(request, request.object),
    oldObject: visible(request, request.old),
    request: celValue(requestFacts(request)),
    params: params ? celValue(params) : null,
    namespaceObject: namespace ? celValue({ kind: 'Namespace', apiVersion: 'v1', ...namespace.object }) : null,
    authorizer: celAuthorizer((question) => askFor(request, question), about),
  };
}
