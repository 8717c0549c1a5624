import { badRequest } from '../../meta/status.ts';
import { forbiddenError } from '../authorization/attributes.ts';
import type { Authorizer } from '../authorization/authorizer.ts';
import type { Attributes, Impersonation, User } from '../contract.ts';
import { authenticated } from './authenticator.ts';

const SERVICE_ACCOUNT = /^system:serviceaccount:([^:]+):([^:]+)$/;

/** What a refused combination of headers prints: a Go ObjectReference per request. */
const references = (headers: Impersonation): string =>
  [
    ...headers.groups.map((g) => `{Group  ${g}    }`),
    ...Object.entries(headers.extra).flatMap(([k, v]) =>
      v.map((one) => `{UserExtra  ${one}  authentication.k8s.io/v1  ${k}}`),
    ),
    ...(headers.uid ? [`{UID  ${headers.uid}  authentication.k8s.io/v1  }`] : []),
  ].join(' ');

/** The user that Impersonate-* headers name. Throws 400 without a user name, 403 where `user` may not impersonate. */
export function impersonate(authorizer: Authorizer, user: User, headers: Impersonation): User {
  if (!headers.user) {
    if (headers.groups.length || headers.uid || Object.keys(headers.extra).length) {
      throw badRequest(`requested [${references(headers)}] without impersonating a user`);
    }
    return user;
  }
  const require = (group: string, resource: string, namespace: string, name: string, subresource = ''): void => {
    const attributes: Attributes = {
      verb: 'impersonate',
      group,
      version: 'v1',
      resource,
      subresource,
      namespace,
      name,
    };
    const { allowed, reason } = authorizer.decide(user, attributes);
    if (!allowed) throw forbiddenError(user, attributes, reason);
  };
  const [account, namespace = '', name = ''] = SERVICE_ACCOUNT.exec(headers.user) ?? [];
  if (account) require('', 'serviceaccounts', namespace, name);
  else require('', 'users', '', headers.user);
  for (const group of headers.groups) require('', 'groups', '', group);
  for (const [key, values] of Object.entries(headers.extra))
    for (const value of values) require('authentication.k8s.io', 'userextras', '', value, key);
  if (headers.uid) require('authentication.k8s.io', 'uids', '', headers.uid);
  let groups = headers.groups;
  if (groups.length === 0 && account) groups = ['system:serviceaccounts', `system:serviceaccounts:${namespace}`];
  const extra = Object.keys(headers.extra).length ? { extra: headers.extra } : {};
  const became: User = { name: headers.user, ...(headers.uid && { uid: headers.uid }), groups, ...extra };
  return headers.user === 'system:anonymous'
    ? { ...became, groups: [...groups, 'system:unauthenticated'] }
    : authenticated(became);
}
