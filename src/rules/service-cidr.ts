import type { ServiceCIDR } from '../../schema/types.ts';
import { isInRange, parseRange, type Address, type Range } from '../meta/address.ts';

/** The label and its value by which addresses that Services got by themselves are known. */
export const MANAGED_BY = 'ipaddress.kubernetes.io/managed-by';
export const IP_ALLOCATOR = 'ipallocator.k8s.io';
export const IP_FAMILY = 'ipaddress.kubernetes.io/ip-family';

export const rangesOf = ({ spec }: ServiceCIDR): Range[] =>
  (spec?.cidrs ?? []).map(parseRange).filter((range) => range !== undefined);

/**
 * Whether Services may have the address of this range: its first address nobody may have, nor the last one of IPv4.
 * Source: pkg/api/servicecidr.
 */
export function isAssignable(address: Address, range: Range): boolean {
  if (!isInRange(address, range)) return false;
  const { network, prefix } = range;
  const last = network.bytes.map((byte, i) => byte | (0xff >> Math.min(8, Math.max(0, prefix - 8 * i))));
  const is = (bytes: readonly number[]): boolean => bytes.every((byte, i) => byte === address.bytes[i]);
  return !is(network.bytes) && !(address.family === 4 && is(last));
}

/** All of `inner` is in `outer`. */
export const isWithin = (inner: Range, outer: Range): boolean =>
  isInRange(inner.network, outer) && outer.prefix <= inner.prefix;

export const overlap = (a: Range, b: Range): boolean => isInRange(a.network, b) || isInRange(b.network, a);
