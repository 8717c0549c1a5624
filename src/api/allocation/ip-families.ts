import type { ServiceSpec } from '../../../schema/types.ts';
import { validateClusterIps } from '../../kinds/strategies/core/service-cluster-ips.ts';
import { addressFamily } from '../../meta/address.ts';
import { invalid, type FieldError } from '../../meta/field.ts';

type Family = 'IPv4' | 'IPv6';
/** Families of the cluster's service ranges; the first is the default. */
const CONFIGURED: readonly Family[] = ['IPv4'];
const POLICY = 'spec.ipFamilyPolicy';

const other = (family: string): Family => (family === 'IPv4' ? 'IPv6' : 'IPv4');
const same = (a: readonly string[] = [], b: readonly string[] = []): boolean =>
  a.length === b.length && a.every((one, i) => one === b[i]);
const hasAddresses = ({ type }: ServiceSpec): boolean =>
  type === 'ClusterIP' || type === 'NodePort' || type === 'LoadBalancer';

/** A Service that prefers two families keeps what it has, whatever the cluster has become. */
export function isUnchangedPreferDualStack(spec: ServiceSpec, old: ServiceSpec | undefined): boolean {
  return (
    old !== undefined &&
    spec.ipFamilyPolicy === 'PreferDualStack' &&
    spec.type === old.type &&
    hasAddresses(spec) &&
    (old.ipFamilyPolicy ?? 'PreferDualStack') === 'PreferDualStack' &&
    same(spec.clusterIPs, old.clusterIPs) &&
    same(spec.ipFamilies, old.ipFamilies)
  );
}

const isBare = ({ clusterIP, selector }: ServiceSpec): boolean =>
  clusterIP === 'None' && Object.keys(selector ?? {}).length === 0;

/** To say one family is to let go of the second; to let go without saying so is a mistake. */
function narrow(spec: ServiceSpec, old: ServiceSpec): FieldError[] {
  if (spec.ipFamilyPolicy === 'SingleStack') {
    if (same(spec.clusterIPs, old.clusterIPs) && (spec.clusterIPs?.length ?? 0) > 1)
      spec.clusterIPs = spec.clusterIPs!.slice(0, 1);
    if (same(spec.ipFamilies, old.ipFamilies) && (spec.ipFamilies?.length ?? 0) > 1)
      spec.ipFamilies = spec.ipFamilies!.slice(0, 1);
    return [];
  }
  const fewer = (now: readonly unknown[] = [], before: readonly unknown[] = []): boolean =>
    now.length > 0 && now.length < before.length;
  const refuse = (what: string) =>
    invalid(POLICY, spec.ipFamilyPolicy, `must be 'SingleStack' to release the secondary ${what}`);
  return [
    ...(fewer(spec.clusterIPs, old.clusterIPs) ? [refuse('cluster IP')] : []),
    ...(fewer(spec.ipFamilies, old.ipFamilies) ? [refuse('IP family')] : []),
  ];
}

function tooMany(spec: ServiceSpec): FieldError[] {
  if (spec.ipFamilyPolicy !== 'SingleStack') return [];
  const refuse = (what: string) =>
    invalid(
      POLICY,
      'SingleStack',
      `must be 'RequireDualStack' or 'PreferDualStack' when multiple ${what} are specified`,
    );
  return [
    ...(spec.clusterIPs?.length === 2 ? [refuse('cluster IPs')] : []),
    ...(spec.ipFamilies?.length === 2 ? [refuse('IP families')] : []),
  ];
}

/** What is not said of families is read off the addresses. */
function infer(spec: ServiceSpec): FieldError[] {
  const errors: FieldError[] = [];
  const families = [...(spec.ipFamilies ?? [])];
  for (const [i, ip] of (spec.clusterIPs ?? []).entries()) {
    if (ip === 'None') break;
    if (i < families.length) continue;
    const family: Family = addressFamily(ip) === 6 ? 'IPv6' : 'IPv4';
    if (CONFIGURED.includes(family)) families.push(family);
    else errors.push(invalid(`spec.clusterIPs[${i}]`, spec.clusterIPs, `${family} is not configured on this cluster`));
  }
  if (families.length) spec.ipFamilies = families;
  return errors;
}

/** Endpoints of such a Service are made by hand, of any family. */
function fillBare(spec: ServiceSpec): void {
  const families = (spec.ipFamilies ??= [CONFIGURED[0]!]);
  if (families.length === 0) families.push(CONFIGURED[0]!);
  if (families.length === 1 && spec.ipFamilyPolicy !== 'SingleStack') families.push(other(families[0]!));
}

function unconfigured(spec: ServiceSpec): FieldError[] {
  const errors: FieldError[] = [];
  if (spec.ipFamilyPolicy === 'RequireDualStack' && CONFIGURED.length < 2) {
    errors.push(invalid(POLICY, spec.ipFamilyPolicy, 'this cluster is not configured for dual-stack services'));
  }
  (spec.ipFamilies ?? []).forEach((family, i) => {
    if (!CONFIGURED.includes(family as Family))
      errors.push(invalid(`spec.ipFamilies[${i}]`, family, 'not configured on this cluster'));
  });
  return errors;
}

/** Fills in ipFamilyPolicy and ipFamilies (KEP-563); the first errors that stop the allocation. Source: initIPFamilyFields of the Service's REST storage. */
export function setIpFamilies(spec: ServiceSpec, old: ServiceSpec | undefined): FieldError[] {
  if (spec.type === 'ExternalName' || isUnchangedPreferDualStack(spec, old)) return [];
  spec.ipFamilyPolicy ??= old?.ipFamilyPolicy ?? (isBare(spec) ? 'RequireDualStack' : 'SingleStack');
  const malformed = validateClusterIps(spec);
  if (malformed.length) return malformed;
  const errors = [...(old ? narrow(spec, old) : []), ...tooMany(spec), ...infer(spec)];
  if (errors.length) return errors;
  if (isBare(spec)) {
    fillBare(spec);
    return [];
  }
  const missing = unconfigured(spec);
  if (missing.length) return missing;
  const families = (spec.ipFamilies ??= []);
  if (families.length === 0) families.push(CONFIGURED[0]!);
  if (spec.ipFamilyPolicy !== 'SingleStack' && families.length === 1 && CONFIGURED.length === 2)
    families.push(other(families[0]!));
  return [];
}
