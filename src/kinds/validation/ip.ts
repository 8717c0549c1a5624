import { isIP } from 'node:net';
import { invalid, type FieldError, type Path } from '../../meta/field.ts';

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
export const IP_WORDS = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';
const CIDR_WORDS = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)';

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

/** Errors of an address in one of the older fields. */
export const validateIp = (value: string, at: Path): FieldError[] =>
  parseAddress(value) ? [] : [invalid(at, value, IP_WORDS)];

/** Errors of a range in one of the older fields. */
export const validateCidr = (value: string, at: Path): FieldError[] =>
  parseRange(value) ? [] : [invalid(at, value, CIDR_WORDS)];

/** 4 or 6; 0 for what is no range. */
export const rangeFamily = (value: string): number => parseRange(value)?.address.family ?? 0;
/** 4 or 6; 0 for what is no address. */
export const addressFamily = (value: string): number => parseAddress(value)?.family ?? 0;

/** Addresses that a client cannot mean as an endpoint: unspecified, loopback and link-local ones. */
export function validateNonSpecialIp(value: string, at: Path): FieldError[] {
  const address = parseAddress(value);
  if (!address) return [invalid(at, value, 'must be a valid IP address')];
  const { family, bytes } = address;
  const [a = 0, b = 0] = bytes;
  const four = family === 4;
  const zeros = bytes.slice(0, -1).every((byte) => byte === 0);
  const errors: FieldError[] = [];
  if (zeros && bytes.at(-1) === 0) errors.push(invalid(at, value, `may not be unspecified (${value})`));
  if (four ? a === 127 : zeros && bytes.at(-1) === 1)
    errors.push(invalid(at, value, 'may not be in the loopback range (127.0.0.0/8, ::1/128)'));
  if (four ? a === 169 && b === 254 : a === 0xfe && (b & 0xc0) === 0x80) {
    errors.push(invalid(at, value, 'may not be in the link-local range (169.254.0.0/16, fe80::/10)'));
  }
  if (four ? a === 224 && b === 0 && bytes[2] === 0 : a === 0xff && (b & 0x0f) === 2) {
    errors.push(invalid(at, value, 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)'));
  }
  return errors;
}

/** Written as newer fields alone accept it: no leading zeros, no IPv4 within IPv6. */
const isStandard = (text: string, address: Address): boolean => isIP(text) === address.family;

/** What is said of a good address in a form that will be refused one day. */
export function ipWarnings(value: string, at: Path): string[] {
  const address = parseAddress(value);
  if (!address) return [];
  const canonical = formatAddress(address);
  if (!isStandard(value, address)) {
    return [
      `${at}: non-standard IP address ${JSON.stringify(value)} will be considered invalid in a future Kubernetes release: use "${canonical}"`,
    ];
  }
  return canonical === value
    ? []
    : [`${at}: IPv6 address ${JSON.stringify(value)} should be in RFC 5952 canonical format ("${canonical}")`];
}

/** The same of a range. */
export function cidrWarnings(value: string, at: Path): string[] {
  const range = parseRange(value);
  if (!range) return [];
  const { address, prefix, network } = range;
  const shown = JSON.stringify(value);
  const canonical = `${formatAddress(network)}/${prefix}`;
  const warnings: string[] = [];
  if (network.bytes.some((byte, i) => byte !== address.bytes[i])) {
    const single = `${formatAddress(address)}/${address.family === 4 ? 32 : 128}`;
    warnings.push(`${at}: CIDR value ${shown} is ambiguous in this context (should be "${canonical}" or "${single}"?)`);
  }
  const [written = '', length = ''] = value.split('/');
  if (!isStandard(written, address) || String(Number(length)) !== length) {
    warnings.push(
      `${at}: non-standard CIDR value ${shown} will be considered invalid in a future Kubernetes release: use "${canonical}"`,
    );
  }
  if (warnings.length === 0 && canonical !== value)
    warnings.push(`${at}: IPv6 CIDR value ${shown} should be in RFC 5952 canonical format ("${canonical}")`);
  return warnings;
}
