import { createServer, type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createSecureContext, type SecureContext, type TLSSocket } from 'node:tls';
import type { Pod } from '../../../../schema/types.ts';
import type { Clock } from '../../../rules/clock.ts';
import { containerStatus } from '../../../rules/containers.ts';
import { Gate } from '../../../rules/gate.ts';
import { SERVER_TLS } from '../../../rules/server-tls.ts';
import { renderLog } from '../../logs/read-log.ts';
import { serveCommand } from '../../server/command-server.ts';
import { optionsOf, refuse, sendLog } from '../../server/container-logs.ts';
import { isApiServer } from '../../server/kubelet-server.ts';
import { requestServingPair, type ServingPair } from '../../server/request-serving-pair.ts';
import { flag, parseKubeletPath, pathOf, portsOf, type KubeletRequest } from '../../server/router.ts';
import { renewalOf } from '../../server/serving-certificate.ts';
import { servePortForward } from '../../streams/port-forward.ts';
import { refuseUpgrade } from '../../streams/refuse-upgrade.ts';
import type { SimulatedNode } from './simulated-node.ts';
import { runOf, simulatedLog, whyNothing } from './simulated-log.ts';
import { simulatedSession } from './simulated-session.ts';
import { steeringOf } from './steering.ts';

/** Connections at once: each may be a followed log. */
const MAX_CONNECTIONS = 1024;
/** ms for a handshake; the first one with a node waits for its certificate */
const HANDSHAKE_MS = 30_000;
/** Certificates that are waited for at once: what is not signed holds up nothing but others of its kind. */
const MAX_REQUESTS = 64;

export interface SimulatedKubeletOptions {
  /** PEM of the cluster's CA */
  ca: string;
  /** the simulated nodes, by name */
  nodes: ReadonlyMap<string, SimulatedNode>;
  pod(namespace: string, name: string): Pod | undefined;
  clock: Clock;
  /** 0 ≤ n < 1 */
  random(): number;
  log(message: string, fields?: Record<string, unknown>): void;
}

/** A certificate in use. */
interface Pair {
  context: SecureContext;
  /** when there is to be another, ms since the epoch */
  until: number;
}

/**
 * The kubelets of all simulated nodes behind one address: which of them is meant the client says by the name that it
 * asks for (SNI), and gets that node's certificate, which is requested when it is wanted first. Answers the API server
 * alone: logs tell the simulated life, commands that nothing runs.
 */
export class SimulatedKubelet {
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();
  /** by node: at most one certificate each */
  private readonly pairs = new Map<string, Promise<Pair>>();
  private readonly requests = new Gate(MAX_REQUESTS);
  private stopped = false;

  constructor(private readonly options: SimulatedKubeletOptions) {
    this.server = createServer(
      {
        ...SERVER_TLS,
        requestCert: true,
        rejectUnauthorized: false,
        handshakeTimeout: HANDSHAKE_MS,
        SNICallback: (name, answer) =>
          void this.contextOf(name).then(
            (context) => answer(null, context),
            (error: Error) => answer(error),
          ),
      },
      (request, response) => void this.serve(request, response).catch(() => response.destroy()),
    );
    this.server.requestTimeout = 0;
    this.server.maxConnections = MAX_CONNECTIONS;
    this.server.on('connection', (socket: Socket) => {
      this.sockets.add(socket);
      socket.once('close', () => this.sockets.delete(socket));
    });
    this.server.on('tlsClientError', (_, socket) => socket.destroy());
    this.server.on('secureConnection', (socket) => {
      socket.on('error', () => socket.destroy());
      if (!this.isApi(socket)) socket.destroy();
    });
    this.server.on(
      'upgrade',
      (request, socket, head) => void this.upgrade(request, socket, head).catch(() => socket.destroy()),
    );
  }

  /** @returns the port */
  async listen(address: string): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(0, address, resolve);
    });
    return (this.server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    this.stopped = true;
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
    await this.requests.idle();
  }

  /** The node is gone. */
  forget(name: string): void {
    this.pairs.delete(name);
  }

  private isApi(socket: TLSSocket): boolean {
    return isApiServer(socket, this.options.clock.now());
  }

  private async contextOf(name: string): Promise<SecureContext> {
    const { nodes, clock } = this.options;
    const node = nodes.get(name);
    if (!node) throw new Error(`there is no simulated node ${name}`);
    const known = this.pairs.get(name);
    if (known) {
      const { context, until } = await known;
      if (clock.now() < until) return context;
      // of those who come at its end the first asks for another
      if (this.pairs.get(name) === known) this.pairs.delete(name);
    }
    return (await (this.pairs.get(name) ?? this.pairOf(node))).context;
  }

  private pairOf(node: SimulatedNode): Promise<Pair> {
    const { ca, random, log } = this.options;
    const { name } = node;
    const made = this.requests
      .run(() => this.request(node))
      .then((pair) => ({
        context: createSecureContext({ ...SERVER_TLS, ...pair, ca }),
        until: renewalOf(pair, random()),
      }));
    this.pairs.set(name, made);
    made.catch((error: unknown) => {
      if (this.pairs.get(name) === made) this.pairs.delete(name);
      log('no serving certificate', { node: name, error: String(error) });
    });
    return made;
  }

  private async request({ client, name }: SimulatedNode): Promise<ServingPair> {
    // those that waited in line until those before them gave up
    if (this.stopped) throw new Error('the kubelet has stopped');
    const { clock } = this.options;
    return requestServingPair({
      client,
      now: () => clock.now(),
      pause: async (ms) => {
        await new Promise<void>((resolve) => void clock.setTimeout(resolve, ms));
        return !this.stopped;
      },
      node: name,
      names: [{ type: 'dns', value: name }],
    });
  }

  /** The pod that is asked for, where it is on the node by whose name the connection was made. */
  private podOf(request: IncomingMessage, { namespace, pod: name, uid }: KubeletRequest): Pod | undefined {
    const pod = this.options.pod(namespace, name);
    const node = (request.socket as TLSSocket & { servername?: string | false }).servername;
    return pod?.spec?.nodeName === node && (!uid || uid === pod?.metadata.uid) ? pod : undefined;
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = pathOf(request.url);
    if (path === '/healthz') return refuse(response, 200, 'ok');
    const route = parseKubeletPath(request.url);
    if (route?.verb !== 'containerLogs') return refuse(response, 404, '404 page not found\n');
    if (request.method !== 'GET') return refuse(response, 405, 'Method Not Allowed\n');
    const { container } = route;
    const pod = this.podOf(request, route);
    const quoted = JSON.stringify(route.pod);
    if (!pod) return refuse(response, 404, `pod ${quoted} not found\n`);
    const { clock } = this.options;
    const options = optionsOf(route.query, clock.now());
    if (!options) return refuse(response, 400, '{"message": "Unable to decode query."}');
    const status = containerStatus(pod, container);
    if (!status && !has(pod, container))
      return refuse(response, 404, `container ${JSON.stringify(container)} not found in pod ${quoted}\n`);
    const previous = flag(route.query, 'previous');
    if (!runOf(status, previous)) {
      const reason = status?.state?.waiting?.reason ?? 'ContainerCreating';
      const what = JSON.stringify(container);
      const why = previous
        ? `previous terminated container ${what} in pod ${quoted} not found`
        : `container ${what} in pod ${quoted} is waiting to start: ${reason}`;
      return refuse(response, 400, why);
    }
    const { tailLines, follow = false } = options;
    const current = (): Pod | undefined => {
      const found = this.options.pod(route.namespace, route.pod);
      return found?.metadata.uid === pod.metadata.uid ? found : undefined;
    };
    await sendLog(response, (left) =>
      renderLog(options, simulatedLog(current, { container, previous, follow, tailLines }, clock, left)),
    );
  }

  private async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const route = parseKubeletPath(request.url);
    const pod = route && this.podOf(request, route);
    if (!pod) return refuseUpgrade(socket, 404, 'pod does not exist');
    if (route.verb === 'portForward') return this.refusePorts(request, socket, head, route, pod);
    if (route.verb !== 'exec' && route.verb !== 'attach') return refuseUpgrade(socket, 404, '404 page not found');
    if (!containerStatus(pod, route.container)?.state?.running)
      return refuseUpgrade(socket, 404, `container not found (${JSON.stringify(route.container)})`);
    const attach = route.verb === 'attach';
    const what = attach ? 'there is nothing to attach to' : `not executed: ${route.query.getAll('command').join(' ')}`;
    const code = attach ? 0 : steeringOf(pod).execExitCode;
    await serveCommand({ request, socket, head }, route.query, ({ tty }) =>
      simulatedSession(`${whyNothing(pod)}; ${what}`, tty, code),
    );
  }

  private refusePorts(request: IncomingMessage, socket: Duplex, head: Buffer, route: KubeletRequest, pod: Pod): void {
    let ports: number[];
    try {
      ports = portsOf(route.query);
    } catch (error) {
      return refuseUpgrade(socket, 400, (error as Error).message);
    }
    servePortForward(request, socket, head, ports, (port) =>
      Promise.reject(new Error(`error forwarding port ${port} to pod ${route.pod}, uid : ${whyNothing(pod)}`)),
    );
  }
}

const has = ({ spec }: Pod, container: string): boolean =>
  [...(spec?.containers ?? []), ...(spec?.initContainers ?? []), ...(spec?.ephemeralContainers ?? [])].some(
    ({ name }) => name === container,
  );
