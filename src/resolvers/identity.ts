import type { Api, RequestContext } from '../api/contract.ts';
import { badRequest } from '../meta/status.ts';

/** What a request may say of who it is for: in its `extensions`, or as the fields of an in-process request. */
export interface Acting {
  as?: { user: string; groups?: readonly string[] | undefined } | undefined;
  manager?: string | undefined;
}

/** Reads `extensions` of a request from outside. Throws 400. */
export function actingOf(extensions: unknown): Acting {
  const { as, manager } = (extensions ?? {}) as Record<string, unknown>;
  const user = (as as Record<string, unknown> | undefined)?.['user'];
  const groups = (as as Record<string, unknown> | undefined)?.['groups'];
  const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
  if (
    as !== undefined &&
    !(isText(user) && (groups === undefined || (Array.isArray(groups) && groups.every(isText))))
  ) {
    throw badRequest('extensions.as must be {user: String!, groups: [String!]}');
  }
  if (manager !== undefined && !isText(manager)) throw badRequest('extensions.manager must be a string');
  return {
    ...(isText(user) && { as: { user, ...(Array.isArray(groups) && { groups: groups as string[] }) } }),
    ...(isText(manager) && { manager }),
  };
}

/** The context in which an operation runs. Throws 403 where the caller may not act as another. */
export function actAs(
  api: Api,
  context: RequestContext,
  { as, manager }: Acting,
  warn: (text: string) => void,
): RequestContext {
  const user = as ? api.impersonate(context.user, { user: as.user, groups: as.groups ?? [], extra: {} }) : context.user;
  return {
    user,
    agent: manager ?? context.agent,
    warn,
    get signal() {
      return context.signal;
    },
    ...((as ?? context.impersonator) && { impersonator: context.impersonator ?? context.user }),
  };
}
