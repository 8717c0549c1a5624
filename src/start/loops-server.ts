import { createServer } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Client } from '../client/contract.ts';
import { bearerToken, Delegated, REFUSALS } from '../control/delegated.ts';
import type { Clock } from '../rules/clock.ts';
import { processLines } from '../rules/metrics/process-metrics.ts';
import { SERVER_TLS } from '../rules/server-tls.ts';
import type { KeyPair } from './certificates.ts';
import type { Report } from './loop-settings.ts';
import type { Role } from './options.ts';

/** Where kube-controller-manager and kube-scheduler tell their numbers. */
const PORTS = { controllers: 10257, scheduler: 10259 } as const;
/** Connections at once. One more takes the place of the oldest that nobody has asked by whom the API lets in. */
const MAX_CONNECTIONS = 256;
/** How long one may be silent, or take for a request, ms: whoever collects numbers asks twice a minute. */
const IDLE_MS = 10_000;
const LOOK_EVERY_MS = 2_000;
const HEALTH = new Set(['/healthz', '/livez', '/readyz']);

export interface LoopsServerOptions {
  roles: ReadonlySet<Role>;
  address: string;
  /** undefined: that of Kubernetes' component, or a free one where somebody else has it */
  port: number | undefined;
  /** asked for where there is something to serve */
  certificate(): Promise<Pick<KeyPair, 'cert' | 'key'>>;
  /** may ask the API who somebody is, and what he may */
  client: Client;
  clock: Pick<Clock, 'now'>;
  /** of the loops, as lines of an exposition */
  metrics(): readonly string[];
  log: Report;
}

/**
 * Tells the numbers of loops that run without the API in their process: `/metrics`, for bearers of a token who may `get`
 * that path of the API, and whether the process lives. Undefined for roles without loops of their own: nodes tell theirs
 * at their kubelets.
 * @throws Error where the port that was asked for cannot be had
 */
export async function serveLoops(options: LoopsServerOptions): Promise<{ port: number; close(): void } | undefined> {
  const role = (['controllers', 'scheduler'] as const).find((one) => options.roles.has(one));
  if (!role) return undefined;
  const { client, clock, address, log } = options;
  const component = role === 'controllers' ? 'kube-controller-manager' : 'kube-scheduler';
  const delegated = new Delegated(client.as(`system:${component}`, component), clock, (path) => ({
    nonResourceAttributes: { verb: 'get', path },
  }));
  const connections = new Connections();
  const server = createServer(
    {
      ...SERVER_TLS,
      ...(await options.certificate()),
      handshakeTimeout: IDLE_MS,
      connectionsCheckingInterval: LOOK_EVERY_MS,
    },
    (request, response) => {
      const letIn = (): void => connections.letIn(request.socket);
      void answer(request, response, delegated, options, letIn).catch(() => response.destroy());
    },
  );
  server.on('connection', (socket: Socket) => connections.add(socket));
  server.on('tlsClientError', (_, socket) => socket.destroy());
  server.setTimeout(IDLE_MS, (socket) => socket.destroy());
  server.requestTimeout = IDLE_MS;
  const listen = (port: number): Promise<void> =>
    new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, address, () => {
        server.off('error', reject);
        resolve();
      });
    });
  if (options.port !== undefined) await listen(options.port);
  else
    await listen(PORTS[role]).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EADDRINUSE') throw error;
      return listen(0);
    });
  const { port } = server.address() as AddressInfo;
  log('metrics of the loops', { address: `${address}:${port}` });
  return {
    port,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** Those that are open, the oldest first: nobody keeps the others out by opening many. */
class Connections {
  /** by the port of the other side, as TLS shows a socket of its own */
  private readonly strangers = new Map<string, Socket>();
  private readonly open = new Map<string, Socket>();

  add(socket: Socket): void {
    const key = keyOf(socket);
    this.open.set(key, socket);
    this.strangers.set(key, socket);
    socket.once('close', () => {
      this.open.delete(key);
      this.strangers.delete(key);
    });
    if (this.open.size <= MAX_CONNECTIONS) return;
    const [oldest = socket] = this.strangers.values();
    oldest.destroy();
  }

  letIn(socket: Socket): void {
    this.strangers.delete(keyOf(socket));
  }
}

const keyOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`;

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  delegated: Delegated,
  { metrics }: LoopsServerOptions,
  letIn: () => void,
): Promise<void> {
  const path = request.url?.split('?', 1)[0] ?? '';
  if (request.method !== 'GET' && request.method !== 'HEAD') return send(response, 405, 'Method Not Allowed\n');
  if (HEALTH.has(path)) return send(response, 200, 'ok');
  const token = bearerToken(request);
  const code = token ? await delegated.decide(token, path === '/metrics' ? path : '/') : 401;
  if (code !== 200) return send(response, code, `${REFUSALS[code]}\n`);
  letIn();
  if (path !== '/metrics') return send(response, 404, '404 page not found\n');
  send(response, 200, `${[...metrics(), ...processLines()].join('\n')}\n`);
}

function send(response: ServerResponse, code: number, text: string): void {
  const type = code === 200 ? 'text/plain; version=0.0.4; charset=utf-8' : 'text/plain; charset=utf-8';
  response.writeHead(code, { 'content-type': type, 'content-length': Buffer.byteLength(text) }).end(text);
}
