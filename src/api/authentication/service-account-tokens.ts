import { quoteList } from '../../go/quote.ts';
import { createPrivateKey, createPublicKey, createHash, randomUUID, type KeyObject } from 'node:crypto';
import { decodeJwt, jwtVerify, SignJWT } from 'jose';
import { LRUCache } from 'lru-cache';
import type { Store, Stored } from '../../store/contract.ts';
import type { User } from '../contract.ts';
import type { Clock } from '../../rules/clock.ts';

export interface SigningKeys {
  /** PEM, PKCS #8 */
  privateKey: string;
  /** PEM, SPKI */
  publicKey: string;
}
export interface BoundObject {
  kind: 'Pod' | 'Secret' | 'Node';
  name: string;
  uid: string;
}
interface Claims {
  namespace: string;
  serviceaccount: { name: string; uid: string };
  pod?: { name: string; uid: string };
  secret?: { name: string; uid: string };
  node?: { name: string; uid: string };
}

/** Verified signatures kept; an entry is a few hundred bytes. What a token is bound to is looked up every time. */
const MAX_VERIFIED = 4096;
const CLAIM = 'kubernetes.io';
const DELETED = Buffer.from('"deletionTimestamp":');
/** ms after its time that an object which is being deleted still counts */
const GONE_MS = 60_000;

/** base64url of the SHA-256 of the key's DER: the key id that kube-apiserver gives. */
const keyIdOf = (key: KeyObject): string =>
  createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('base64url');

/** Service account tokens: signed here (RS256), and good as long as what they are bound to lives (KEP-1205). */
export class ServiceAccountTokens {
  private readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly keyId: string;
  private readonly verified = new LRUCache<
    string,
    { claims: Claims; audiences: readonly string[]; until: number; from: number; id: string }
  >({ max: MAX_VERIFIED });

  constructor(
    keys: SigningKeys,
    readonly issuer: string,
    private readonly store: Store,
    private readonly clock: Clock,
  ) {
    this.privateKey = createPrivateKey(keys.privateKey);
    this.publicKey = createPublicKey(keys.publicKey);
    this.keyId = keyIdOf(this.publicKey);
  }

  /** JSON Web Key Set, for /openid/v1/jwks. */
  jwks(): { keys: unknown[] } {
    return { keys: [{ use: 'sig', alg: 'RS256', kid: this.keyId, ...this.publicKey.export({ format: 'jwk' }) }] };
  }

  /** @param seconds how long it is good */
  async sign(
    namespace: string,
    account: { name: string; uid: string },
    audiences: readonly string[],
    seconds: number,
    bound?: BoundObject,
    node?: { name: string; uid: string },
  ): Promise<{ token: string; expires: number }> {
    const now = Math.floor(this.clock.now() / 1000);
    const claims: Claims = {
      namespace,
      ...(node && { node }),
      ...(bound && { [bound.kind.toLowerCase()]: { name: bound.name, uid: bound.uid } }),
      serviceaccount: { name: account.name, uid: account.uid },
    };
    const token = await new SignJWT({ [CLAIM]: claims })
      .setProtectedHeader({ alg: 'RS256', kid: this.keyId })
      .setAudience([...audiences])
      .setExpirationTime(now + seconds)
      .setIssuedAt(now)
      .setNotBefore(now)
      .setIssuer(this.issuer)
      .setJti(randomUUID())
      .setSubject(`system:serviceaccount:${namespace}:${account.name}`)
      .sign(this.privateKey);
    return { token, expires: (now + seconds) * 1000 };
  }

  /** Undefined for what is no token of ours, is over, or is bound to what is gone. `audiences` [] means the API itself. */
  async verify(
    token: string,
    audiences: readonly string[],
  ): Promise<{ user: User; audiences: readonly string[] } | undefined> {
    const known = await this.signature(token);
    const now = this.clock.now() / 1000;
    if (!known || known.until <= now || known.from > now + 10) return undefined;
    const wanted = audiences.length ? audiences : [this.issuer];
    const shared = wanted.filter((a) => known.audiences.includes(a));
    if (shared.length === 0) return undefined;
    const alive = this.alive(known.claims) || (await this.store.fresh(), this.alive(known.claims));
    return alive ? { user: userOf(known.claims, known.id), audiences: shared } : undefined;
  }

  /**
   * Why `verify` has refused a token, in the words of a TokenReview; undefined for what is no token of ours at all.
   * Says what is known of it now, and trusts nothing in it.
   */
  refusal(token: string, audiences: readonly string[]): string | undefined {
    if (!looksLikeOurs(token, this.issuer)) return undefined;
    const known = this.verified.get(token);
    const now = this.clock.now() / 1000;
    const { exp = 0 } = decodeJwt(token);
    if (!known)
      return exp <= now ? 'service account token has expired' : 'go-jose/go-jose: error in cryptographic primitive';
    const wanted = audiences.length ? audiences : [this.issuer];
    if (!wanted.some((audience) => known.audiences.includes(audience))) {
      return `token audiences ${quoteList(known.audiences)} is invalid for the target audiences ${quoteList(wanted)}`;
    }
    if (known.until <= now) return 'service account token has expired';
    if (known.from > now + 10) return 'service account token is not valid yet';
    const { namespace, serviceaccount } = known.claims;
    const account = this.store.get({ resource: 'serviceaccounts', namespace, name: serviceaccount.name });
    if (!account) return `serviceaccounts ${JSON.stringify(serviceaccount.name)} not found`;
    if (account.uid !== serviceaccount.uid)
      return `service account UID (${account.uid}) does not match claim (${serviceaccount.uid})`;
    return 'service account token has been invalidated';
  }

  private async signature(token: string) {
    const kept = this.verified.get(token);
    if (kept) return kept;
    if (!looksLikeOurs(token, this.issuer)) return undefined;
    try {
      const { payload } = await jwtVerify(token, this.publicKey, {
        issuer: this.issuer,
        algorithms: ['RS256'],
        currentDate: new Date(this.clock.now()),
      });
      const claims = payload[CLAIM] as Claims | undefined;
      if (!claims?.serviceaccount) return undefined;
      const audiences = typeof payload.aud === 'string' ? [payload.aud] : (payload.aud ?? []);
      const result = { claims, audiences, until: payload.exp ?? 0, from: payload.nbf ?? 0, id: payload.jti ?? '' };
      this.verified.set(token, result);
      return result;
    } catch {
      return undefined;
    }
  }

  private alive({ namespace, serviceaccount, pod, secret, node }: Claims): boolean {
    const is = (resource: string, ns: string, ref: { name: string; uid: string } | undefined): boolean => {
      const stored = ref && this.store.get({ resource, namespace: ns, name: ref.name });
      return ref === undefined || (stored?.uid === ref.uid && !this.shouldBeGone(stored));
    };
    return (
      is('serviceaccounts', namespace, serviceaccount) &&
      is('pods', namespace, pod) &&
      is('secrets', namespace, secret) &&
      // a pod's token names its node for information; only a token bound to the node itself ends with it
      (pod !== undefined || is('nodes', '', node))
    );
  }

  /** Deleted a minute ago or longer, and kept by finalizers: what it was good for has ended. Source: serviceaccount/claims.go */
  private shouldBeGone(stored: Stored): boolean {
    // parsed only where there is something to read
    if (!stored.bytes.includes(DELETED)) return false;
    const { deletionTimestamp } = stored.object.metadata;
    return deletionTimestamp !== undefined && Date.parse(deletionTimestamp) < this.clock.now() - GONE_MS;
  }
}

function looksLikeOurs(token: string, issuer: string): boolean {
  if (token.split('.').length !== 3) return false;
  try {
    return decodeJwt(token).iss === issuer;
  } catch {
    return false;
  }
}

function userOf({ namespace, serviceaccount, pod, node }: Claims, id: string): User {
  const extra: Record<string, readonly string[]> = {
    ...(id && { 'authentication.kubernetes.io/credential-id': [`JTI=${id}`] }),
    ...(node && {
      'authentication.kubernetes.io/node-name': [node.name],
      'authentication.kubernetes.io/node-uid': [node.uid],
    }),
    ...(pod && {
      'authentication.kubernetes.io/pod-name': [pod.name],
      'authentication.kubernetes.io/pod-uid': [pod.uid],
    }),
  };
  return {
    name: `system:serviceaccount:${namespace}:${serviceaccount.name}`,
    uid: serviceaccount.uid,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`],
    extra,
  };
}
