import { createPrivateKey, createPublicKey, timingSafeEqual, type KeyObject } from 'node:crypto';
import { decodeJwt, jwtVerify, SignJWT } from 'jose';
import { LRUCache } from 'lru-cache';
import type { Store, Stored } from '../../store/contract.ts';
import type { CredentialNotes, User } from '../contract.ts';
import { INVALID_SINCE } from '../../rules/legacy-tokens.ts';
import { objectAs } from '../object-as.ts';
import type { SigningKeys } from './service-account-tokens.ts';

/** Issuer of tokens that are kept in Secrets; they have no audience and no end. */
const ISSUER = 'kubernetes/serviceaccount';
const ANNOTATION = 'authentication.k8s.io/legacy-token';
const NOT_BY_ITSELF =
  'Use tokens from the TokenRequest API or manually created secret-based tokens instead of auto-generated secret-based tokens.';
const CLAIM = 'kubernetes.io/serviceaccount';
/** Verified signatures kept; what the token stands for is looked up every time. */
const MAX_VERIFIED = 1024;

interface Claims {
  namespace: string;
  secret: string;
  account: { name: string; uid: string };
}

interface Held {
  secret: Stored;
  owner: Stored;
}

/** Tokens in Secrets of type kubernetes.io/service-account-token: good as long as the Secret holds them. */
export class LegacyTokens {
  private readonly privateKey: KeyObject;
  private readonly publicKey: KeyObject;
  private readonly verified = new LRUCache<string, Claims>({ max: MAX_VERIFIED });

  /** @param onUse hears of every use of a Secret's token, also of one that is refused as it was marked invalid */
  constructor(
    keys: SigningKeys,
    private readonly store: Store,
    private readonly onUse: (secret: Stored) => void,
  ) {
    this.privateKey = createPrivateKey(keys.privateKey);
    this.publicKey = createPublicKey(keys.publicKey);
  }

  /** A token for a Secret to hold. */
  sign({ namespace, secret, account }: Claims): Promise<string> {
    return new SignJWT({
      [`${CLAIM}/namespace`]: namespace,
      [`${CLAIM}/secret.name`]: secret,
      [`${CLAIM}/service-account.name`]: account.name,
      [`${CLAIM}/service-account.uid`]: account.uid,
    })
      .setProtectedHeader({ alg: 'RS256' })
      .setIssuer(ISSUER)
      .setSubject(`system:serviceaccount:${namespace}:${account.name}`)
      .sign(this.privateKey);
  }

  /**
   * Undefined for what is no such token, is not the one that its Secret holds, or was marked invalid.
   * @param notes hears what kube-apiserver says of such tokens (pkg/serviceaccount/{jwt,legacy}.go)
   */
  async verify(token: string, notes?: CredentialNotes): Promise<User | undefined> {
    const claims = await this.claimsOf(token);
    if (!claims) return undefined;
    const { namespace, account, secret: name } = claims;
    const user = `system:serviceaccount:${namespace}:${account.name}`;
    notes?.annotate(ANNOTATION, user);
    const good = this.heldBy(claims, token) ?? (await this.store.fresh(), this.heldBy(claims, token));
    if (!good) return undefined;
    const { secret, owner } = good;
    // of one that was marked too: who has marked it learns that somebody needs it
    this.onUse(secret);
    if (secret.labels?.[INVALID_SINCE]) {
      notes?.annotate(`${ANNOTATION}-invalidated`, `${name}/${namespace}`);
      return undefined;
    }
    if (notes) noteOrigin(owner, name, notes);
    return {
      name: user,
      uid: account.uid,
      groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`],
    };
  }

  /** The Secret that holds the token, and its account. */
  private heldBy({ namespace, secret: name, account }: Claims, token: string): Held | undefined {
    const owner = this.store.get({ resource: 'serviceaccounts', namespace, name: account.name });
    const secret = this.store.get({ resource: 'secrets', namespace, name });
    if (!owner || !secret || owner.uid !== account.uid) return undefined;
    if (owner.object.metadata.deletionTimestamp || secret.object.metadata.deletionTimestamp) return undefined;
    const held = Buffer.from(objectAs('secrets', secret).data?.['token'] ?? '', 'base64');
    const given = Buffer.from(token);
    const same = held.length === given.length && timingSafeEqual(held, given);
    return same ? { secret, owner } : undefined;
  }

  private async claimsOf(token: string): Promise<Claims | undefined> {
    const known = this.verified.get(token);
    if (known) return known;
    if (!looksLikeOne(token)) return undefined;
    try {
      const { payload } = await jwtVerify(token, this.publicKey, { issuer: ISSUER, algorithms: ['RS256'] });
      const text = (name: string): string => (typeof payload[name] === 'string' ? payload[name] : '');
      const claims: Claims = {
        namespace: text(`${CLAIM}/namespace`),
        secret: text(`${CLAIM}/secret.name`),
        account: { name: text(`${CLAIM}/service-account.name`), uid: text(`${CLAIM}/service-account.uid`) },
      };
      const { namespace, secret, account } = claims;
      const subject = `system:serviceaccount:${namespace}:${account.name}`;
      if (!namespace || !secret || !account.name || !account.uid || payload.sub !== subject) return undefined;
      this.verified.set(token, claims);
      return claims;
    } catch {
      return undefined;
    }
  }
}

/** Those that were made by themselves are listed by their account; those that somebody has made are not. */
function noteOrigin(owner: Stored, secret: string, notes: CredentialNotes): void {
  if (objectAs('serviceaccounts', owner).secrets?.some(({ name }) => name === secret)) {
    notes.warn(NOT_BY_ITSELF);
    notes.annotate(`${ANNOTATION}-autogenerated-secret`, secret);
  } else notes.annotate(`${ANNOTATION}-manual-secret`, secret);
}

function looksLikeOne(token: string): boolean {
  if (token.split('.', 4).length !== 3) return false;
  try {
    return decodeJwt(token).iss === ISSUER;
  } catch {
    return false;
  }
}
