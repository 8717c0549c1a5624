import { createHmac } from 'node:crypto';
import { unlessGone } from '../control/conflict.ts';
import type { Reconciler } from '../control/contract.ts';
import { semanticEqual } from '../control/equal.ts';
import { expiryOf, isToken, signingToken, TOKEN_NAMESPACE } from './bootstrap-tokens.ts';

const NAMESPACE = 'kube-public';
const NAME = 'cluster-info';
/** What is signed, and what its signatures are called, by the token's id. */
const CONTENT = 'kubeconfig';
const SIGNATURE = 'jws-kubeconfig-';
/** The one key. */
const CLUSTER_INFO = `${NAMESPACE}/${NAME}`;
/** At most so long until it is looked whether a token has ended, ms. */
const LOOK_EVERY = 24 * 3600_000;

/**
 * Signs the cluster's public kubeconfig with each bootstrap token that is there for that, so that who has a token can
 * tell whose cluster it is. Source: pkg/controller/bootstrap.
 */
export const bootstrapsigner: Reconciler = {
  name: 'bootstrap-signer',
  account: 'bootstrap-signer',
  workers: 1,
  watches: [
    {
      resource: 'configmaps',
      keys: (map) => (map?.metadata.namespace === NAMESPACE && map.metadata.name === NAME ? [CLUSTER_INFO] : []),
    },
    {
      resource: 'secrets',
      keys: (secret, old) => ([secret, old].some((each) => each && isToken(each)) ? [CLUSTER_INFO] : []),
    },
  ],
  async reconcile(_, ctx) {
    const map = ctx.informer('configmaps').get(NAMESPACE, NAME);
    const content = map?.data?.[CONTENT];
    if (!map || content === undefined) return undefined;
    const now = ctx.clock.now();
    const secrets = ctx.informer('secrets').list(TOKEN_NAMESPACE).filter(isToken);
    const tokens = secrets.flatMap((secret) => signingToken(secret, now) ?? []);
    const others = Object.entries(map.data ?? {}).filter(([key]) => !key.startsWith(SIGNATURE));
    const signatures = tokens.map(({ id, secret }) => [`${SIGNATURE}${id}`, detachedSignature(content, id, secret)]);
    const data: Record<string, string> = Object.fromEntries([...others, ...signatures]);
    if (!semanticEqual(data, map.data)) await unlessGone(ctx.client.update('configmaps', { ...map, data }));
    const next = Math.min(...secrets.map(expiryOf).filter((at) => at > now));
    return next === Infinity ? undefined : { requeueAfter: Math.min(next - now, LOOK_EVERY) };
  },
};

/** A compact JWS (RFC 7515, HS256) without what it signs, which stands beside it. */
function detachedSignature(content: string, id: string, secret: string): string {
  const header = Buffer.from(JSON.stringify({ alg: 'HS256', kid: id })).toString('base64url');
  const payload = Buffer.from(content).toString('base64url');
  return `${header}..${createHmac('sha256', secret).update(`${header}.${payload}`).digest('base64url')}`;
}
