import { createServer, type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer as createListener, type AddressInfo, type Server as Listener, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { PeerCertificate, TLSSocket } from 'node:tls';
import { bearerToken, Delegated, REFUSALS } from '../../control/delegated.ts';
import { dialPod } from '../network/dial-pod.ts';
import { KUBELET_CLIENT_GROUP, KUBELET_CLIENT_USER } from '../../rules/certificates/kubelet-client.ts';
import { SERVER_TLS } from '../../rules/server-tls.ts';
import type { AgentContext } from '../pods/agent-context.ts';
import type { PodManager } from '../pods/pod-manager.ts';
import { servePortForward } from '../streams/port-forward.ts';
import { refuseUpgrade } from '../streams/refuse-upgrade.ts';
import { serveContainerCommand } from './command-server.ts';
import { serveLogs } from './container-logs.ts';
import { ofNode, parseKubeletPath, pathOf, portsOf } from './router.ts';
import type { ServingPair } from './request-serving-pair.ts';
import { kubeletMetrics } from './kubelet-metrics.ts';
import { resourceMetrics } from './resource-metrics.ts';
import { statsSummary } from './stats-summary.ts';
import type { UsageReader } from '../usage/usage-reader.ts';

/** Connections at once: each may be a command or a followed log. */
const MAX_CONNECTIONS = 1024;
/** ms in which a caller must have done the handshake, and in which one who may not call must have taken his answer */
const STRANGER_MS = 30_000;

/** What a bearer of a token may be told, whom the API server lets. */
const FIGURES: ReadonlySet<string> = new Set(['/healthz', '/pods', '/stats/summary', '/metrics', '/metrics/resource']);

/**
 * The kubelet's HTTPS API: logs, exec, attach, port-forward, health and statistics. For the API server's own client, who
 * shows a certificate of the cluster's CA for it; figures also for those whose token the API knows, and whom it lets.
 * Others are 401. Until there is a serving certificate, callers wait.
 */
export class KubeletServer {
  private readonly startedAt: number;
  private readonly server: Server;
  private readonly listener: Listener;
  private readonly delegated: Delegated;
  private readonly sockets = new Set<Duplex>();
  /** connected before there was a certificate; bounded with all connections */
  private waiting: Set<Socket> | undefined = new Set();

  /** @param ca PEM of the cluster's CA */
  constructor(
    private readonly ca: string,
    private readonly pods: PodManager,
    private readonly context: AgentContext,
    private readonly usage: UsageReader,
  ) {
    this.startedAt = context.clock.now();
    this.delegated = new Delegated(context.client, context.clock, (path) => ofNode(context.nodeName, path));
    this.server = createServer(
      { ...SERVER_TLS, requestCert: true, rejectUnauthorized: false, handshakeTimeout: STRANGER_MS },
      (request, response) => void this.serve(request, response).catch(() => response.destroy()),
    );
    this.server.requestTimeout = 0;
    this.server.on(
      'upgrade',
      (request, socket, head) => void this.upgrade(request, socket, head).catch(() => socket.destroy()),
    );
    this.server.on('secureConnection', (socket) => this.secured(socket));
    this.server.on('tlsClientError', (_, socket) => socket.destroy());
    this.listener = createListener((socket) => this.accept(socket));
    this.listener.maxConnections = MAX_CONNECTIONS;
  }

  /** Serves with this certificate from now on; connections that are open keep the one that they have. */
  use({ cert, key }: ServingPair): void {
    this.server.setSecureContext({ ...SERVER_TLS, cert, key, ca: this.ca });
    const waiting = this.waiting ?? [];
    this.waiting = undefined;
    for (const socket of waiting) this.server.emit('connection', socket);
  }

  private accept(socket: Socket): void {
    this.sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => {
      this.sockets.delete(socket);
      this.waiting?.delete(socket);
    });
    if (this.waiting) this.waiting.add(socket);
    else this.server.emit('connection', socket);
  }

  /** Nothing else ends a connection that is opened and on which no request comes. */
  private secured(socket: TLSSocket): void {
    socket.on('error', () => socket.destroy());
    if (isApiServer(socket, this.context.clock.now())) return;
    const timer = setTimeout(() => socket.destroy(), STRANGER_MS).unref();
    socket.once('close', () => clearTimeout(timer));
  }

  async listen(port: number, address: string): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.listener.once('error', reject);
      this.listener.listen(port, address, resolve);
    });
    return (this.listener.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.listener.close(resolve));
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const pathname = pathOf(request.url);
    if (!isApiServer(request.socket as TLSSocket, this.context.clock.now())) {
      const token = bearerToken(request);
      // containers, and whatever may be done to them, are for the API server alone
      const readable = FIGURES.has(pathname) && request.method === 'GET';
      const code = token && readable ? await this.delegated.decide(token, pathname) : 401;
      if (code !== 200) return send(response, code, 'text/plain; charset=utf-8', REFUSALS[code]);
    }
    if (pathname === '/healthz') return send(response, 200, 'text/plain; charset=utf-8', 'ok');
    if (pathname === '/pods') {
      return send(
        response,
        200,
        'application/json',
        JSON.stringify({ kind: 'PodList', apiVersion: 'v1', metadata: {}, items: this.pods.list() }),
      );
    }
    if (pathname === '/stats/summary') {
      const usage = await this.usage.read(this.pods.allWorkers());
      const summary = statsSummary(this.context.nodeName, usage, this.usage.rates, this.startedAt);
      return send(response, 200, 'application/json', JSON.stringify(summary));
    }
    if (pathname === '/metrics')
      return send(
        response,
        200,
        'text/plain; version=0.0.4',
        kubeletMetrics(this.context.nodeName, this.pods.allWorkers()),
      );
    if (pathname === '/metrics/resource') {
      const metrics = resourceMetrics(await this.usage.read(this.pods.allWorkers()));
      return send(response, 200, 'text/plain; version=0.0.4', metrics);
    }
    const route = parseKubeletPath(request.url);
    if (route?.verb === 'containerLogs') {
      if (request.method !== 'GET') return send(response, 405, 'text/plain; charset=utf-8', 'Method Not Allowed\n');
      const worker = this.pods.worker(route.namespace, route.pod);
      if (!worker)
        return send(response, 404, 'text/plain; charset=utf-8', `pod ${JSON.stringify(route.pod)} not found\n`);
      return serveLogs(route, worker, this.context.logs, this.context.clock.now(), response);
    }
    if (['exec', 'attach', 'portForward'].includes(route?.verb ?? '')) {
      return send(
        response,
        400,
        'text/plain; charset=utf-8',
        'you must specify at least 1 of stdin, stdout, stderr, and an upgrade',
      );
    }
    send(response, 404, 'text/plain; charset=utf-8', '404 page not found\n');
  }

  private async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    if (!isApiServer(request.socket as TLSSocket, this.context.clock.now()))
      return refuseUpgrade(socket, 401, 'Unauthorized');
    const route = parseKubeletPath(request.url);
    const worker = route && this.pods.worker(route.namespace, route.pod);
    if (!route || !worker || (route.uid && route.uid !== worker.object.metadata.uid))
      return refuseUpgrade(socket, 404, `pod does not exist`);
    if (route.verb === 'portForward') {
      let ports: number[];
      try {
        ports = portsOf(route.query);
      } catch (error) {
        return refuseUpgrade(socket, 400, (error as Error).message);
      }
      return servePortForward(request, socket, head, ports, async (port) => {
        const { name } = worker.object.metadata;
        // The kubelet's sentence: it never has the uid here.
        const failed = (why: string) => new Error(`error forwarding port ${port} to pod ${name}, uid : ${why}`);
        if (!worker.sandbox) throw failed('the pod has no network');
        return dialPod(worker.sandbox.address, port).catch((error: Error) => Promise.reject(failed(error.message)));
      });
    }
    if (route.verb !== 'exec' && route.verb !== 'attach') return refuseUpgrade(socket, 404, '404 page not found');
    const { containers } = worker;
    const container = containers.find((each) => each.name === route.container);
    if (!container) return refuseUpgrade(socket, 404, `container not found (${JSON.stringify(route.container)})`);
    await serveContainerCommand({ request, socket, head }, route, container, this.context.runtime);
  }
}

/** Does the caller show the certificate by which the API server calls kubelets? */
export function isApiServer(socket: TLSSocket, now: number): boolean {
  if (!socket.authorized) return false;
  // a resumed session counts as authorised, though in the first nobody has shown a certificate
  const { subject, valid_to: until }: Partial<PeerCertificate> = socket.getPeerCertificate();
  if (!subject || !until) return false;
  // what a subject has several of is a list
  const of = (value: string | string[] | undefined): string[] => ([] as string[]).concat(value ?? []);
  return (
    of(subject.CN).at(-1) === KUBELET_CLIENT_USER &&
    of(subject.O).includes(KUBELET_CLIENT_GROUP) &&
    now <= Date.parse(until)
  );
}

function send(response: ServerResponse, code: number, type: string, body: string): void {
  response.writeHead(code, { 'content-type': type, 'content-length': Buffer.byteLength(body) }).end(body);
}
