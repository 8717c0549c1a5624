import { repeatedAt } from '../../validation/repeated.ts';
import type { ServiceSpec } from '../../../../schema/types.ts';
import {
  duplicate,
  internalFieldError,
  invalid,
  notSupported,
  Path,
  required,
  type FieldError,
} from '../../../meta/field.ts';
import type { Parts } from '../../../meta/object.ts';
import { addressFamily } from '../../../meta/address.ts';
import { validateIp } from '../../validation/ip.ts';

/** Cluster addresses and their families (KEP-563, KEP-2438): one of each family at most, the first for good. */
type Errors = FieldError[];
const SPEC = Path.root('spec');
const IPS = SPEC.child('clusterIPs');
const FAMILIES = SPEC.child('ipFamilies');
const POLICY = SPEC.child('ipFamilyPolicy');
const ONCE = 'may not change once set';
const POLICIES = ['PreferDualStack', 'RequireDualStack', 'SingleStack'];

export const isHeadless = ({ clusterIPs }: Parts<ServiceSpec>): boolean =>
  clusterIPs?.length === 1 && clusterIPs[0] === 'None';

/** clusterIP is the first of clusterIPs. */
function joined({ clusterIP, clusterIPs = [] }: Parts<ServiceSpec>): Errors {
  if (!clusterIP)
    return clusterIPs.length ? [invalid(IPS, clusterIPs, 'must be empty when `clusterIP` is not specified')] : [];
  if (!clusterIPs.length) return [required(IPS)];
  return clusterIPs[0] === clusterIP ? [] : [invalid(IPS, clusterIPs, 'first value must match `clusterIP`')];
}

function families({ ipFamilies = [], ipFamilyPolicy: policy }: Parts<ServiceSpec>): Errors {
  const repeated = repeatedAt(ipFamilies);
  const errors: Errors = ipFamilies.flatMap((family, i) => [
    ...(family === 'IPv4' || family === 'IPv6' ? [] : [notSupported(FAMILIES.index(i), family, ['IPv4', 'IPv6'])]),
    ...(repeated.has(i) ? [duplicate(FAMILIES.index(i), family)] : []),
  ]);
  if (policy !== undefined && policy !== null && !POLICIES.includes(policy))
    errors.push(notSupported(POLICY, policy, POLICIES));
  return errors;
}

function addresses(ips: readonly string[]): Errors {
  return ips.flatMap((ip, i) => {
    if (i > 0 || ip !== 'None') return validateIp(ip, IPS.index(i));
    return ips.length > 1 ? [invalid(IPS, ips, "'None' must be the first and only value")] : [];
  });
}

/** Two addresses are of two families, and each is of the family that is said. */
function matched(spec: Parts<ServiceSpec>): Errors {
  const { clusterIPs: ips = [], ipFamilies = [] } = spec;
  const errors: Errors = [];
  if (ips.length > 1) {
    const of = ips.map(addressFamily);
    if (of.includes(0)) errors.push(internalFieldError(IPS, 'failed to check for dual stack with error:invalid IP'));
    if (new Set(of).size !== 2) errors.push(invalid(IPS, ips, 'may specify no more than one IP for each IP family'));
  }
  if (isHeadless(spec)) return errors;
  for (const [i, ip] of ips.slice(0, ipFamilies.length).entries()) {
    const six = addressFamily(ip) === 6;
    if (ipFamilies[i] === 'IPv4' && six)
      errors.push(invalid(IPS.index(i), ip, `expected an IPv4 value as indicated by \`ipFamilies[${i}]\``));
    if (ipFamilies[i] === 'IPv6' && !six)
      errors.push(invalid(IPS.index(i), ip, `expected an IPv6 value as indicated by \`ipFamilies[${i}]\``));
  }
  return errors;
}

/** ValidateServiceClusterIPsRelatedFields: before anything is allocated, and with the whole Service. */
export function validateClusterIps(spec: Parts<ServiceSpec>): Errors {
  if (spec.type === 'ExternalName') return [];
  const ips = spec.clusterIPs ?? [];
  const errors = [...joined(spec), ...families(spec)];
  const wrong = addresses(ips);
  errors.push(...wrong);
  if (ips.length > 2) errors.push(invalid(IPS, ips, 'may only hold up to 2 values'));
  // what is no address has no family
  return wrong.length ? errors : [...errors, ...matched(spec)];
}

const neither = (spec: Parts<ServiceSpec>, old: Parts<ServiceSpec>): boolean =>
  spec.type !== 'ExternalName' && old.type !== 'ExternalName';
function single({ ipFamilyPolicy: policy = null }: { ipFamilyPolicy?: string | null }, what: string): Errors {
  return policy === 'SingleStack'
    ? []
    : [invalid(POLICY, policy, `must be set to 'SingleStack' when releasing the secondary ${what}`)];
}

/** The second address may come and go, the first stays. */
export function validateClusterIpsUpdate(spec: Parts<ServiceSpec>, old: Parts<ServiceSpec>): Errors {
  const [ips, before] = [spec.clusterIPs ?? [], old.clusterIPs ?? []];
  if (!neither(spec, old) || (isHeadless(spec) && isHeadless(old))) return [];
  if (ips.length === before.length)
    return ips.flatMap((ip, i) => (ip === before[i] ? [] : [invalid(IPS.index(i), ips, ONCE)]));
  if (ips.length === 0) return [invalid(IPS.index(0), null, 'primary clusterIP can not be unset')];
  const errors: Errors = before.length && ips[0] !== before[0] ? [invalid(IPS.index(0), ips, ONCE)] : [];
  return ips.length < before.length && ips.length === 1 ? [...errors, ...single(spec, 'clusterIP')] : errors;
}

export function validateFamiliesUpdate(spec: Parts<ServiceSpec>, old: Parts<ServiceSpec>): Errors {
  const [now, before] = [spec.ipFamilies ?? [], old.ipFamilies ?? []];
  if (!neither(spec, old) || isHeadless(spec) || isHeadless(old)) return [];
  const at = FAMILIES.index(0);
  if (now.length === before.length)
    return now.flatMap((family, i) => (family === before[i] ? [] : [invalid(at, now, ONCE)]));
  const errors: Errors = [];
  if (now.length < before.length && !spec.clusterIPs?.length)
    errors.push(invalid(at, now, 'primary ipFamily can not be unset'));
  // the addresses, not the families, are what the message shows
  if (now.length && before.length && now[0] !== before[0]) errors.push(invalid(at, spec.clusterIPs ?? null, ONCE));
  return now.length < before.length && now.length === 1 ? [...errors, ...single(spec, 'ipFamily')] : errors;
}
