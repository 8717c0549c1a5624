import type { Target } from '../contract.ts';
import { badRequest, internalError, StatusError } from '../../meta/status.ts';

/** What a node said instead of a stream, as the Status that clients know (registry/generic/rest response checker). */
export function errorOfAnswer(code: number, text: string, target: Target): StatusError {
  const message = text.trim();
  if (code === 500) return internalError(message);
  if (code === 400) return badRequest(message);
  const reasons: Record<number, string> = {
    401: 'Unauthorized',
    403: 'Forbidden',
    404: 'NotFound',
    405: 'MethodNotAllowed',
    429: 'TooManyRequests',
    503: 'ServiceUnavailable',
  };
  return new StatusError({
    message: message || `the server responded with the status code ${code} but did not return more information`,
    reason: reasons[code] ?? (code >= 500 ? 'InternalError' : 'Unknown'),
    details: { name: target.name, ...(target.kind.group && { group: target.kind.group }), kind: target.kind.resource },
    code,
  });
}

/** The other end cannot be reached. */
export const unreachable = (method: string, url: URL, error: Error): StatusError =>
  new StatusError({
    message: `${method[0]}${method.slice(1).toLowerCase()} ${JSON.stringify(url.href)}: ${error.message}`,
    reason: 'InternalError',
    details: { causes: [{ message: error.message }] },
    code: 500,
  });

/** A proxied service or pod cannot be reached. */
export const proxyError = (error: Error): StatusError =>
  new StatusError({
    message: `error trying to reach service: ${error.message}`,
    reason: 'ServiceUnavailable',
    code: 503,
  });
