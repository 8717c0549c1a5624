import { isIP } from 'node:net';

/**
 * Addresses and ranges as the older fields of core/v1 and networking.k8s.io/v1 accept them: octets may have leading
 * zeros and an IPv4 address may be written within IPv6 (`ParseIPSloppy`). Such values are good and get a warning.
 */
export interface Address {
  /** 4 also for an IPv4 address within IPv6 */
  family: 4 | 6;
  bytes: readonly number[];
}

const OCTETS = /^(\d+)\.(\d+)\.(\d+)\.(\d+)$/;

function parseV4(text: string): number[] | undefined {
  const match = OCTETS.exec(text);
  const bytes = match?.slice(1).map(Number);
  return bytes?.every((byte) => byte <= 255) ? bytes : undefined;
}

function parseV6(text: string): number[] | undefined {
  const dotted = text.lastIndexOf(':');
  const tail = text.includes('.') ? parseV4(text.slice(dotted + 1)) : undefined;
  if (text.includes('.') && !tail) return undefined;
  const hex = tail
    ? `${text.slice(0, dotted + 1)}${((tail[0]! << 8) | tail[1]!).toString(16)}:${((tail[2]! << 8) | tail[3]!).toString(16)}`
    : text;
  if (isIP(hex) !== 6 || hex.includes('%')) return undefined;
  const [head = '', rest] = hex.split('::');
  const left = head ? head.split(':') : [];
  const right = rest ? rest.split(':') : [];
  const groups =
    rest === undefined ? left : [...left, ...Array<string>(8 - left.length - right.length).fill('0'), ...right];
  return groups.flatMap((group) => [parseInt(group, 16) >> 8, parseInt(group, 16) & 255]);
}

const isMapped = (bytes: readonly number[]): boolean =>
  bytes.slice(0, 10).every((b) => b === 0) && bytes[10] === 255 && bytes[11] === 255;

/** Undefined for what is no address. */
export function parseAddress(text: string): Address | undefined {
  const four = text.includes(':') ? undefined : parseV4(text);
  if (four) return { family: 4, bytes: four };
  const six = text.includes(':') ? parseV6(text) : undefined;
  if (!six) return undefined;
  return isMapped(six) ? { family: 4, bytes: six.slice(12) } : { family: 6, bytes: six };
}

/** The canonical text (RFC 5952). */
export function formatAddress({ family, bytes }: Address): string {
  if (family === 4) return bytes.join('.');
  const groups = Array.from({ length: 8 }, (_, i) => ((bytes[2 * i]! << 8) | bytes[2 * i + 1]!).toString(16));
  let best = { at: -1, length: 1 };
  for (let at = 0; at < 8; at++) {
    let length = 0;
    while (groups[at + length] === '0') length++;
    if (length > best.length) best = { at, length };
  }
  return best.at < 0
    ? groups.join(':')
    : `${groups.slice(0, best.at).join(':')}::${groups.slice(best.at + best.length).join(':')}`;
}

export interface Range {
  address: Address;
  /** length of the prefix, of the address' own family */
  prefix: number;
  network: Address;
}

/** Undefined for what is no range. */
export function parseRange(text: string): Range | undefined {
  const slash = text.indexOf('/');
  const length = text.slice(slash + 1);
  const written = text.slice(0, slash);
  const address = slash < 0 ? undefined : parseAddress(written);
  if (!address || !/^\d+$/.test(length)) return undefined;
  const most = written.includes(':') ? 128 : 32;
  if (Number(length) > most) return undefined;
  // a prefix within the part that only says "IPv4 within IPv6" has no range of IPv4
  const prefix = address.family === 4 && most === 128 ? Math.max(Number(length) - 96, 0) : Number(length);
  const bytes = address.bytes.map((byte, i) => byte & (0xff00 >> Math.min(8, Math.max(0, prefix - 8 * i))) & 0xff);
  return { address, prefix, network: { family: address.family, bytes } };
}

/** An address in its canonical text; what is none stays as it is. */
export function canonicalAddress(text: string): string {
  const address = parseAddress(text);
  return address ? formatAddress(address) : text;
}

/** 4 or 6; 0 for what is no range. */
export const rangeFamily = (value: string): number => parseRange(value)?.address.family ?? 0;
/** 4 or 6; 0 for what is no address. */
export const addressFamily = (value: string): number => parseAddress(value)?.family ?? 0;

/** Whether an address is in a range; those of another family are in none. */
export const isInRange = ({ bytes }: Address, { network, prefix }: Range): boolean =>
  bytes.length === network.bytes.length &&
  bytes.every((byte, i) => {
    const mask = (0xff00 >> Math.min(8, Math.max(0, prefix - 8 * i))) & 0xff;
    return (byte & mask) === network.bytes[i];
  });
