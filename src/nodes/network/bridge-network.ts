import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { PodAddress, PodNetwork } from './pod-network.ts';

const run = promisify(execFile);
/** Where `ip netns` keeps its names. */
const NETNS = '/run/netns';
/** Pod networks that are tried: 10.244.0.0/24 to 10.244.255.0/24. */
const NETWORKS = 256;

/** Whether a pod of some node has the address, or may get it. */
export const isPodAddress = (ip: string): boolean => ip.startsWith('10.244.');

/**
 * Of the host's end of a pod's link: the host forwards for the pod, and takes no packet from it whose source is not the
 * pod's address (RFC 3704, strict).
 */
const POD_LINK = [
  ['forwarding', '1'],
  ['rp_filter', '1'],
] as const;

export interface BridgeOptions {
  ip: string;
  /** records of who has which address, so that a restarted agent finds its pods' networks again */
  directory: string;
  /** the network tried first */
  first: number;
}

/**
 * A network namespace for each pod, joined to the host by a veth pair. The host routes between them: every packet that
 * a pod sends or gets passes the host's forwarding, where Services and policies take hold, whatever a pod does to its
 * own end. The link named for the network has no pod on it: it claims the network on this machine, and holds the
 * gateway's address and those of Services that are served here. Made with `ip`; nothing of the host's own
 * configuration is touched but the new interfaces.
 */
export class BridgeNetwork implements PodNetwork {
  private last = 1;
  private readonly pending = new Map<string, Promise<PodAddress>>();

  private constructor(
    private readonly options: BridgeOptions,
    readonly network: number,
  ) {}

  /** Takes the bridge of an earlier run, or makes one for the first free pod network. */
  static async open(options: BridgeOptions): Promise<BridgeNetwork> {
    mkdirSync(options.directory, { recursive: true });
    const record = join(options.directory, 'network');
    if (existsSync(record)) {
      const known = new BridgeNetwork(options, Number(readFileSync(record, 'utf8')));
      if (!links().has(known.bridge) && (await known.claim())) await known.raise();
      return known;
    }
    const claimed = await claimNetwork((network) => new BridgeNetwork(options, network), options.first);
    writeFileSync(record, String(claimed.network));
    await claimed.raise();
    return claimed;
  }

  get bridge(): string {
    return `ku7s${this.network}`;
  }

  get gateway(): string {
    return `10.244.${this.network}.1`;
  }

  get cidr(): string {
    return `10.244.${this.network}.0/24`;
  }

  attach(uid: string): Promise<PodAddress> {
    let pending = this.pending.get(uid);
    if (!pending) {
      pending = this.join(uid).finally(() => this.pending.delete(uid));
      this.pending.set(uid, pending);
    }
    return pending;
  }

  async detach(uid: string): Promise<void> {
    const number = this.numberOf(uid);
    if (number === undefined) return;
    await this.batch([`link delete ${this.link(number)}`], true);
    await run(this.options.ip, ['netns', 'delete', this.namespace(number)]).catch(() => undefined);
    rmSync(join(this.options.directory, uid), { force: true });
  }

  async collect(isKnown: (uid: string) => boolean): Promise<void> {
    for (const uid of this.uids()) if (!isKnown(uid)) await this.detach(uid);
  }

  async close(): Promise<void> {
    for (const uid of this.uids()) await this.detach(uid);
    await this.batch([`link delete ${this.bridge}`], true);
    rmSync(join(this.options.directory, 'network'), { force: true });
  }

  private uids(): string[] {
    return readdirSync(this.options.directory).filter((name) => name !== 'network');
  }

  private numberOf(uid: string): number | undefined {
    const path = join(this.options.directory, uid);
    return existsSync(path) ? Number(readFileSync(path, 'utf8')) : undefined;
  }

  private namespace(number: number): string {
    return `ku7s-${this.network}-${number}`;
  }

  private link(number: number): string {
    return `ku7s${this.network}-${number}`;
  }

  private async join(uid: string): Promise<PodAddress> {
    const known = this.numberOf(uid);
    const number = known ?? this.allocate(uid);
    const address = { ip: `10.244.${this.network}.${number}`, netns: `${NETNS}/${this.namespace(number)}` };
    if (known !== undefined && existsSync(address.netns)) return address;
    const name = this.namespace(number);
    const link = this.link(number);
    await run(this.options.ip, ['netns', 'delete', name]).catch(() => undefined);
    await this.batch([`link delete ${link}`], true);
    await this.batch([
      `netns add ${name}`,
      `link add ${link} type veth peer name eth0 address ${hardware(this.network, number)} netns ${name}`,
      `link set ${link} up`,
      `address add ${this.gateway}/32 dev ${link}`,
      `route add ${address.ip}/32 dev ${link} src ${this.gateway}`,
    ]);
    for (const [setting, value] of POD_LINK) sysctl(link, setting, value);
    await this.batch(
      [
        'link set lo up',
        `address add ${address.ip}/32 dev eth0`,
        'link set eth0 up',
        `route add ${this.gateway}/32 dev eth0`,
        `route add default via ${this.gateway}`,
      ],
      false,
      name,
    );
    return address;
  }

  /**
   * A free host number, 2 to 254, written down before it is used. Taken in turn, so that an address which somebody may
   * still connect to does not lead to another pod at once.
   */
  private allocate(uid: string): number {
    const used = new Set(this.uids().map((each) => this.numberOf(each)));
    for (let tries = 0; tries < 253; tries++) {
      const number = (this.last = ((this.last - 1) % 253) + 2);
      if (used.has(number)) continue;
      writeFileSync(join(this.options.directory, uid), String(number));
      return number;
    }
    throw new Error(`no address is left in ${this.cidr}`);
  }

  /** Makes the bridge's link; false where another agent has one of that name. */
  async claim(): Promise<boolean> {
    try {
      await this.batch([`link add ${this.bridge} type bridge`]);
      return true;
    } catch (error) {
      if (links().has(this.bridge)) return false;
      throw error;
    }
  }

  private async raise(): Promise<void> {
    await this.batch([`address add ${this.gateway}/24 dev ${this.bridge}`, `link set ${this.bridge} up`]);
  }

  private async batch(lines: string[], force = false, netns?: string): Promise<void> {
    const args = [...(netns ? ['-netns', netns] : []), ...(force ? ['-force'] : []), '-batch', '-'];
    const child = run(this.options.ip, args);
    child.child.stdin?.end(`${lines.join('\n')}\n`);
    await (force ? child.catch(() => undefined) : child);
  }
}

function sysctl(link: string, setting: string, value: string): void {
  try {
    writeFileSync(`/proc/sys/net/ipv4/conf/${link}/${setting}`, value);
  } catch {
    // Where /proc/sys may not be written, as in a container, pods have what the machine has by default.
    return;
  }
}

/** Made of the pod's address: whoever remembers it from an earlier pod with that address is still right. */
const hardware = (network: number, number: number): string =>
  ['0a', '58', ...[10, 244, network, number].map((byte) => byte.toString(16).padStart(2, '0'))].join(':');

/** Names of this machine's links, those without an address too. */
const links = (): Set<string> => new Set(readdirSync('/sys/class/net'));

/**
 * The first network from `first` on that nobody has. Two agents may look at the same moment: who makes the bridge has
 * the network, and the other one goes on to the next.
 */
async function claimNetwork(of: (network: number) => BridgeNetwork, first: number): Promise<BridgeNetwork> {
  const taken = new Set<number>();
  for (const addresses of Object.values(networkInterfaces())) {
    for (const { address } of addresses ?? []) {
      const match = /^10\.244\.(\d+)\./.exec(address);
      if (match) taken.add(Number(match[1]));
    }
  }
  for (let n = 0; n < NETWORKS; n++) {
    const candidate = of((first + n) % NETWORKS);
    if (taken.has(candidate.network) || links().has(candidate.bridge)) continue;
    if (await candidate.claim()) return candidate;
  }
  throw new Error('no pod network is free in 10.244.0.0/16');
}
