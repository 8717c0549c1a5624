import { isIP } from 'node:net';
import { formatAddress, parseAddress, parseRange, type Address } from '../../meta/address.ts';
import { invalid, type FieldError, type Path } from '../../meta/field.ts';

export const IP_WORDS = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';
const CIDR_WORDS = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)';

/** Errors of an address in one of the older fields. */
export const validateIp = (value: string, at: Path): FieldError[] =>
  parseAddress(value) ? [] : [invalid(at, value, IP_WORDS)];

/** Errors of a range in one of the older fields. */
export const validateCidr = (value: string, at: Path): FieldError[] =>
  parseRange(value) ? [] : [invalid(at, value, CIDR_WORDS)];

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
