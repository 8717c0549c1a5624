import type { Secret } from '../../schema/types.ts';

/** Where bootstrap tokens are, and of which type their Secrets. */
export const TOKEN_NAMESPACE = 'kube-system';
const TOKEN_TYPE = 'bootstrap.kubernetes.io/token';
const PREFIX = 'bootstrap-token-';
/** An expiry as Go's time.RFC3339 reads it: neither a date alone nor one without a zone. */
const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

export const isToken = ({ type, metadata }: Secret): boolean =>
  type === TOKEN_TYPE && metadata.namespace === TOKEN_NAMESPACE;

const textOf = ({ data }: Secret, key: string): string => Buffer.from(data?.[key] ?? '', 'base64').toString();

/** When the token ends, ms; Infinity: never. One that cannot be read has ended. */
export function expiryOf(secret: Secret): number {
  const text = textOf(secret, 'expiration');
  if (!text) return Infinity;
  const at = RFC_3339.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(at) ? -Infinity : at;
}

/** The token, if it is good for signing at `now`: its Secret says so, bears its name, and has not ended. */
export function signingToken(secret: Secret, now: number): { id: string; secret: string } | undefined {
  const id = textOf(secret, 'token-id');
  const own = textOf(secret, 'token-secret');
  const isGood =
    secret.metadata.name === `${PREFIX}${id}` &&
    /^[a-z0-9]{6}$/.test(id) &&
    own !== '' &&
    textOf(secret, 'usage-bootstrap-signing') === 'true';
  return isGood && now < expiryOf(secret) ? { id, secret: own } : undefined;
}
