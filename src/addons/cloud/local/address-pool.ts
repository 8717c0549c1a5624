import { formatAddress, isInRange, parseAddress, parseRange, type Address } from '../../../meta/address.ts';

/** Addresses of one pool: further ones of a range are not used. */
const MAX_ADDRESSES = 65_536;

/** IPv4 addresses, from the first to the last of each range. */
export class AddressPool {
  private readonly ranges: readonly { first: number; last: number }[];

  /**
   * @param text ranges apart by commas, each `192.0.2.0/28` or `192.0.2.10-192.0.2.19`
   * @throws Error for what is none, with its text
   */
  constructor(text: string) {
    this.ranges = text.split(',').map((each) => rangeOf(each.trim()));
    const size = this.ranges.reduce((sum, { first, last }) => sum + last - first + 1, 0);
    if (size > MAX_ADDRESSES) throw new Error(`${text} has more than ${MAX_ADDRESSES} addresses`);
  }

  has(address: string): boolean {
    const parsed = parseAddress(address);
    if (parsed?.family !== 4) return false;
    const number = numberOf(parsed);
    return this.ranges.some(({ first, last }) => first <= number && number <= last);
  }

  /** The first that nobody has; undefined when all are given. */
  free(isTaken: (address: string) => boolean): string | undefined {
    for (const { first, last } of this.ranges)
      for (let number = first; number <= last; number++) {
        const address = textOf(number);
        if (!isTaken(address)) return address;
      }
    return undefined;
  }
}

function rangeOf(text: string): { first: number; last: number } {
  const range = parseRange(text);
  if (range?.address.family === 4) {
    const first = numberOf(range.network);
    const size = 2 ** (32 - range.prefix);
    // The address of a network as a whole and that of all who are in it are nobody's.
    return size > 2 ? { first: first + 1, last: first + size - 2 } : { first, last: first + size - 1 };
  }
  const [from, to] = text.split('-').map((each) => parseAddress(each.trim()));
  if (from?.family !== 4 || to?.family !== 4 || text.split('-').length !== 2 || numberOf(from) > numberOf(to))
    throw new Error(`${text} is not a range of IPv4 addresses`);
  return { first: numberOf(from), last: numberOf(to) };
}

const numberOf = ({ bytes }: Address): number => bytes.reduce((sum, byte) => sum * 256 + byte, 0);
const textOf = (number: number): string =>
  formatAddress({ family: 4, bytes: [24, 16, 8, 0].map((bits) => (number >>> bits) & 0xff) });

const LOOPBACK = parseRange('127.0.0.0/8')!;
/** Whether the machine has the address without being given it. */
export const isOwnAlways = (address: string): boolean => {
  const parsed = parseAddress(address);
  return parsed !== undefined && isInRange(parsed, LOOPBACK);
};
