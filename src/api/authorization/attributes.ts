import { annotateDecision } from '../audit/decision.ts';
import type { Api, Attributes, RequestContext, Target, User } from '../contract.ts';
import { forbiddenRequest, StatusError } from '../../meta/status.ts';

export type ResourceAttributes = Extract<Attributes, { resource: string }>;
export const isResourceRequest = (attributes: Attributes): attributes is ResourceAttributes => 'resource' in attributes;

/** A namespace's own requests are in that namespace: a Role in it may allow them. */
export function attributesOf(verb: string, target: Target, name = target.name): ResourceAttributes {
  const { kind, subresource } = target;
  const isNamespace = kind.group === '' && kind.resource === 'namespaces';
  const namespace = target.namespace || (isNamespace ? name : '');
  return { verb, group: kind.group, version: kind.version, resource: kind.resource, subresource, namespace, name };
}

const quote = JSON.stringify;

/** What a refused request answers: 403 with the user, the verb and the place. */
export function forbiddenError(user: User, attributes: Attributes, reason: string): StatusError {
  const why = reason && `: ${reason}`;
  if (!isResourceRequest(attributes)) {
    return new StatusError({
      message: `forbidden: User ${quote(user.name)} cannot ${attributes.verb} path ${quote(attributes.path)}${why}`,
      reason: 'Forbidden',
      details: {},
      code: 403,
    });
  }
  const { group, resource, subresource, namespace, name, verb } = attributes;
  const what = subresource ? `${resource}/${subresource}` : resource;
  const where = namespace ? `in the namespace ${quote(namespace)}` : 'at the cluster scope';
  const text = `User ${quote(user.name)} cannot ${verb} resource ${quote(what)} in API group ${quote(group)} ${where}${why}`;
  return forbiddenRequest({ group, resource }, name, text);
}

/** For façades: what is no verb on a target (a path, a resource that is not served, a relation). Throws 403. */
export function requireAttributes(
  api: Pick<Api, 'authorize'>,
  { user, audit }: Pick<RequestContext, 'user' | 'audit'>,
  attributes: Attributes,
): void {
  const decision = api.authorize(user, attributes);
  annotateDecision(audit, decision);
  if (!decision.allowed) throw forbiddenError(user, attributes, decision.reason);
}
