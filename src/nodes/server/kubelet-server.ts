import { createServer, type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { NodeTls } from '../contract.ts';
import { dialPod } from '../network/dial-pod.ts';
import { SERVER_TLS } from '../../rules/server-tls.ts';
import type { AgentContext } from '../pods/agent-context.ts';
import type { PodManager } from '../pods/pod-manager.ts';
import { servePortForward } from '../streams/port-forward.ts';
import { refuseUpgrade } from '../streams/refuse-upgrade.ts';
import { serveCommand } from './command-server.ts';
import { serveLogs } from './container-logs.ts';
import { parseKubeletPath, pathOf, portsOf } from './router.ts';
import { resourceMetrics, statsSummary } from './stats-summary.ts';

/** Connections at once: each may be a command or a followed log. */
const MAX_CONNECTIONS = 1024;
/** Who may use the kubelet's API: the API server's own client, and cluster administrators. */
const ALLOWED_USER = 'kube-apiserver-kubelet-client';
const ALLOWED_GROUP = 'system:masters';

/** The kubelet's HTTPS API: logs, exec, attach, port-forward, health and statistics. Only for certificates of the cluster's CA. */
export class KubeletServer {
  private readonly server: Server;
  private readonly sockets = new Set<Duplex>();

  constructor(
    tls: NodeTls,
    private readonly pods: PodManager,
    private readonly context: AgentContext,
  ) {
    this.server = createServer(
      { ...SERVER_TLS, key: tls.key, cert: tls.cert, ca: tls.ca, requestCert: true, rejectUnauthorized: false },
      (request, response) => void this.serve(request, response).catch(() => response.destroy()),
    );
    this.server.maxConnections = MAX_CONNECTIONS;
    this.server.requestTimeout = 0;
    this.server.on(
      'upgrade',
      (request, socket, head) => void this.upgrade(request, socket, head).catch(() => socket.destroy()),
    );
    this.server.on('secureConnection', (socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
      socket.on('error', () => socket.destroy());
    });
  }

  async listen(port: number, address: string): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, address, resolve);
    });
    return (this.server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const pathname = pathOf(request.url);
    if (pathname === '/healthz') return send(response, 200, 'text/plain; charset=utf-8', 'ok');
    const denied = denial(request);
    if (denied) return send(response, denied.code, 'text/plain; charset=utf-8', denied.message);
    if (pathname === '/pods') {
      return send(
        response,
        200,
        'application/json',
        JSON.stringify({ kind: 'PodList', apiVersion: 'v1', metadata: {}, items: this.pods.list() }),
      );
    }
    if (pathname === '/stats/summary') {
      const summary = statsSummary(this.context.nodeName, this.pods.allWorkers(), this.context.clock.now());
      return send(response, 200, 'application/json', JSON.stringify(summary));
    }
    if (pathname === '/metrics' || pathname === '/metrics/resource') {
      return send(response, 200, 'text/plain; version=0.0.4', resourceMetrics(this.pods.allWorkers()));
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
    const denied = denial(request);
    if (denied) return refuseUpgrade(socket, denied.code, denied.message);
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
    await serveCommand({ request, socket, head }, route, container, this.context.runtime);
  }
}

function denial(request: IncomingMessage): { code: number; message: string } | undefined {
  const socket = request.socket as TLSSocket;
  if (!socket.authorized) return { code: 401, message: 'Unauthorized' };
  const { subject } = socket.getPeerCertificate();
  const groups = ([] as string[]).concat(subject?.O ?? []);
  const user = String(subject?.CN ?? '');
  if (user === ALLOWED_USER || groups.includes(ALLOWED_GROUP)) return undefined;
  return { code: 403, message: `Forbidden (user=${user}, verb=get, resource=nodes, subresource=proxy)` };
}

function send(response: ServerResponse, code: number, type: string, body: string): void {
  response.writeHead(code, { 'content-type': type, 'content-length': Buffer.byteLength(body) }).end(body);
}
