import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { BridgeNetwork } from '../../../src/nodes/network/bridge-network.ts';
import { whyNoNft } from '../../../src/nodes/network/nftables/nft.ts';
import { serviceTable } from '../../../src/nodes/network/nftables/service-table.ts';

/** Why this machine cannot run the tests that need a kernel to do it; empty: it can. */
export const whyNoLab =
  whyNoNft(serviceTable({ name: 'ku7s0', cidr: '10.244.0.0/24', nodePortAddresses: undefined }, [], [], () => false)) ??
  '';

/**
 * Somebody in a network namespace: answers on ports over TCP and UDP with its name and whom it sees, and asks others.
 * Orders come by standard input, a line of JSON each.
 */
const ACTOR = `
const net = require('node:net'), dgram = require('node:dgram');
const name = process.argv[1];
const say = (id, answer) => process.stdout.write(JSON.stringify({ id, answer }) + '\\n');
const seen = (address) => name + ' ' + address.replace('::ffff:', '');
const sockets = new Map();
function listen({ id, port, protocol, host }) {
  if (protocol === 'udp') {
    const socket = dgram.createSocket('udp4');
    socket.on('message', (_, from) => socket.send(seen(from.address), from.port, from.address));
    socket.bind(port, host, () => say(id, 'listens'));
  } else net.createServer((socket) => {
    socket.on('error', () => {});
    socket.write(seen(socket.remoteAddress));
    socket.on('data', (data) => socket.write(data));
  }).listen(port, host, () => say(id, 'listens'));
}
function ask({ id, host, port, protocol, ms, source }) {
  if (protocol === 'udp') {
    const socket = dgram.createSocket('udp4');
    const end = (answer) => { clearTimeout(timer); try { socket.close(); } catch {} say(id, answer); };
    const timer = setTimeout(() => end('silence'), ms);
    socket.on('message', (data) => end(String(data)));
    socket.on('error', (error) => end(error.code));
    socket.bind(source ?? 0, () => socket.connect(port, host, () => socket.send('?')));
    return;
  }
  const socket = net.connect({ host, port });
  const end = (answer) => { clearTimeout(timer); socket.destroy(); say(id, answer); };
  const timer = setTimeout(() => end('silence'), ms);
  socket.once('data', (data) => end(String(data)));
  socket.once('error', (error) => end(error.code));
}
function hold({ id, host, port }) {
  const socket = net.connect({ host, port });
  socket.on('error', () => {});
  socket.once('data', (data) => { sockets.set(id, socket); say(id, String(data)); });
}
function echo({ id, held, ms }) {
  const socket = sockets.get(held);
  const timer = setTimeout(() => say(id, 'silence'), ms);
  socket.once('data', (data) => { clearTimeout(timer); say(id, String(data)); });
  socket.write('still here');
}
const orders = { listen, ask, hold, echo };
require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const order = JSON.parse(line);
  orders[order.do](order);
}).on('close', () => process.exit());
`;

/** How long nothing may come before it is silence, ms. */
const SILENCE_MS = 700;

export class Actor {
  private readonly child: ChildProcess;
  private readonly waiting = new Map<number, (answer: string) => void>();
  private next = 0;

  constructor(
    readonly name: string,
    readonly ip: string,
    readonly netns: string | undefined,
  ) {
    const command = [process.execPath, '-e', ACTOR, name];
    const [program = '', ...args] = netns ? ['nsenter', `--net=${netns}`, ...command] : command;
    this.child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    createInterface({ input: this.child.stdout! }).on('line', (line) => {
      const { id, answer } = JSON.parse(line) as { id: number; answer: string };
      this.waiting.get(id)?.(answer);
      this.waiting.delete(id);
    });
  }

  /** Where it is, for nsenter: by who is in it. */
  get namespace(): string {
    return `/proc/${this.child.pid}/ns/net`;
  }

  listen(port: number, protocol: 'tcp' | 'udp' = 'tcp', host = '0.0.0.0'): Promise<string> {
    return this.order({ do: 'listen', port, protocol, host });
  }

  /** `NAME ADDRESS` as the one who answers sees it, the code of an error, or `silence` */
  ask(host: string, port: number, protocol: 'tcp' | 'udp' = 'tcp', source?: number): Promise<string> {
    return this.order({ do: 'ask', host, port, protocol, ms: SILENCE_MS, source });
  }

  /** Opens a connection that stays. @returns whether it still carries something, each time it is asked */
  async hold(host: string, port: number): Promise<() => Promise<string>> {
    const held = this.next;
    await this.order({ do: 'hold', host, port });
    return () => this.order({ do: 'echo', held, ms: SILENCE_MS });
  }

  end(): void {
    this.child.kill('SIGKILL');
  }

  private order(order: object): Promise<string> {
    const id = this.next++;
    return new Promise((resolve) => {
      this.waiting.set(id, resolve);
      this.child.stdin!.write(`${JSON.stringify({ ...order, id })}\n`);
    });
  }
}

/** A machine with a pod network, pods on it, and somebody outside, whom it reaches by a link of its own. */
export class Lab {
  private readonly actors: Actor[] = [];
  private readonly outer: string[] = [];

  private constructor(
    readonly network: BridgeNetwork,
    private readonly folder: string,
  ) {}

  static async open(first: number): Promise<Lab> {
    const folder = mkdtempSync(join(tmpdir(), 'ku7s-lab-'));
    const network = await BridgeNetwork.open({ ip: 'ip', directory: join(folder, 'network'), first });
    return new Lab(network, folder);
  }

  async pod(name: string): Promise<Actor> {
    const { ip, netns } = await this.network.attach(`uid-${name}`);
    return this.actor(name, ip, netns);
  }

  host(): Actor {
    return this.actor('host', '127.0.0.1', undefined);
  }

  /** On a network of its own: the machine has `.1` there, and the other one `.2`. */
  outside(name: string): { actor: Actor; gateway: string } {
    const { network } = this.network;
    const namespace = `nwt-${network}-${this.outer.length}`;
    const link = `nwt${network}-${this.outer.length}`;
    const base = this.outer.length * 4;
    const at = (n: number): string => `198.18.${network}.${base + n}`;
    const ip = (...args: string[]): unknown => execFileSync('ip', args);
    this.outer.push(namespace);
    ip('netns', 'add', namespace);
    ip('link', 'add', link, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace);
    ip('address', 'add', `${at(1)}/30`, 'dev', link);
    ip('link', 'set', link, 'up');
    writeFileSync(`/proc/sys/net/ipv4/conf/${link}/forwarding`, '1');
    ip('-n', namespace, 'link', 'set', 'lo', 'up');
    ip('-n', namespace, 'address', 'add', `${at(2)}/30`, 'dev', 'eth0');
    ip('-n', namespace, 'link', 'set', 'eth0', 'up');
    ip('-n', namespace, 'route', 'add', 'default', 'via', at(1));
    return { actor: this.actor(name, at(2), `/run/netns/${namespace}`), gateway: at(1) };
  }

  async close(): Promise<void> {
    for (const each of this.actors) each.end();
    for (const namespace of this.outer) execFileSync('ip', ['netns', 'delete', namespace]);
    await this.network.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private actor(name: string, ip: string, netns: string | undefined): Actor {
    const actor = new Actor(name, ip, netns);
    this.actors.push(actor);
    return actor;
  }
}
