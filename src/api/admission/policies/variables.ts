import { authorizerValue, resourceCheck, type Question, type Verdict } from '../../../cel/library/authorizer.ts';
import { termsOf } from '../../../meta/fields.ts';
import type { KubeObject } from '../../../meta/object.ts';
import type { Matched } from '../matching/rules.ts';
import { requestName, type AdmissionRequest } from '../plugin.ts';
import type { View } from '../view.ts';
import type { Bindings } from './composed.ts';
import { requestFacts } from '../webhooks/request-facts.ts';

/** A question of an expression, for who makes the request or for the service account that it names. */
function askFor(
  { authorizer, ctx }: AdmissionRequest,
  { serviceAccount, path, verb, fieldSelector, labelSelector: _, ...what }: Question,
): Verdict {
  const { namespace = '', name = '' } = serviceAccount ?? {};
  const groups = ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'];
  const user = serviceAccount ? { name: `system:serviceaccount:${namespace}:${name}`, groups } : ctx.user;
  if (path !== undefined) return authorizer.decide(user, { path, verb });
  const terms = fieldSelector ? termsOf(fieldSelector) : [];
  return authorizer.decide(user, { ...what, verb, ...(terms.length && { fieldSelector: terms }) });
}

/** What every admission expression may use: object, oldObject, request, params, namespaceObject (KEP-3488). */
export function celVariables(
  request: AdmissionRequest,
  matched: Matched,
  { object, oldObject }: View,
  params: KubeObject | undefined,
): Bindings {
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
  const ask = (question: Question): Verdict => askFor(request, question);
  return {
    object,
    oldObject,
    request: requestFacts(request, matched),
    params: params ?? null,
    namespaceObject: namespace ? { kind: 'Namespace', apiVersion: 'v1', ...namespace.object } : null,
    authorizer: authorizerValue(ask),
    'authorizer.requestResource': resourceCheck(ask, about),
  };
}
