import { decodeJwt, type JWTPayload } from 'jose';
import type { Key } from '../../store/contract.ts';

/** What a credential says of its end. */
export interface Life {
  /** ms since the epoch */
  until?: number | undefined;
  /** the objects that it ends with */
  bound?: readonly Key[] | undefined;
}

/** What was shown of who somebody is, and has been verified. */
export interface Shown {
  token?: string | undefined;
  /** ms since the epoch at which a client certificate expires */
  certificateUntil?: number | undefined;
}

/** Of a token that is good for an object: the claim's fields, each with the resource that it names. */
const BOUND = { serviceaccount: 'serviceaccounts', pod: 'pods', secret: 'secrets', node: 'nodes' } as const;
/** Of a token that a Secret keeps: claims of their own in place of one that holds all. */
const LEGACY = 'kubernetes.io/serviceaccount/';

/**
 * When a credential ends by itself, and with which objects. A token that says nothing that can be read (any text of a
 * token file) has no end of its own.
 */
export function lifeOf({ token, certificateUntil = Infinity }: Shown): Life {
  const { exp = Infinity, ...claims } = claimsOf(token);
  const until = Math.min(exp * 1000, certificateUntil);
  return { ...(Number.isFinite(until) && { until }), bound: boundOf(claims) };
}

function claimsOf(token = ''): JWTPayload {
  if (token.split('.').length !== 3) return {};
  try {
    return decodeJwt(token);
  } catch {
    return {};
  }
}

function boundOf(claims: JWTPayload): Key[] | undefined {
  const text = (value: unknown): string => (typeof value === 'string' ? value : '');
  const of = claims['kubernetes.io'] as Record<string, unknown> | undefined;
  if (typeof of === 'object' && of !== null) {
    return Object.entries(BOUND).flatMap(([field, resource]) => {
      const { name } = (of[field] ?? {}) as { name?: unknown };
      return name ? [{ resource, namespace: field === 'node' ? '' : text(of['namespace']), name: text(name) }] : [];
    });
  }
  const namespace = text(claims[`${LEGACY}namespace`]);
  if (!namespace) return undefined;
  return [
    { resource: 'serviceaccounts', namespace, name: text(claims[`${LEGACY}service-account.name`]) },
    { resource: 'secrets', namespace, name: text(claims[`${LEGACY}secret.name`]) },
  ];
}
