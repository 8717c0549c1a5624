import type { ServiceAccountTokenProjection, TokenRequest } from '../../../schema/types.ts';
import type { New } from '../../meta/object.ts';
import { formatTime } from '../../meta/time.ts';
import type { VolumeContext } from './volume-context.ts';

interface CachedToken {
  token: string;
  expirationTimestamp: string;
  /** ms since the epoch */
  issued: number;
  expires: number;
}

type TokenContext = Pick<VolumeContext, 'pod' | 'client' | 'clock'>;
type TokenWish = Pick<ServiceAccountTokenProjection, 'audience' | 'expirationSeconds'>;

/** Tokens kept; the oldest is asked for anew when there are more. */
const MAX_TOKENS = 2000;
const DEFAULT_SECONDS = 3600;
const DAY_MS = 24 * 3600 * 1000;

/** Asks for tokens bound to a pod, and for new ones at 80 % of their life or after a day, as the kubelet does. */
export class TokenCache {
  private readonly tokens = new Map<string, CachedToken>();

  async token(context: TokenContext, projection: TokenWish): Promise<string> {
    return (await this.granted(context, projection)).token;
  }

  /** The token and the end of its life as the API has granted them. */
  async granted(
    context: TokenContext,
    projection: TokenWish,
  ): Promise<Pick<CachedToken, 'token' | 'expirationTimestamp'>> {
    const { pod, client, clock } = context;
    const account = pod.spec?.serviceAccountName || 'default';
    const seconds = projection.expirationSeconds ?? DEFAULT_SECONDS;
    const key = [pod.metadata.uid, account, projection.audience ?? '', seconds].join('/');
    const known = this.tokens.get(key);
    const now = clock.now();
    if (known && now < known.issued + Math.min(0.8 * (known.expires - known.issued), DAY_MS)) return told(known);
    const request: New<TokenRequest> = {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      metadata: { name: account, namespace: pod.metadata.namespace },
      spec: {
        audiences: projection.audience ? [projection.audience] : [],
        expirationSeconds: seconds,
        boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: pod.metadata.name, uid: pod.metadata.uid },
      },
    };
    const answer = await client.create('serviceaccounts', request, {
      subresource: 'token',
      name: account,
    });
    const expirationTimestamp = answer.status?.expirationTimestamp ?? formatTime(now + seconds * 1000);
    const expires = Date.parse(expirationTimestamp);
    const token = answer.status?.token ?? '';
    this.tokens.delete(key);
    const made = { token, expirationTimestamp, issued: now, expires };
    this.tokens.set(key, made);
    if (this.tokens.size > MAX_TOKENS) this.tokens.delete(this.tokens.keys().next().value!);
    return told(made);
  }
}

const told = ({ token, expirationTimestamp }: CachedToken) => ({ token, expirationTimestamp });
