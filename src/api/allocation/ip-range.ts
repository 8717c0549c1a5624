/** An IPv4 range of service addresses. Addresses as numbers inside, as text outside. */
export class IpRange {
  private readonly first: number;
  private readonly size: number;

  /** @param cidr `10.96.0.0/16`; throws Error for what is no IPv4 range */
  constructor(readonly cidr: string) {
    const [, network, length] = /^(\d+\.\d+\.\d+\.\d+)\/(\d+)$/.exec(cidr) ?? [];
    const bits = Number(length);
    if (network === undefined || bits > 32) throw new Error(`${cidr} is not an IPv4 range`);
    this.size = 2 ** (32 - bits);
    this.first = Math.floor(toNumber(network) / this.size) * this.size;
  }

  /** The first address, which no Service can have: what a dry run draws. */
  get network(): string {
    return toText(this.first);
  }

  /** The first usable address: the API's own service. */
  get apiAddress(): string {
    return toText(this.first + 1);
  }

  /** It is of the range, or its first or last address, which no Service can have. */
  covers(ip: string): boolean {
    const offset = toNumber(ip) - this.first;
    return offset >= 0 && offset < this.size;
  }

  contains(ip: string): boolean {
    const offset = toNumber(ip) - this.first;
    return offset > 0 && offset < this.size - 1;
  }

  /**
   * A free address. The lower part is left to addresses that are chosen by hand, as long as the upper has free ones
   * (KEP-3070).
   */
  pick(isFree: (ip: string) => boolean, random: () => number): string | undefined {
    const last = this.size - 1;
    const low = 1 + (this.size <= 16 ? 0 : Math.min(Math.max(16, Math.floor(this.size / 16)), 256));
    return this.probe(low, last, isFree, random) ?? this.probe(1, Math.min(low, last), isFree, random);
  }

  private probe(from: number, to: number, isFree: (ip: string) => boolean, random: () => number): string | undefined {
    const count = to - from;
    const start = Math.floor(random() * count);
    for (let i = 0; i < count; i++) {
      const ip = toText(this.first + from + ((start + i) % count));
      if (isFree(ip)) return ip;
    }
    return undefined;
  }
}

const toNumber = (ip: string): number => ip.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
const toText = (n: number): string => [24, 16, 8, 0].map((shift) => Math.floor(n / 2 ** shift) % 256).join('.');
