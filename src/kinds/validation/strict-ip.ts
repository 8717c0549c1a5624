import { isIP } from 'node:net';
import { invalid, type FieldError, type Path } from '../../meta/field.ts';
import { formatAddress, parseAddress, parseRange, type Range } from '../../meta/address.ts';
import { IP_WORDS, validateCidr } from './ip.ts';

/** Addresses and ranges as newer fields accept them: in one form only (k8s.io/apimachinery/pkg/util/validation/ip.go). */
const canonicalForm = (value: string, canonical: string): string[] =>
  value === canonical ? [] : [`must be in canonical form (${JSON.stringify(canonical)})`];

/** Why a text is no address of the strict form; empty when it is one. */
export function strictIpProblems(value: string): string[] {
  const address = parseAddress(value);
  if (!address) return [IP_WORDS];
  if (!isIP(value)) return ['must not have leading 0s'];
  return isIP(value) === address.family
    ? canonicalForm(value, formatAddress(address))
    : ['must not be an IPv4-mapped IPv6 address'];
}

const hasBits = ({ address, network }: Range): boolean => network.bytes.some((byte, i) => byte !== address.bytes[i]);

export function validateStrictCidr(value: string, at: Path): FieldError[] {
  const range = parseRange(value);
  if (!range) return validateCidr(value, at);
  const [written = '', length = ''] = value.split('/');
  const problems: string[] = [];
  if (!isIP(written) || String(Number(length)) !== length)
    problems.push('must not have leading 0s in IP or prefix length');
  else if (isIP(written) !== range.address.family) problems.push('must not have an IPv4-mapped IPv6 address');
  if (hasBits(range)) problems.push('must not have bits set beyond the prefix length');
  if (!problems.length) problems.push(...canonicalForm(value, `${formatAddress(range.network)}/${range.prefix}`));
  return problems.map((why) => invalid(at, value, why));
}

/** Whether a range is in another and smaller than it. */
export function isStrictlyWithin(inner: Range, outer: Range): boolean {
  if (inner.network.family !== outer.network.family || inner.prefix <= outer.prefix) return false;
  const bits = (byte: number, i: number): number =>
    byte & (0xff00 >> Math.min(8, Math.max(0, outer.prefix - 8 * i))) & 0xff;
  return inner.network.bytes.every((byte, i) => bits(byte, i) === outer.network.bytes[i]);
}
