import type { RestOptions } from '../rest/server.ts';
import type { Report } from './loop-settings.ts';

/** Tells of each request with the names of kube-apiserver's line `HTTP`; of the address nothing that is a secret. */
export const requestLines =
  (log: Report): NonNullable<RestOptions['onRequest']> =>
  ({ method, origin: { auditId, requestUri, sourceIps, userAgent }, res }, ms) =>
    log('HTTP', {
      verb: method,
      URI: requestUri,
      latency: `${ms.toFixed(3)}ms`,
      userAgent,
      'audit-ID': auditId,
      srcIP: sourceIps[0] ?? '',
      resp: res.statusCode,
    });
