import { isIP } from 'node:net';
import { quote } from '../../go/quote.ts';
import { ofText, sizeOf, TRAVERSAL } from '../cost.ts';
import { func, method, type Costs, type Library } from '../overload.ts';
import { add, ONE, scale, UNKNOWN, type Range } from '../range.ts';
import { BOOL, INT, opaque, STRING } from '../types.ts';
import { CelError, error, NO_OVERLOAD, Opaque, type Value } from '../values.ts';
import { work } from '../work.ts';

/** An address as its bytes: 4 or 16. */
class Ip extends Opaque {
  readonly typeName = 'net.IP';
  constructor(readonly bytes: Uint8Array) {
    super();
  }
  override get size(): number {
    return this.bytes.length;
  }
  equals(other: Ip): boolean {
    return Buffer.compare(this.bytes, other.bytes) === 0;
  }
  override toString(): string {
    return this.bytes.length === 4 ? this.bytes.join('.') : showSix(this.bytes);
  }
}
class Cidr extends Opaque {
  readonly typeName = 'net.CIDR';
  constructor(
    readonly ip: Ip,
    readonly bits: number,
  ) {
    super();
  }
  override get size(): number {
    return Math.ceil(this.bits / 8);
  }
  equals(other: Cidr): boolean {
    return this.bits === other.bits && this.ip.equals(other.ip);
  }
  override toString(): string {
    return `${this.ip}/${this.bits}`;
  }
  holds(ip: Ip): boolean {
    const { bytes } = this.ip;
    if (bytes.length !== ip.bytes.length) return false;
    return bytes.every((byte, i) => {
      const bits = Math.min(8, Math.max(0, this.bits - i * 8));
      return (byte ^ (ip.bytes[i] as number)) >> (8 - bits) === 0;
    });
  }
  masked(): Cidr {
    const bytes = this.ip.bytes.map((byte, i) => {
      const bits = Math.min(8, Math.max(0, this.bits - i * 8));
      return byte & (0xff << (8 - bits));
    });
    return new Cidr(new Ip(bytes), this.bits);
  }
}
const PARSE_WORK = 40;
const groupsOf = (bytes: Uint8Array): number[] =>
  Array.from({ length: 8 }, (_, i) => ((bytes[2 * i] as number) << 8) | (bytes[2 * i + 1] as number));
/** RFC 5952: the longest run of zeros, of two groups at least, is left out. */
function showSix(bytes: Uint8Array): string {
  const groups = groupsOf(bytes);
  let [start, length] = [-1, 1];
  for (let i = 0; i < 8; i++) {
    let end = i;
    while (groups[end] === 0) end++;
    if (end - i > length) [start, length] = [i, end - i];
  }
  const hex = (part: number[]): string => part.map((group) => group.toString(16)).join(':');
  return start < 0 ? hex(groups) : `${hex(groups.slice(0, start))}::${hex(groups.slice(start + length))}`;
}
function bytesOf(text: string): Uint8Array {
  if (isIP(text) === 4) return Uint8Array.from(text.split('.').map(Number));
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(text);
  let plain = text;
  if (dotted) {
    const [, head = '', a, b, c, d] = dotted;
    plain = `${head}${((Number(a) << 8) | Number(b)).toString(16)}:${((Number(c) << 8) | Number(d)).toString(16)}`;
  }
  const [left = '', right] = plain.split('::');
  const parse = (part: string): number[] => (part ? part.split(':').map((group) => Number.parseInt(group, 16)) : []);
  const [head, tail] = [parse(left), right === undefined ? [] : parse(right)];
  const groups = [...head, ...Array.from({ length: 8 - head.length - tail.length }, () => 0), ...tail];
  return Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff]));
}
const isMapped = ({ bytes }: Ip): boolean =>
  bytes.length === 16 && bytes.subarray(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff;

function parseIp(text: string): Ip | CelError {
  work(PARSE_WORK);
  const [address = '', zone] = text.split('%');
  const family = isIP(address);
  if (family === 0 || (zone !== undefined && family === 4) || zone === '')
    return error(
      `IP Address ${quote(text)} parse error during conversion from string: ParseAddr(${quote(text)}): ${reason(text)}`,
    );
  if (zone !== undefined) return error(`IP address ${quote(text)} with zone value is not allowed`);
  const ip = new Ip(bytesOf(address));
  return isMapped(ip) ? error(`IPv4-mapped IPv6 address ${quote(text)} is not allowed`) : ip;
}
/** Why Go's netip takes no address. */
function reason(text: string): string {
  const at = /[.:%]/.exec(text)?.[0];
  if (at === undefined) return 'unable to parse IP';
  if (at === '%') return 'missing IPv6 address';
  if (at === ':') return sixReason(text);
  const fields = text.split('.');
  for (const [i, field] of fields.entries()) {
    if (i > 3) return 'IPv4 address too long';
    if (field === '')
      return `IPv4 field must have at least one digit (at ${quote(text.slice(fields.slice(0, i).join('.').length + (i && 1) - (i === fields.length - 1 ? 1 : 0)))})`;
    const bad = /[^\d]/.exec(field);
    if (bad)
      return `unexpected character (at ${quote(text.slice(fields.slice(0, i).join('.').length + (i && 1) + bad.index))})`;
    if (field.length > 1 && field.startsWith('0')) return 'IPv4 field has octet with leading zero';
    if (Number(field) > 255) return 'IPv4 field has value >255';
  }
  return 'IPv4 address too short';
}
function sixReason(text: string): string {
  const bad = /[^\da-fA-F:.%]/.exec(text);
  if (bad) {
    const rest = quote(text.slice(bad.index));
    return bad.index === 0 || text[bad.index - 1] === ':'
      ? `each colon-separated field must have at least one digit (at ${rest})`
      : `unexpected character, want colon (at ${rest})`;
  }
  return text.includes('::') ? 'address string too long' : 'address string too short';
}
function parseCidr(text: string): Cidr | CelError {
  work(PARSE_WORK);
  const failed = (why: string): CelError => {
    const head = 'network address parse error during conversion from string: ';
    return error(`${head}${head}netip.ParsePrefix(${quote(text)}): ${why}`);
  };
  const slash = text.lastIndexOf('/');
  if (slash < 0) return failed("no '/'");
  const [address, length] = [text.slice(0, slash), text.slice(slash + 1)];
  if (isIP(address) === 0) return failed(`ParseAddr(${quote(address)}): ${reason(address)}`);
  if (address.includes('%')) return failed('IPv6 zones cannot be present in a prefix');
  if (!/^(?:0|[1-9]\d*)$/.test(length)) return failed(`bad bits after slash: ${quote(length)}`);
  const ip = new Ip(bytesOf(address));
  if (Number(length) > ip.bytes.length * 8) return failed('prefix length out of range');
  return isMapped(ip)
    ? error(
        `network address parse error during conversion from string: IPv4-mapped IPv6 address ${quote(text)} is not allowed`,
      )
    : new Cidr(ip, Number(length));
}

const starts = (
  { bytes }: Ip,
  four: (a: number, b: number) => boolean,
  six: (a: number, b: number) => boolean,
): boolean => {
  const [a = 0, b = 0] = bytes;
  return bytes.length === 4 ? four(a, b) : six(a, b);
};
const isZero = ({ bytes }: Ip): boolean => bytes.every((byte) => byte === 0);
const isLoopback = (ip: Ip): boolean =>
  ip.bytes.length === 4
    ? ip.bytes[0] === 127
    : ip.bytes.subarray(0, 15).every((byte) => byte === 0) && ip.bytes[15] === 1;
const isLocalMulticast = (ip: Ip): boolean =>
  ip.bytes.length === 4
    ? ip.bytes[0] === 224 && ip.bytes[1] === 0 && ip.bytes[2] === 0
    : ip.bytes[0] === 0xff && ((ip.bytes[1] as number) & 0x0f) === 2;
const isMulticast = (ip: Ip): boolean =>
  starts(
    ip,
    (a) => (a & 0xf0) === 0xe0,
    (a) => a === 0xff,
  );
const isLocalUnicast = (ip: Ip): boolean =>
  starts(
    ip,
    (a, b) => a === 169 && b === 254,
    (a, b) => a === 0xfe && (b & 0xc0) === 0x80,
  );
const isGlobalUnicast = (ip: Ip): boolean =>
  !(ip.bytes.length === 4 && ip.bytes.every((byte) => byte === 255)) &&
  !isZero(ip) &&
  !isLoopback(ip) &&
  !isMulticast(ip) &&
  !isLocalUnicast(ip);
const overlaps = (a: Cidr, b: Cidr): boolean => a.bits <= b.bits && a.holds(b.ip);

const PARSE = (times = 1): Costs => ({
  cost: ([text]) => ofText(sizeOf(text as Value), times),
  estimate: ([text]) => ({ cost: scale(text?.size ?? UNKNOWN, times * TRAVERSAL) }),
});
/** bytes of an address that are compared */
const BYTES: Range = { min: 4, max: 16 };
/** Of one address within a range; the other may have to be read first. */
const contains = (network: boolean, text: boolean): Costs => ({
  cost: ([range, other]) => {
    const size = sizeOf(range as Value);
    const masked = network ? ofText(size) + 1 : 0;
    return ofText(size + size) + masked + (text ? ofText(sizeOf(other as Value)) : 0);
  },
  ifSure: text,
  estimate: ([, other]) => {
    let cost = scale(add(BYTES, BYTES), TRAVERSAL);
    if (network) cost = add(add(cost, scale(BYTES, TRAVERSAL)), ONE);
    return { cost: text ? add(cost, scale(other?.size ?? UNKNOWN, TRAVERSAL)) : cost };
  },
});
const holdsText = (range: Cidr, text: string): Value => {
  const ip = parseIp(text);
  // what is no address is no argument
  return ip instanceof CelError ? NO_OVERLOAD : range.holds(ip);
};
const overlapsText = (range: Cidr, text: string): Value => {
  const other = parseCidr(text);
  return other instanceof CelError ? other : overlaps(range, other);
};
const holds = (range: Cidr, ip: Ip): boolean => range.holds(ip);
const [IP, CIDR] = [opaque('net.IP'), opaque('net.CIDR')];

export const addresses: Library = {
  ip: [func('string_to_ip', [STRING], IP, parseIp, PARSE()), method('cidr_ip', [CIDR], IP, ({ ip }: Cidr) => ip)],
  family: [method('ip_family', [IP], INT, ({ bytes }: Ip) => (bytes.length === 4 ? 4 : 6))],
  'ip.isCanonical': [
    func(
      'ip_is_canonical',
      [STRING],
      BOOL,
      (text: string) => {
        const ip = parseIp(text);
        return ip instanceof CelError ? ip : String(ip) === text;
      },
      PARSE(2),
    ),
  ],
  isIP: [func('is_ip', [STRING], BOOL, (text: string) => parseIp(text) instanceof Ip, PARSE())],
  isUnspecified: [method('ip_is_unspecified', [IP], BOOL, isZero)],
  isLoopback: [method('ip_is_loopback', [IP], BOOL, isLoopback)],
  isLinkLocalMulticast: [method('ip_is_link_local_multicast', [IP], BOOL, isLocalMulticast)],
  isLinkLocalUnicast: [method('ip_is_link_local_unicast', [IP], BOOL, isLocalUnicast)],
  isGlobalUnicast: [method('ip_is_global_unicast', [IP], BOOL, isGlobalUnicast)],
  cidr: [func('string_to_cidr', [STRING], CIDR, parseCidr, PARSE())],
  isCIDR: [func('is_cidr', [STRING], BOOL, (text: string) => parseCidr(text) instanceof Cidr, PARSE())],
  containsIP: [
    method('cidr_contains_ip_string', [CIDR, STRING], BOOL, holdsText, contains(false, true)),
    method('cidr_contains_ip_ip', [CIDR, IP], BOOL, holds, contains(false, false)),
  ],
  containsCIDR: [
    method('cidr_contains_cidr_string', [CIDR, STRING], BOOL, overlapsText, contains(true, true)),
    method('cidr_contains_cidr', [CIDR, CIDR], BOOL, overlaps, contains(true, false)),
  ],
  prefixLength: [method('cidr_prefix_length', [CIDR], INT, ({ bits }: Cidr) => bits)],
  masked: [method('cidr_masked', [CIDR], CIDR, (range: Cidr) => range.masked())],
  string: [
    func('ip_to_string', [IP], STRING, (ip: Ip) => String(ip)),
    func('cidr_to_string', [CIDR], STRING, (range: Cidr) => String(range)),
  ],
};
