import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { replaceFile } from '../replace-file.ts';
import type { Pod } from '../../../schema/types.ts';
import type { PodAddress, PodNetwork } from './pod-network.ts';

const run = promisify(execFile);
/** Where `ip netns` keeps its names. */
const NETNS = '/run/netns';
/** Pod networks that are tried: 10.244.0.0/24 to 10.244.255.0/24. */
const NETWORKS = 256;

/** Whether a pod of some node has the address, or may get it. */
export const isPodAddress = (ip: string): boolean => ip.startsWith('10.244.');

/**
 * Of the host's end of a pod's link: the host forwards for the pod, takes no packet from it whose source is not the
 * pod's address (RFC 3704, strict), and no other routes of it. It speaks no IPv6 with it: pods have no such address, and
 * the host would take a router's word from whoever may send raw packets (RFC 4861, 4.2).
 */
const POD_LINK = [
  ['ipv6', 'disable_ipv6', '1'],
  ['ipv4', 'forwarding', '1'],
  ['ipv4', 'rp_filter', '1'],
  ['ipv4', 'accept_redirects', '0'],
] as const;

export interface PodGuard {
  protect(pod: Pod, ip: string): Promise<void>;
  forget(uid: string): void;
}

export interface BridgeOptions {
  ip: string;
  /** records of who has which address, so that a restarted agent finds its pods' networks again */
  directory: string;
  /** the node's address, by which pods know it: who answers them on all of the machine's addresses answers with it */
  address?: string;
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
  private last: number;
  private readonly pending = new Map<string, Promise<PodAddress>>();

  private constructor(
    private readonly options: BridgeOptions,
    readonly network: number,
  ) {
    this.last = Math.max(1, ...this.uids().map((uid) => this.numberOf(uid) ?? 0));
  }

  /** Takes the bridge of an earlier run, or makes one for the first free pod network. */
  static async open(options: BridgeOptions): Promise<BridgeNetwork> {
    mkdirSync(options.directory, { recursive: true });
    const record = join(options.directory, 'network');
    const of = (network: number): BridgeNetwork => new BridgeNetwork(options, network);
    const claimed = (await reclaim(of, numberIn(record))) ?? (await claimNetwork(of, options.first));
    replaceFile(record, String(claimed.network));
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

  private get source(): string {
    const { address } = this.options;
    const own = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
    return own.some((each) => each.address === address && !each.internal) ? ` src ${address}` : '';
  }

  /** What is done about a pod that has got its address, before anybody starts in it. */
  guard: PodGuard | undefined;

  attach(uid: string, pod?: Pod): Promise<PodAddress> {
    let pending = this.pending.get(uid);
    if (!pending) {
      pending = this.admit(uid, pod).finally(() => this.pending.delete(uid));
      this.pending.set(uid, pending);
    }
    return pending;
  }

  async detach(uid: string): Promise<void> {
    const number = this.numberOf(uid);
    if (number === undefined) return;
    await this.unplug(number);
    this.guard?.forget(uid);
    rmSync(join(this.options.directory, uid), { force: true });
  }

  async collect(isKnown: (uid: string) => boolean): Promise<void> {
    for (const uid of this.uids()) if (!isKnown(uid)) await this.detach(uid);
  }

  /** Takes all links away. Who has which address stays written down: pods that come back have theirs again. */
  async close(): Promise<void> {
    for (const uid of this.uids()) await this.unplug(this.numberOf(uid) ?? 0);
    await this.batch([`link delete ${this.bridge}`], true);
  }

  private uids(): string[] {
    return readdirSync(this.options.directory).filter((name) => name !== 'network' && !name.endsWith('.tmp'));
  }

  private numberOf(uid: string): number | undefined {
    const number = numberIn(join(this.options.directory, uid));
    return number !== undefined && number >= 2 && number <= 254 ? number : undefined;
  }

  private namespace(number: number): string {
    return `ku7s-${this.network}-${number}`;
  }

  private link(number: number): string {
    return `ku7s${this.network}-${number}`;
  }

  private async admit(uid: string, pod: Pod | undefined): Promise<PodAddress> {
    const address = await this.join(uid);
    if (pod) await this.guard?.protect(pod, address.ip);
    return address;
  }

  private async join(uid: string): Promise<PodAddress> {
    const number = this.numberOf(uid) ?? this.allocate(uid);
    try {
      await this.plug(number);
    } catch {
      // half made by an agent that was killed in the midst of it
      await this.unplug(number);
      await this.plug(number);
    }
    return { ip: this.address(number), netns: `${NETNS}/${this.namespace(number)}` };
  }

  private address(number: number): string {
    return `10.244.${this.network}.${number}`;
  }

  /** Makes what there is not yet, and leaves what is as it should be: it may have containers. */
  private async plug(number: number): Promise<void> {
    const name = this.namespace(number);
    const link = this.link(number);
    const ip = this.address(number);
    if (!existsSync(`${NETNS}/${name}`)) {
      await this.unplug(number);
      await this.batch([`netns add ${name}`]);
    }
    const mac = hardware(this.network, number);
    const gatewayMac = hardware(this.network, 1);
    if (!links().has(link))
      await this.batch([`link add ${link} type veth peer name eth0 address ${mac} netns ${name}`]);
    for (const [family, setting, value] of POD_LINK) sysctl(family, link, setting, value);
    await this.batch([`link set ${link} address ${gatewayMac} up`, `route replace ${ip}/32 dev ${link}${this.source}`]);
    await this.batch(
      [
        'link set lo up',
        `address replace ${ip}/32 dev eth0`,
        'link set eth0 up',
        `route replace ${this.gateway}/32 dev eth0`,
        `route replace default via ${this.gateway}`,
        // The host's end has no address of its own, and need not answer for it.
        `neighbor replace ${this.gateway} lladdr ${gatewayMac} dev eth0 nud permanent`,
      ],
      false,
      name,
    );
  }

  private async unplug(number: number): Promise<void> {
    await this.batch([`link delete ${this.link(number)}`], true);
    await run(this.options.ip, ['netns', 'delete', this.namespace(number)]).catch(() => undefined);
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
      replaceFile(join(this.options.directory, uid), String(number));
      return number;
    }
    throw new Error(`no address is left in ${this.cidr}`);
  }

  /** Makes the bridge's link; false where another agent has one of that name. */
  async claim(): Promise<boolean> {
    try {
      await this.batch([
        `link add ${this.bridge} address ${ownHardware(this.options.directory)} type veth peer name ${this.bridge}p`,
      ]);
      return true;
    } catch (error) {
      if (links().has(this.bridge)) return false;
      throw error;
    }
  }

  /** Whether the link is there and an earlier run of this very agent has made it. */
  get isOwn(): boolean {
    return macOf(this.bridge) === ownHardware(this.options.directory);
  }

  /** Addresses of Services that an earlier run served go: there may be no such Services any more. */
  private async raise(): Promise<void> {
    const { stdout } = await run(this.options.ip, ['-o', '-4', 'address', 'show', 'dev', this.bridge]);
    const old = [...stdout.matchAll(/ inet (\S+)/g)]
      .map(([, cidr = '']) => cidr)
      .filter((cidr) => !cidr.startsWith(`${this.gateway}/`));
    await this.batch([
      `address replace ${this.gateway}/24 dev ${this.bridge}`,
      ...old.map((cidr) => `address delete ${cidr} dev ${this.bridge}`),
      `link set ${this.bridge} up`,
    ]);
    // Both ends up, the link runs: one that does not is left out of what programs are told of the machine's addresses.
    await this.batch([`link set ${this.bridge}p up`], true);
  }

  private async batch(lines: string[], force = false, netns?: string): Promise<void> {
    const args = [...(netns ? ['-netns', netns] : []), ...(force ? ['-force'] : []), '-batch', '-'];
    const child = run(this.options.ip, args);
    // one that ends before it has read all says why by its exit
    child.child.stdin?.on('error', () => undefined);
    child.child.stdin?.end(`${lines.join('\n')}\n`);
    await (force ? child.catch(() => undefined) : child);
  }
}

function sysctl(family: string, link: string, setting: string, value: string): void {
  try {
    writeFileSync(`/proc/sys/net/${family}/conf/${link}/${setting}`, value);
  } catch {
    // Where /proc/sys may not be written, as in a container, pods have what the machine has by default.
    return;
  }
}

/** Made of the pod's address: whoever remembers it from an earlier pod with that address is still right. */
const hardware = (network: number, number: number): string =>
  ['0a', '58', ...[10, 244, network, number].map((byte) => byte.toString(16).padStart(2, '0'))].join(':');

/** Of the link that is named for the network: the agent's own, which tells it from those of other agents. */
const ownHardware = (directory: string): string =>
  ['0a', ...createHash('sha256').update(directory).digest('hex').slice(0, 10).match(/../g)!].join(':');

const macOf = (link: string): string | undefined => {
  try {
    return readFileSync(`/sys/class/net/${link}/address`, 'utf8').trim();
  } catch {
    return undefined;
  }
};

/** Undefined for a file that is missing, or was cut off. */
function numberIn(path: string): number | undefined {
  try {
    const text = readFileSync(path, 'utf8');
    return /^\d+$/.test(text) ? Number(text) : undefined;
  } catch {
    return undefined;
  }
}

/** The network that an earlier run had, if no other agent has it now. */
async function reclaim(
  of: (network: number) => BridgeNetwork,
  recorded: number | undefined,
): Promise<BridgeNetwork | undefined> {
  // One that was killed right after its claim has written nothing down.
  const numbers = [...links()].map((link) => /^ku7s(\d+)$/.exec(link)?.[1]).map(Number);
  const claimed = numbers.filter(Number.isInteger).find((network) => of(network).isOwn);
  if (claimed !== undefined) return of(claimed);
  if (recorded === undefined) return undefined;
  const known = of(recorded);
  return !links().has(known.bridge) && (await known.claim()) ? known : undefined;
}

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
