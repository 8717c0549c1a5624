import { isIP } from 'node:net';

/** IPv4 without leading zeros, or IPv6 without a zone. */
export const isIp = (value: string): string[] =>
  isIP(value) && !value.includes('%') ? [] : ['must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'];

export function isCidr(value: string): string[] {
  const slash = value.indexOf('/');
  const address = value.slice(0, slash);
  const length = value.slice(slash + 1);
  const family = slash < 0 || address.includes('%') ? 0 : isIP(address);
  const good = family !== 0 && /^(0|[1-9]\d*)$/.test(length) && Number(length) <= (family === 4 ? 32 : 128);
  return good ? [] : ['must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'];
}

/** The one form of an address: IPv6 shortened as RFC 5952 says, one that holds an IPv4 address as that. Others as they are. */
export function canonicalIp(address: string): string {
  if (isIP(address) !== 6) return address;
  const short = new URL(`http://[${address.replace(/%.*$/s, '')}]`).hostname.slice(1, -1);
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(short);
  if (!mapped) return short;
  const [high, low] = [parseInt(mapped[1]!, 16), parseInt(mapped[2]!, 16)];
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}
