import http2 from 'node:http2';
import type { Endpoint } from '../../../src/client/kubeconfig.ts';

/** Flow control must not be what is measured: windows as large as h2load's users set them. */
const WINDOW = 64 * 1024 * 1024;

/** Resolves when the connection is open. An error later shows in the requests on it. */
export function connect(endpoint: Endpoint): Promise<http2.ClientHttp2Session> {
  return new Promise((resolve, reject) => {
    const session = http2.connect(endpoint.server, {
      ca: endpoint.ca,
      rejectUnauthorized: endpoint.ca !== undefined && !endpoint.insecure,
      settings: { initialWindowSize: WINDOW, enablePush: false },
    });
    session.once('error', reject);
    session.once('connect', () => {
      session.removeListener('error', reject);
      session.on('error', () => undefined);
      session.setLocalWindowSize(WINDOW);
      resolve(session);
    });
  });
}

export const authorization = (endpoint: Endpoint): Record<string, string> =>
  endpoint.token ? { authorization: `Bearer ${endpoint.token}` } : {};
