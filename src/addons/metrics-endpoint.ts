import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Machine } from './machine.ts';

/** Connections at once, and how long one may be silent, ms: whoever collects numbers asks twice a minute. */
const MAX_CONNECTIONS = 64;
const IDLE_MS = 10_000;

/**
 * Answers `/metrics` in Prometheus' text format to this machine, which is where the proxies of Services ask from.
 * @returns the free port on which it listens, and what ends it
 */
export async function serveMetrics(
  machine: Pick<Machine, 'isNear'>,
  text: () => string,
): Promise<{ port: number; close(): void }> {
  const server = createServer((req, res) => {
    const known = req.url === '/metrics' && req.method === 'GET';
    res.writeHead(known ? 200 : 404, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' });
    res.end(known ? text() : 'not found\n');
  });
  server.on('connection', (socket) => {
    if (!machine.isNear(socket.remoteAddress ?? '')) socket.destroy();
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.setTimeout(IDLE_MS);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '0.0.0.0', resolve);
  });
  server.on('error', () => undefined);
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
