import type { IncomingMessage } from 'node:http';
import type { Api, Impersonation, User } from '../api/contract.ts';
import { badRequest, isStatusError, unauthorized } from '../meta/status.ts';
import { takeBearerProtocol } from './credentials/bearer-protocol.ts';
import { certificateOf, ClientAuthority, type ClientCertificate } from './credentials/client-certificate.ts';
import { FRONT_PROXY_NAMES, frontProxyUser } from './credentials/front-proxy.ts';
import { allValuesOf } from './credentials/header-values.ts';
import { streamOf } from './exchange.ts';

export interface Identity {
  user: User;
  impersonator?: User;
}

/** Who vouches for the certificates of clients. PEM. */
export interface Authorities {
  clientCA: string;
  /** of front proxies, which speak for others; undefined: nobody does */
  frontProxyCA?: string | undefined;
}

/** What the certificate of a connection is good for. */
interface Shown {
  client: ClientCertificate | undefined;
  frontProxy: ClientCertificate | undefined;
  /** of `client`, as a member of system:authenticated */
  user: Promise<User | undefined> | undefined;
}

const list = (value: string | string[] | undefined): string[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];

/**
 * Who asks: by a front proxy's word, client certificate, bearer token, or nothing. What one of them cannot tell, the
 * next is asked; where something was shown and nothing of it is good, it is 401. Then whom they act for. Throws 401,
 * 400, 403.
 */
export class Identifier {
  /** What a connection's certificate says holds as long as the connection; whether it is good is asked each time. */
  private readonly bySocket = new WeakMap<object, Shown>();
  private readonly clients: ClientAuthority;
  private readonly frontProxies: ClientAuthority | undefined;

  /** @param now ms since the epoch */
  constructor(
    private readonly api: Api,
    { clientCA, frontProxyCA }: Authorities,
    private readonly now: () => number,
  ) {
    this.clients = new ClientAuthority(clientCA);
    this.frontProxies = frontProxyCA === undefined ? undefined : new ClientAuthority(frontProxyCA);
  }

  async identify(req: IncomingMessage): Promise<Identity> {
    const user = await this.authenticate(req);
    const asked = impersonation(req);
    return asked ? { user: this.api.impersonate(user, asked), impersonator: user } : { user };
  }

  private async authenticate(req: IncomingMessage): Promise<User> {
    const protocol = takeBearerProtocol(req);
    const shown = this.shownBy(req);
    const byCertificate = shown && (await this.certificateUser(req, shown));
    if (byCertificate) return byCertificate;
    const header = bearerToken(req);
    for (const token of [header, protocol]) {
      const user = token ? await this.api.authenticate({ token }).catch(unlessUnauthorized) : undefined;
      if (user) return user;
    }
    const nothing = !shown && header === undefined && protocol === undefined;
    const anonymous = nothing && (await this.api.authenticate({ path: pathOf(req) }));
    if (!anonymous) throw unauthorized();
    return anonymous;
  }

  private async certificateUser(req: IncomingMessage, shown: Shown): Promise<User | undefined> {
    const { frontProxy } = shown;
    if (frontProxy && this.isGood(frontProxy) && FRONT_PROXY_NAMES.includes(frontProxy.commonName)) {
      const verified = frontProxyUser(req);
      return verified && this.api.authenticate({ verified });
    }
    return shown.client && this.isGood(shown.client) ? shown.user : undefined;
  }

  private isGood({ notBefore, notAfter }: ClientCertificate): boolean {
    const now = this.now();
    return notBefore <= now && now <= notAfter;
  }

  private shownBy(req: IncomingMessage): Shown | undefined {
    // HTTP/2 gives each request a proxy of its own; the session is what lasts
    const key = streamOf(req)?.session ?? req.socket;
    const known = this.bySocket.get(key);
    if (known) return known;
    const certificate = certificateOf(req);
    if (!certificate) return undefined;
    const client = this.clients.read(certificate);
    const user = client?.user && this.api.authenticate({ verified: client.user });
    const shown = { client, frontProxy: this.frontProxies?.read(certificate), user };
    this.bySocket.set(key, shown);
    return shown;
  }
}

/** A token that is refused leaves the word to the next credential. */
function unlessUnauthorized(error: unknown): undefined {
  if (!isStatusError(error, 'Unauthorized')) throw error;
  return undefined;
}

/** Without the query. */
const pathOf = ({ url = '/' }: IncomingMessage): string => url.split('?', 1)[0] ?? url;

function bearerToken(req: IncomingMessage): string | undefined {
  return /^\s*bearer\s+(\S.*?)\s*$/i.exec(req.headers.authorization ?? '')?.[1];
}

/** Values of a header that may come several times, one each. */
const valuesOf = (req: IncomingMessage, name: string): string[] => {
  const values = allValuesOf(req, name);
  return values.length ? values : list(req.headers[name]);
};

/** What the Impersonate-* headers ask for (https://kubernetes.io/docs/reference/access-authn-authz/user-impersonation/). */
function impersonation(req: IncomingMessage): Impersonation | undefined {
  const names = Object.keys(req.headers).filter((name) => name.startsWith('impersonate-'));
  if (names.length === 0) return undefined;
  const user = list(req.headers['impersonate-user'])[0];
  const uid = list(req.headers['impersonate-uid'])[0];
  const groups = valuesOf(req, 'impersonate-group');
  const extra: Record<string, string[]> = {};
  for (const name of names) {
    const key = /^impersonate-extra-(.+)$/.exec(name)?.[1];
    if (key !== undefined) extra[unescapeKey(key)] = valuesOf(req, name);
  }
  if (!user && !uid && groups.length === 0 && Object.keys(extra).length === 0) return undefined;
  if (!user) throw badRequest(`requested [${references(uid, groups, extra).join(' ')}] without impersonating a user`);
  return { user, uid, groups, extra };
}

const unescapeKey = (key: string): string => {
  try {
    return decodeURIComponent(key).toLowerCase();
  } catch {
    return key;
  }
};

/** Object references as Go prints structs: kind, namespace, name, uid, apiVersion, resourceVersion, fieldPath. */
function references(uid: string | undefined, groups: string[], extra: Record<string, string[]>): string[] {
  const found = groups.map((g) => `{Group  ${g}    }`);
  for (const [key, values] of Object.entries(extra)) {
    for (const value of values) found.push(`{UserExtra  ${value}  authentication.k8s.io/v1  ${key}}`);
  }
  if (uid) found.push(`{UID  ${uid}  authentication.k8s.io/v1  }`);
  return found;
}
