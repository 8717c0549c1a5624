import type { Api, Impersonation, RequestContext } from '../api/contract.ts';
import { ActingCredential } from '../api/standing/credential.ts';
import { isRecord } from '../meta/record.ts';
import { badRequest } from '../meta/status.ts';

/** What a request may say of who it is for: in its `extensions`, or as the fields of an in-process request. */
export interface Acting {
  as?: { user: string } & Partial<Omit<Impersonation, 'user'>>;
  manager?: string | undefined;
}

const FORM = 'extensions.as must be {user: String!, uid: String, groups: [String!], extra: {KEY: [String!]}}';
const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
const isTexts = (value: unknown): value is string[] => Array.isArray(value) && value.every(isText);

/** Whom a request wants to act for. What cannot be read is refused: who asked for less must not get more. */
function impersonationOf(as: unknown): NonNullable<Acting['as']> {
  if (!isRecord(as)) throw badRequest(FORM);
  const { user, uid, groups = [], extra = {}, ...others } = as;
  const known = isText(user) && (uid === undefined || isText(uid)) && isTexts(groups) && isRecord(extra);
  if (!known || Object.keys(others).length) throw badRequest(FORM);
  const values = Object.entries(extra).map(([key, value]) => {
    if (!isTexts(value)) throw badRequest(FORM);
    return [key.toLowerCase(), value] as const;
  });
  return { user, groups, extra: Object.fromEntries(values), ...(uid !== undefined && { uid }) };
}

/** Reads `extensions` of a request from outside. Throws 400. */
export function actingOf(extensions: unknown): Acting {
  const { as, manager } = (extensions ?? {}) as Record<string, unknown>;
  if (manager !== undefined && !isText(manager)) throw badRequest('extensions.manager must be a string');
  return {
    ...(as !== undefined && { as: impersonationOf(as) }),
    ...(manager !== undefined && { manager }),
  };
}

const asked = (as: NonNullable<Acting['as']>): Impersonation => ({ groups: [], extra: {}, ...as });

/** The context in which an operation runs. Throws 403 where the caller may not act as another. */
export function actAs(
  api: Api,
  context: RequestContext,
  { as, manager }: Acting,
  warn: (text: string) => void,
): RequestContext {
  const user = as ? api.impersonate(context.user, asked(as)) : context.user;
  return {
    user,
    credential:
      as && context.credential ? new ActingCredential(api, context.credential, asked(as)) : context.credential,
    agent: manager ?? context.agent,
    warn,
    origin: context.origin,
    facade: 'graphql',
    get signal() {
      return context.signal;
    },
    ...((as ?? context.impersonator) && { impersonator: context.impersonator ?? context.user }),
  };
}
