import type { User } from '../../contract.ts';
import type { ClaimMappings, PrefixedClaimOrExpression } from './configuration.ts';
import type { Expression } from './expression.ts';

export type Claims = Readonly<Record<string, unknown>>;

/** Expressions of one authenticator's mappings, compiled. */
export interface CompiledMappings {
  username?: Expression | undefined;
  groups?: Expression | undefined;
  uid?: Expression | undefined;
  extra: readonly { key: string; value: Expression }[];
}

const CREDENTIAL_ID = 'authentication.kubernetes.io/credential-id';
const NO_STRINGS = 'expression must return a string or a list of strings';

/** The user that claims stand for. Throws Error where a claim is missing or has another type than it should. */
export function userOf(claims: Claims, mappings: ClaimMappings, compiled: CompiledMappings): User {
  const name = username(claims, mappings.username, compiled.username);
  const groups = groupsOf(claims, mappings.groups ?? {}, compiled.groups);
  const uid = uidOf(claims, mappings.uid?.claim, compiled.uid);
  const extra = extraOf(claims, compiled.extra);
  return { name, ...(uid && { uid }), groups, ...(Object.keys(extra).length > 0 && { extra }) };
}

function text(claims: Claims, claim: string): string {
  const value = Object.hasOwn(claims, claim) ? claims[claim] : undefined;
  if (value === undefined) throw new Error(`claim ${claim} is not present`);
  if (typeof value !== 'string') throw new Error(`claim ${claim} is no string`);
  return value;
}

function username(claims: Claims, { claim, prefix = '' }: PrefixedClaimOrExpression, by?: Expression): string {
  if (by) {
    const value = by.evaluate({ claims });
    if (typeof value !== 'string') throw new Error('username claim expression must return a string');
    if (value === '') throw new Error('empty username via CEL expression is not allowed');
    return value;
  }
  const name = text(claims, claim ?? '');
  // An address that the provider has not checked may be anybody's.
  if (claim === 'email' && Object.hasOwn(claims, 'email_verified') && claims['email_verified'] !== true)
    throw new Error('email not verified');
  return prefix + name;
}

function groupsOf(claims: Claims, { claim, prefix = '' }: PrefixedClaimOrExpression, by?: Expression): string[] {
  if (by) return stringList(by.evaluate({ claims }));
  if (!claim) return [];
  if (!Object.hasOwn(claims, claim)) {
    // A provider may keep long lists elsewhere (OpenID Connect Core, 5.6.2): groups that are not read are not "none".
    if (Object.hasOwn(claims, '_claim_names') && Object.hasOwn(Object(claims['_claim_names']), claim))
      throw new Error(`claim ${claim} is a distributed claim, which is not supported`);
    return [];
  }
  const value = claims[claim];
  const groups = typeof value === 'string' ? [value] : value;
  if (!Array.isArray(groups) || !groups.every((group) => typeof group === 'string'))
    throw new Error(`claim ${claim} is neither a string nor a list of strings`);
  return groups.map((group) => prefix + group);
}

function uidOf(claims: Claims, claim: string | undefined, by?: Expression): string {
  if (claim) return text(claims, claim);
  if (!by) return '';
  const value = by.evaluate({ claims });
  if (typeof value !== 'string') throw new Error('uid claim expression must return a string');
  return value;
}

function extraOf(claims: Claims, mappings: CompiledMappings['extra']): Record<string, string[]> {
  const { jti } = claims;
  const extra: Record<string, string[]> = typeof jti === 'string' && jti ? { [CREDENTIAL_ID]: [`JTI=${jti}`] } : {};
  for (const { key, value } of mappings) {
    const values = stringList(value.evaluate({ claims }));
    if (values.length) extra[key] = values;
  }
  return extra;
}

/** A text is a list of one; null and what is empty are nothing. */
function stringList(value: unknown): string[] {
  if (value === null) return [];
  const list: unknown = typeof value === 'string' ? [value] : value;
  if (!Array.isArray(list)) throw new Error(NO_STRINGS);
  const found: string[] = [];
  for (const item of list as unknown[]) {
    if (typeof item !== 'string') throw new Error(NO_STRINGS);
    if (item) found.push(item);
  }
  return found;
}
