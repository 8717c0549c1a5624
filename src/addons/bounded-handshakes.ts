import type { Server as TlsServer } from 'node:https';
import type { Socket } from 'node:net';

const placeOf = ({ remoteAddress = '', remotePort = 0 }: Pick<Socket, 'remoteAddress' | 'remotePort'>): string =>
  `${remoteAddress} ${remotePort}`;

/**
 * Bounds the connections that have not done their handshake, of a server that many can connect to and few may speak with:
 * the oldest makes room for a new one. So who connects and says nothing keeps nobody else from it.
 * @param most fewer than connections that the server takes in all
 */
export function boundHandshakes(server: TlsServer, most: number): void {
  const pending = new Map<string, Socket>();
  server.on('connection', (socket: Socket) => {
    const place = placeOf(socket);
    const [oldest] = pending.keys();
    if (pending.size >= most && oldest !== undefined) {
      pending.get(oldest)?.destroy();
      pending.delete(oldest);
    }
    pending.set(place, socket);
    socket.once('close', () => {
      if (pending.get(place) === socket) pending.delete(place);
    });
  });
  server.on('secureConnection', (socket) => pending.delete(placeOf(socket)));
}
