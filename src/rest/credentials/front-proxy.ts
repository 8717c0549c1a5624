import type { IncomingMessage } from 'node:http';
import type { User } from '../../api/contract.ts';
import { FRONT_PROXY } from '../../rules/front-proxy.ts';
import { allValuesOf } from './header-values.ts';

const USER = FRONT_PROXY.userHeader.toLowerCase();
const UID = FRONT_PROXY.uidHeader.toLowerCase();
const GROUP = FRONT_PROXY.groupHeader.toLowerCase();
const EXTRA = FRONT_PROXY.extraPrefix.toLowerCase();

/** Common names of certificates of the front proxy's authority that may speak for others. */
export const FRONT_PROXY_NAMES: readonly string[] = FRONT_PROXY.allowedNames;

/**
 * Whom a front proxy asks for, by its X-Remote-* headers, which are taken off the request; undefined where it names
 * nobody. Only for a request under a front proxy's certificate.
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/authentication/#authenticating-proxy
 */
export function frontProxyUser(req: IncomingMessage): User | undefined {
  const [name] = textsOf(req, USER);
  if (!name) return undefined;
  const [uid] = textsOf(req, UID);
  const groups = textsOf(req, GROUP).filter(Boolean);
  const extra: Record<string, string[]> = {};
  for (const header of Object.keys(req.headers)) {
    if (header.startsWith(EXTRA)) extra[unescaped(header.slice(EXTRA.length))] = textsOf(req, header);
    if (header.startsWith(EXTRA) || [USER, UID, GROUP].includes(header)) delete req.headers[header];
  }
  return { name, ...(uid && { uid }), groups, extra };
}

/** Values of a header, whose bytes are UTF-8 as Go writes them. */
const textsOf = (req: IncomingMessage, name: string): string[] =>
  allValuesOf(req, name).map((value) => Buffer.from(value, 'latin1').toString('utf8'));

function unescaped(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}
