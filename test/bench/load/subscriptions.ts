import { WebSocket } from 'ws';
import type { Arrivals } from './arrivals.ts';
import { authorization } from './connect.ts';
import type { StreamSpec } from './messages.ts';

/** ms until all have what they begin with */
const STATE_LIMIT = 120_000;

/**
 * Opens GraphQL subscriptions (graphql-transport-ws); resolves when the server has them all, and they what they begin with,
 * with what closes them.
 */
export async function openSubscriptions(spec: StreamSpec, arrivals: Arrivals): Promise<() => void> {
  const { endpoint, document = '' } = spec;
  const documents = typeof document === 'string' ? [document] : document;
  const url = `${endpoint.server.replace(/^http/, 'ws')}${spec.path}`;
  const openOne = (connection: number) =>
    new Promise<WebSocket>((resolve, reject) => {
      const socket = new WebSocket(url, 'graphql-transport-ws', {
        ca: endpoint.ca,
        rejectUnauthorized: !endpoint.insecure,
        headers: authorization(endpoint),
      });
      const own = new Set<number>();
      for (let stream = connection; stream < spec.streams; stream += spec.connections) own.add(stream);
      const stateless = new Set(spec.beginsWithState ? own : []);
      let taken = false;
      const timer = setTimeout(() => reject(new Error(`${stateless.size} have no state yet`)), STATE_LIMIT);
      const opened = () => {
        if (!taken || stateless.size > 0) return;
        clearTimeout(timer);
        resolve(socket);
      };
      const send = (message: object) => socket.send(JSON.stringify(message));
      socket.on('open', () => send({ type: 'connection_init', payload: authorization(endpoint) }));
      socket.on('error', reject);
      socket.on('close', () => {
        for (const stream of own) arrivals.end(stream);
        reject(new Error('the socket was closed'));
      });
      socket.on('message', (data: Buffer) => {
        const text = data.toString('latin1');
        // Keys may come in any order, ids are ours: no need to parse what comes by the thousand.
        const id = Number(/"id":"(\d+)"/.exec(text)?.[1] ?? -1);
        if (text.includes('"type":"next"')) {
          if (stateless.delete(id)) opened();
          else arrivals.add(id, 1, () => text);
        } else if (text.includes('"type":"connection_ack"')) {
          for (const stream of own)
            send({
              id: String(stream),
              type: 'subscribe',
              payload: { query: documents[stream % documents.length] },
            });
          // Messages are handled in order, so the answer to a ping comes after the subscriptions were taken.
          send({ type: 'ping' });
        } else if (text.includes('"type":"pong"')) {
          taken = true;
          opened();
        } else if (text.includes('"type":"error"') || text.includes('"type":"complete"')) arrivals.end(id);
      });
    });
  const sockets = await Promise.all(Array.from({ length: spec.connections }, (_, connection) => openOne(connection)));
  return () => sockets.forEach((socket) => socket.terminate());
}
