import type { IncomingMessage } from 'node:http';
import type { Api, Credential, CredentialNotes, Impersonation, User } from '../api/contract.ts';
import { ActingCredential, ShownCredential } from '../api/standing/credential.ts';
import type { Shown } from '../api/standing/life.ts';
import { badRequest, isStatusError, unauthorized } from '../meta/status.ts';
import { takeBearerProtocol } from './credentials/bearer-protocol.ts';
import { certificateOf, ClientAuthority, type ClientCertificate } from './credentials/client-certificate.ts';
import { FRONT_PROXY_NAMES, frontProxyUser } from './credentials/front-proxy.ts';
import { allValuesOf } from './credentials/header-values.ts';
import { streamOf } from './exchange.ts';

export interface Identity {
  user: User;
  impersonator?: User;
  credential: Credential;
  /** a token says who asks, and nothing that a browser shows by itself */
  byToken: boolean;
}

/** Who vouches for the certificates of clients. PEM. */
export interface Authorities {
  clientCA: string;
  /** of front proxies, which speak for others; undefined: nobody does */
  frontProxyCA?: string | undefined;
}

/** What the certificate of a connection is good for. */
interface Certified {
  client: ClientCertificate | undefined;
  frontProxy: ClientCertificate | undefined;
  /** of `client`, as a member of system:authenticated */
  user: Promise<User | undefined> | undefined;
}

/** What a request shows of who asks: read off it once, and weighed again as long as what it has opened stays open. */
interface Evidence {
  certified: Certified | undefined;
  /** whom a front proxy speaks for; null: it is one, and names nobody */
  proxied: User | null | undefined;
  /** from the header, and from the protocols of a web socket */
  tokens: readonly (string | undefined)[];
  /** what is asked for */
  path: string;
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
  private readonly bySocket = new WeakMap<object, Certified | null>();
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

  /**
   * @param authenticated told who it is, before whom it may act for is looked at
   * @param notes hears of the credentials now, and not when they are looked at again
   */
  async identify(
    req: IncomingMessage,
    authenticated: (user: User) => void = () => undefined,
    notes?: CredentialNotes,
  ): Promise<Identity> {
    const evidence = this.evidenceOf(req);
    const { user, by } = await this.weigh(evidence, notes);
    authenticated(user);
    const credential = new ShownCredential(async () => (await this.weigh(evidence)).user, by);
    const byToken = by.token !== undefined;
    const asked = impersonation(req);
    if (!asked) return { user, credential, byToken };
    const acting = new ActingCredential(this.api, credential, asked);
    return { user: this.api.impersonate(user, asked), impersonator: user, credential: acting, byToken };
  }

  private evidenceOf(req: IncomingMessage): Evidence {
    const protocol = takeBearerProtocol(req);
    const certified = this.certifiedBy(req);
    const frontProxy = certified?.frontProxy;
    const speaks = frontProxy && this.isGood(frontProxy) && FRONT_PROXY_NAMES.includes(frontProxy.commonName);
    return {
      certified,
      proxied: speaks ? (frontProxyUser(req) ?? null) : undefined,
      tokens: [bearerToken(req), protocol],
      path: pathOf(req),
    };
  }

  /** `by`: what of it has decided. Throws 401. */
  private async weigh(evidence: Evidence, notes?: CredentialNotes): Promise<{ user: User; by: Shown }> {
    const { certified, tokens } = evidence;
    const byCertificate = certified && (await this.certificateUser(certified, evidence.proxied));
    if (byCertificate) return byCertificate;
    for (const token of tokens) {
      const user = token ? await this.api.authenticate({ token, notes }).catch(unlessUnauthorized) : undefined;
      if (user) return { user, by: { token } };
    }
    const nothing = !certified && tokens.every((token) => token === undefined);
    const anonymous = nothing && (await this.api.authenticate({ path: evidence.path }));
    if (!anonymous) throw unauthorized();
    return { user: anonymous, by: {} };
  }

  private async certificateUser(
    { frontProxy, client, user: known }: Certified,
    proxied: Evidence['proxied'],
  ): Promise<{ user: User; by: Shown } | undefined> {
    const certificate = proxied === undefined ? client : frontProxy;
    if (!certificate || !this.isGood(certificate)) return undefined;
    const user = await (proxied === undefined ? known : proxied && this.api.authenticate({ verified: proxied }));
    return user ? { user, by: { certificateUntil: certificate.notAfter } } : undefined;
  }

  private isGood({ notBefore, notAfter }: ClientCertificate): boolean {
    const now = this.now();
    return notBefore <= now && now <= notAfter;
  }

  private certifiedBy(req: IncomingMessage): Certified | undefined {
    // HTTP/2 gives each request a proxy of its own; the session is what lasts
    const key = streamOf(req)?.session ?? req.socket;
    const known = this.bySocket.get(key);
    if (known !== undefined) return known ?? undefined;
    const certificate = certificateOf(req);
    if (!certificate) {
      // one is shown with the handshake or never
      this.bySocket.set(key, null);
      return undefined;
    }
    const client = this.clients.read(certificate);
    const user = client?.user && this.api.authenticate({ verified: client.user });
    const certified = { client, frontProxy: this.frontProxies?.read(certificate), user };
    this.bySocket.set(key, certified);
    return certified;
  }
}

/** A token that is refused leaves the word to the next credential. */
function unlessUnauthorized(error: unknown): undefined {
  if (!isStatusError(error, 'Unauthorized')) throw error;
  return undefined;
}

/** Without the query. */
const pathOf = ({ url = '/' }: IncomingMessage): string => url.split('?', 1)[0] ?? url;

/** The second word, where the first is `bearer`; two spaces between them make it none. Source: bearertoken.go. */
function bearerToken(req: IncomingMessage): string | undefined {
  const [scheme = '', token] = (req.headers.authorization ?? '').trim().split(' ', 2);
  return scheme.toLowerCase() === 'bearer' && token ? token : undefined;
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
