import type { ServiceAccountTokenProjection, TokenRequest } from '../../../schema/types.ts';
import type { New } from '../../meta/object.ts';
import type { VolumeContext } from './volume-context.ts';

interface CachedToken {
  token: string;
  /** ms since the epoch */
  issued: number;
  expires: number;
}

/** Tokens kept; the oldest is asked for anew when there are more. */
const MAX_TOKENS = 2000;
const DEFAULT_SECONDS = 3600;
const DAY_MS = 24 * 3600 * 1000;

/** Asks for tokens bound to a pod, and for new ones at 80 % of their life or after a day, as the kubelet does. */
export class TokenCache {
  private readonly tokens = new Map<string, CachedToken>();

  async token(context: VolumeContext, projection: ServiceAccountTokenProjection): Promise<string> {
    const { pod, client, clock } = context;
    const account = pod.spec?.serviceAccountName || 'default';
    const seconds = projection.expirationSeconds ?? DEFAULT_SECONDS;
    const key = [pod.metadata.uid, account, projection.audience ?? '', seconds].join('/');
    const known = this.tokens.get(key);
    const now = clock.now();
    if (known && now < known.issued + Math.min(0.8 * (known.expires - known.issued), DAY_MS)) return known.token;
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
    const expires = Date.parse(answer.status?.expirationTimestamp ?? '') || now + seconds * 1000;
    const token = answer.status?.token ?? '';
    this.tokens.delete(key);
    this.tokens.set(key, { token, issued: now, expires });
    if (this.tokens.size > MAX_TOKENS) this.tokens.delete(this.tokens.keys().next().value!);
    return token;
  }
}
