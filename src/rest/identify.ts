import type { TLSSocket } from 'node:tls';
import type { IncomingMessage } from 'node:http';
import type { Api, Credentials, Impersonation, User } from '../api/contract.ts';
import { badRequest, unauthorized } from '../meta/status.ts';
import { ANONYMOUS, streamOf } from './exchange.ts';

type Certificate = NonNullable<Credentials['certificate']>;
export interface Identity {
  user: User;
  impersonator?: User;
}

const list = (value: string | string[] | undefined): string[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];

/** Who asks, by client certificate, bearer token or neither; then whom they act for. Throws 401, 400, 403. */
export class Identifier {
  /** The answer for a connection's certificate holds as long as the connection. */
  private readonly bySocket = new WeakMap<object, Promise<User | undefined>>();

  constructor(private readonly api: Api) {}

  async identify(req: IncomingMessage): Promise<Identity> {
    const user = await this.authenticate(req);
    const asked = impersonation(req);
    return asked ? { user: this.api.impersonate(user, asked), impersonator: user } : { user };
  }

  private async authenticate(req: IncomingMessage): Promise<User> {
    const byCertificate = await this.certificateUser(req);
    if (byCertificate) return byCertificate;
    const token = bearerToken(req);
    if (token === undefined) return ANONYMOUS;
    const user = token === '' ? undefined : await this.api.authenticate({ token });
    if (!user) throw unauthorized();
    return user;
  }

  private certificateUser(req: IncomingMessage): Promise<User | undefined> | undefined {
    const socket = req.socket as TLSSocket;
    // HTTP/2 gives each request a proxy of its own; the session is what lasts
    const key = streamOf(req)?.session ?? socket;
    const known = this.bySocket.get(key);
    if (known) return known;
    const answer = this.verify(socket);
    this.bySocket.set(key, answer);
    answer.catch(() => this.bySocket.delete(key));
    return answer;
  }

  private async verify(socket: TLSSocket): Promise<User | undefined> {
    const certificate = socket.getPeerCertificate?.();
    if (!certificate?.subject) return undefined;
    // one that the CA did not sign is a wrong credential, not a missing one
    if (!socket.authorized) throw unauthorized();
    // what a subject has several of is a list
    const { CN, O }: { CN?: string | string[]; O?: string | string[] } = certificate.subject;
    const claims: Certificate = { commonName: list(CN)[0] ?? '', organizations: list(O) };
    return this.api.authenticate({ certificate: claims });
  }
}

const SOCKET_TOKEN = 'base64url.bearer.authorization.k8s.io.';

/** From the Authorization header, or from the subprotocol that browsers use for web sockets. */
function bearerToken(req: IncomingMessage): string | undefined {
  const match = /^\s*bearer\s+(\S.*?)\s*$/i.exec(req.headers.authorization ?? '');
  if (match) return match[1];
  const protocols = req.headers['sec-websocket-protocol'];
  const offered = protocols
    ?.split(',')
    .map((p) => p.trim())
    .find((p) => p.startsWith(SOCKET_TOKEN));
  return offered === undefined ? undefined : Buffer.from(offered.slice(SOCKET_TOKEN.length), 'base64url').toString();
}

/** Values of a header that may come several times, one each (a user's group may hold a comma). */
const valuesOf = (req: IncomingMessage, name: string): string[] => {
  const values: string[] = [];
  for (let i = 0; i < req.rawHeaders.length; i += 2)
    if (req.rawHeaders[i]?.toLowerCase() === name) values.push(req.rawHeaders[i + 1] ?? '');
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
