import { formatAddress, parseRange, type Range } from '../meta/address.ts';

/** Nodes that one IPv6 range may be divided among, as a power of two: Kubernetes has no more. */
const MOST_IPV6_BITS = 16;

/** The ranges of one size that a cluster's range is divided into, and which of them are taken. Source: nodeipam/ipam/cidrset. */
export class NodeCidrSet {
  private readonly cluster: Range;
  private readonly base: bigint;
  private readonly bits: number;
  private readonly most: number;
  private readonly taken = new Set<number>();
  private next = 0;

  /** @param mask length of each node's prefix. Throws Error for what is no range, or cannot be so divided. */
  constructor(cidr: string, mask: number);
  constructor(
    readonly cidr: string,
    readonly mask: number,
  ) {
    const cluster = parseRange(cidr);
    if (!cluster) throw new Error(`invalid CIDR address: ${cidr}`);
    const { family, bytes } = cluster.network;
    this.bits = family === 4 ? 32 : 128;
    const { prefix } = cluster;
    if (mask < prefix || mask > this.bits || (family === 6 && mask - prefix > MOST_IPV6_BITS))
      throw new Error('New CIDR set failed; the node CIDR size is too big');
    this.cluster = cluster;
    this.base = toNumber(bytes);
    this.most = 2 ** (mask - prefix);
  }

  /** Takes the next free one; undefined where none is left. */
  allocate(): string | undefined {
    if (this.taken.size >= this.most) return undefined;
    let index = this.next;
    while (this.taken.has(index)) index = (index + 1) % this.most;
    this.next = (index + 1) % this.most;
    this.taken.add(index);
    return this.at(index);
  }

  /** Those that overlap with a range are nobody's to get; false where it is none, or lies outside. */
  occupy(cidr: string): boolean {
    return this.each(cidr, (index) => this.taken.add(index));
  }

  release(cidr: string): boolean {
    return this.each(cidr, (index) => this.taken.delete(index));
  }

  private each(cidr: string, visit: (index: number) => void): boolean {
    const range = parseRange(cidr);
    if (range?.network.family !== this.cluster.network.family) return false;
    const size = 1n << BigInt(this.bits - this.mask);
    const first = (toNumber(range.network.bytes) - this.base) / size;
    const end = toNumber(range.network.bytes) + (1n << BigInt(this.bits - range.prefix)) - 1n;
    const last = (end - this.base) / size;
    if (end < this.base || first >= this.most) return false;
    const from = first < 0n ? 0 : Number(first);
    const to = last >= this.most ? this.most - 1 : Number(last);
    for (let index = from; index <= to; index++) visit(index);
    return true;
  }

  private at(index: number): string {
    const value = this.base + (BigInt(index) << BigInt(this.bits - this.mask));
    const { family, bytes } = this.cluster.network;
    const text = bytes.map((_, i) => Number((value >> BigInt(8 * (bytes.length - 1 - i))) & 0xffn));
    return `${formatAddress({ family, bytes: text })}/${this.mask}`;
  }
}

const toNumber = (bytes: readonly number[]): bigint => bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
