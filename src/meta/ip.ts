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
