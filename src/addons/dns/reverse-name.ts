import { formatAddress } from '../../meta/address.ts';

/** The address whose name a PTR question asks for (RFC 1035, 3.5; RFC 3596, 2.5); undefined for other names. */
export function addressOfReverse(name: string): string | undefined {
  if (name.endsWith('.in-addr.arpa')) {
    const bytes = name.slice(0, -'.in-addr.arpa'.length).split('.').reverse();
    const isAddress = bytes.length === 4 && bytes.every((byte) => /^\d{1,3}$/.test(byte) && Number(byte) <= 255);
    return isAddress ? bytes.map(Number).join('.') : undefined;
  }
  if (!name.endsWith('.ip6.arpa')) return undefined;
  const digits = name.slice(0, -'.ip6.arpa'.length).split('.').reverse();
  if (digits.length !== 32 || !digits.every((digit) => /^[\da-f]$/.test(digit))) return undefined;
  const bytes = Array.from({ length: 16 }, (_, i) => parseInt(`${digits[2 * i]}${digits[2 * i + 1]}`, 16));
  return formatAddress({ family: 6, bytes });
}
