import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Balancer } from './balancer.ts';
import type { Target } from './target.ts';

/** Connections of one service port at once, and how long one endpoint may take to accept. */
const MAX_CONNECTIONS = 4096;
const DIAL_TIMEOUT_MS = 2000;
/** Rounds over all endpoints, and the pause between them, ms: an endpoint that just left was refused; a new one may be there. */
const ROUNDS = 5;
const ROUND_PAUSE_MS = 100;

export interface ProxyPort {
  /** where connections may go now; asked for each connection, so that a change needs no restart */
  targets(): readonly Target[];
  balancer: Balancer;
  affinityMs(): number;
  /** whether this client's connections are taken */
  allows(client: string): boolean;
}

/** A listener that hands each connection to an endpoint. Connections live on when their endpoint leaves the service. */
export class TcpProxy {
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();

  constructor(private readonly port: ProxyPort) {
    this.server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (client) => void this.serve(client));
    this.server.maxConnections = MAX_CONNECTIONS;
  }

  listen(port: number, address: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen({ port, host: address }, () => {
        this.server.off('error', reject);
        this.server.on('error', () => undefined);
        resolve();
      });
    });
  }

  close(): void {
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
  }

  get boundPort(): number {
    const address = this.server.address();
    return typeof address === 'object' && address ? address.port : 0;
  }

  private async serve(client: Socket): Promise<void> {
    this.track(client);
    client.on('error', () => client.destroy());
    const upstream = this.port.allows(client.remoteAddress ?? '') ? await this.dial(client) : undefined;
    if (!upstream || client.destroyed) {
      upstream?.destroy();
      // A reset tells the client what a refused connection would have.
      client.resetAndDestroy();
      return;
    }
    this.track(upstream);
    upstream.on('error', () => client.resetAndDestroy());
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
    client.pipe(upstream);
    upstream.pipe(client);
  }

  private track(socket: Socket): void {
    socket.setNoDelay(true);
    this.sockets.add(socket);
    socket.on('close', () => this.sockets.delete(socket));
  }

  /** No byte was sent yet, so that another endpoint may be tried without harm. */
  private async dial(client: Socket): Promise<Socket | undefined> {
    const { balancer, targets, affinityMs } = this.port;
    const source = client.remoteAddress ?? '';
    for (let round = 0; round < ROUNDS && !client.destroyed; round++) {
      for (const target of balancer.order(targets(), source, affinityMs())) {
        const socket = await open(target);
        if (!socket) continue;
        balancer.used(target, source, affinityMs());
        return socket;
      }
      if (!targets().length && round > 0) return undefined;
      await new Promise((resolve) => setTimeout(resolve, ROUND_PAUSE_MS));
    }
    return undefined;
  }
}

function open({ address, port }: Target): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port, allowHalfOpen: true });
    const timer = setTimeout(() => fail(), DIAL_TIMEOUT_MS);
    const fail = (): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(undefined);
    };
    socket.once('error', fail);
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.off('error', fail);
      resolve(socket);
    });
  });
}
