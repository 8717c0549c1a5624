import { createSocket, type Socket } from 'node:dgram';
import type { Target } from './target.ts';
import type { ProxyPort } from './tcp-proxy.ts';

/** Clients that are remembered at once, and for how long after their last datagram, ms. */
const MAX_FLOWS = 1024;
const IDLE_MS = 30_000;

interface Flow {
  target: Target;
  upstream: Socket;
  timer: NodeJS.Timeout;
}

/** Datagrams of one client go to one endpoint until it has been silent for a while, or the endpoint has left. */
export class UdpProxy {
  private readonly socket: Socket;
  private readonly flows = new Map<string, Flow>();

  constructor(
    private readonly port: ProxyPort,
    address: string,
    private readonly maxFlows = MAX_FLOWS,
  ) {
    this.socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    this.socket.on('message', (data, from) => this.forward(data, from.address, from.port));
    this.socket.on('error', () => undefined);
  }

  listen(port: number, address: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.socket.once('error', reject);
      this.socket.bind(port, address, () => {
        this.socket.off('error', reject);
        resolve();
      });
    });
  }

  get boundPort(): number {
    return this.socket.address().port;
  }

  close(): void {
    for (const key of this.flows.keys()) this.drop(key);
    this.socket.close();
  }

  private forward(data: Buffer, address: string, port: number): void {
    const key = `${address}:${port}`;
    const flow = this.current(key, address) ?? this.open(key, address, port);
    if (!flow) return;
    // The one that has been silent longest is the first, and the first that is given up.
    this.flows.delete(key);
    this.flows.set(key, flow);
    flow.timer.refresh();
    flow.upstream.send(data);
  }

  /** Undefined, and ended, where the endpoint has left or the client is not let in any more. */
  private current(key: string, address: string): Flow | undefined {
    const flow = this.flows.get(key);
    if (!flow) return undefined;
    const { target } = flow;
    const isThere = this.port.targets().some((each) => each.address === target.address && each.port === target.port);
    if (isThere && this.port.allows(address)) return flow;
    this.drop(key);
    return undefined;
  }

  private open(key: string, address: string, port: number): Flow | undefined {
    const { balancer, targets, affinityMs, allows } = this.port;
    if (!allows(address)) return undefined;
    const target = balancer.order(targets(), address, affinityMs())[0];
    if (!target) return undefined;
    if (this.flows.size >= this.maxFlows) this.drop(this.flows.keys().next().value!);
    const upstream = createSocket(target.address.includes(':') ? 'udp6' : 'udp4');
    upstream.on('message', (answer) => this.socket.send(answer, port, address));
    upstream.on('error', () => this.drop(key));
    upstream.connect(target.port, target.address);
    balancer.used(target, address, affinityMs());
    // Datagrams sent before the socket is connected are queued by it.
    return { target, upstream: queued(upstream), timer: setTimeout(() => this.drop(key), IDLE_MS).unref() };
  }

  private drop(key: string): void {
    const flow = this.flows.get(key);
    if (!flow) return;
    this.flows.delete(key);
    clearTimeout(flow.timer);
    try {
      flow.upstream.close();
    } catch {
      return;
    }
  }
}

/** `send` on a socket that is still connecting throws; this holds the first datagrams back until it is. */
function queued(socket: Socket): Socket {
  const waiting: Buffer[] = [];
  let ready = false;
  const send = socket.send.bind(socket) as (data: Buffer) => void;
  socket.once('connect', () => {
    ready = true;
    for (const data of waiting.splice(0)) send(data);
  });
  socket.send = ((data: Buffer) =>
    ready ? send(data) : waiting.length < 16 && waiting.push(data)) as typeof socket.send;
  return socket;
}
