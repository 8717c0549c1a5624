import { WebSocket, type ClientOptions } from 'ws';
import { present } from '../../meta/present.ts';
import type { Transport } from '../contract.ts';
import type { Endpoint } from '../kubeconfig.ts';
import { webSocketTransport } from './web-socket.ts';

/** Largest message taken, bytes: a page of a list. */
const MAX_PAYLOAD = 256 * 1024 * 1024;

/** Another process, by the certificates and tokens that a kubeconfig has; see webSocketTransport. */
export function socketTransport(endpoint: Endpoint): Transport {
  const socketOptions: ClientOptions & { servername?: string } = present({
    ca: endpoint.ca,
    cert: endpoint.certificate,
    key: endpoint.key,
    rejectUnauthorized: !endpoint.insecure,
    servername: endpoint.serverName,
    maxPayload: MAX_PAYLOAD,
    headers: endpoint.token ? { authorization: `Bearer ${endpoint.token}` } : undefined,
  });
  return webSocketTransport(endpoint.server, {
    webSocket: class extends WebSocket {
      constructor(address: string, protocols?: string | string[]) {
        super(address, protocols, socketOptions);
      }
    },
    ...(endpoint.token && { params: { authorization: `Bearer ${endpoint.token}` } }),
  });
}
