import { lookup } from 'node:dns/promises';
import { LRUCache } from 'lru-cache';
import { isDns1123Subdomain } from '../../meta/names.ts';
import type { Reach } from '../reach.ts';

/** How long an answer counts, ms; names that are remembered. */
const TTL_MS = 5000;
const MAX_NAMES = 256;

/** Looks up what Services of the type ExternalName stand for. */
export class ExternalNames {
  private readonly known = new LRUCache<string, Promise<readonly string[]>>({ max: MAX_NAMES, ttl: TTL_MS });

  constructor(
    private readonly reach: Pick<Reach, 'allowed'>,
    /** names below it are of this cluster, whose Services have endpoints of their own */
    private readonly domain: string,
    private readonly resolve: (name: string) => Promise<readonly { address: string }[]> = (name) =>
      lookup(name, { all: true }),
  ) {}

  /** The addresses to connect to. None where the name is not known, or where any of them must not be reached. */
  async addresses(name: string, port: number): Promise<readonly string[]> {
    const plain = name.toLowerCase().replace(/\.$/, '');
    if (isDns1123Subdomain(plain).length || /(^|\.)\d+$/.test(plain) || plain.endsWith(`.${this.domain}`)) return [];
    let found = this.known.get(plain);
    if (!found) {
      found = this.resolve(plain).then(
        (all) => all.map(({ address }) => address),
        () => [],
      );
      this.known.set(plain, found);
    }
    const all = (await found).map((address) => this.reach.allowed(address, port));
    return all.every((address) => address !== undefined) ? all : [];
  }
}
