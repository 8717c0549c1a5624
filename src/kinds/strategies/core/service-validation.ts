import type { LoadBalancerStatus, Service, ServicePort, ServiceSpec } from '../../../../schema/types.ts';
import { duplicate, forbidden, invalid, notSupported, Path, required, type FieldError } from '../../../meta/field.ts';
import { isDns1123Label, isDns1123Subdomain, isQualifiedName } from '../../../meta/names.ts';
import type { Parts, Unchecked } from '../../../meta/object.ts';
import { parseAddress } from '../../../meta/address.ts';
import { validateCidr, validateIp, validateNonSpecialIp } from '../../validation/ip.ts';
import { validateLabels } from '../../validation/labels.ts';
import { validatePortNumber, validatePortNumberOrName, validateProtocol } from '../../validation/ports.ts';
import { validateChoice } from '../../validation/values.ts';
import { internalValue } from '../../internal-value.ts';
import {
  isHeadless,
  validateClusterIps,
  validateClusterIpsUpdate,
  validateFamiliesUpdate,
} from './service-cluster-ips.ts';

type Errors = FieldError[];
const SPEC = Path.root('spec');
const PORTS = SPEC.child('ports');
const ANNOTATIONS = Path.root('metadata').child('annotations');
const TYPES = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
const POLICIES = ['Cluster', 'Local'];
const DISTRIBUTIONS = ['PreferClose', 'PreferSameNode', 'PreferSameZone'];
const MAX_TIMEOUT = 86_400;
const SOURCE_RANGES = 'service.beta.kubernetes.io/load-balancer-source-ranges';
const HINTS = 'service.kubernetes.io/topology-aware-hints';
const MODE = 'service.kubernetes.io/topology-mode';
const ONLY_BALANCER = "may only be used when `type` is 'LoadBalancer'";

const given = <T>(value: T | null | undefined): value is T => value !== undefined && value !== null;
const qualified = (value: string, at: Path): Errors => isQualifiedName(value).map((why) => invalid(at, value, why));

/** Traffic from outside of the cluster reaches it. */
export const isExternallyAccessible = ({ type, externalIPs }: Parts<ServiceSpec>): boolean =>
  type === 'LoadBalancer' || type === 'NodePort' || (type === 'ClusterIP' && (externalIPs?.length ?? 0) > 0);

/** Nodes without endpoints of it say so on a port of its own. */
export const needsHealthCheck = ({ type, externalTrafficPolicy }: Parts<ServiceSpec>): boolean =>
  type === 'LoadBalancer' && externalTrafficPolicy === 'Local';

function externalName(spec: Parts<ServiceSpec>): Errors {
  const errors = (['clusterIPs', 'ipFamilies'] as const)
    .filter((field) => spec[field]?.length)
    .map((field) => forbidden(SPEC.child(field), 'may not be set for ExternalName services'));
  if (given(spec.ipFamilyPolicy))
    errors.push(forbidden(SPEC.child('ipFamilyPolicy'), 'may not be set for ExternalName services'));
  const name = (spec.externalName ?? '').replace(/\.$/, '');
  const at = SPEC.child('externalName');
  return [...errors, ...(name ? isDns1123Subdomain(name).map((why) => invalid(at, name, why)) : [required(at)])];
}

function ofType(spec: Parts<ServiceSpec>): Errors {
  if (spec.type === 'ExternalName') return externalName(spec);
  const noHeadless = (spec.type === 'LoadBalancer' || spec.type === 'NodePort') && isHeadless(spec);
  return noHeadless
    ? [invalid(SPEC.child('clusterIPs').index(0), 'None', `may not be set to 'None' for ${spec.type} services`)]
    : [];
}

function validatePort(port: Parts<ServicePort>, named: boolean, names: Set<string>, at: Path): Errors {
  const errors: Errors = [];
  const { name, appProtocol } = port;
  if (name) {
    errors.push(...isDns1123Label(name).map((why) => invalid(at.child('name'), name, why)));
    if (names.has(name)) errors.push(duplicate(at.child('name'), name));
    names.add(name);
  } else if (named) errors.push(required(at.child('name')));
  errors.push(
    ...validatePortNumber(port.port, at.child('port')),
    ...validateProtocol(port.protocol, at.child('protocol')),
  );
  errors.push(...validatePortNumberOrName(port.targetPort, at.child('targetPort')));
  return given(appProtocol) ? [...errors, ...qualified(appProtocol, at.child('appProtocol'))] : errors;
}

/** No two ports of one protocol, and no two node ports. */
function repeatedPorts(ports: readonly Parts<ServicePort>[]): Errors {
  const seen = new Set<string>();
  const again = (key: string): boolean => seen.size === seen.add(key).size;
  return ports.flatMap(({ protocol = '', port, nodePort }, i) => [
    ...(nodePort && again(`node ${protocol} ${nodePort}`)
      ? [duplicate(PORTS.index(i).child('nodePort'), nodePort)]
      : []),
    ...(again(`${protocol} ${port}`)
      ? [duplicate(PORTS.index(i), internalValue('ServicePort', { protocol, port }))]
      : []),
  ]);
}

function validatePorts(spec: Parts<ServiceSpec>): Errors {
  const ports = spec.ports ?? [];
  const errors: Errors = ports.length || isHeadless(spec) || spec.type === 'ExternalName' ? [] : [required(PORTS)];
  const names = new Set<string>();
  ports.forEach((port, i) => {
    errors.push(...validatePort(port, ports.length > 1, names, PORTS.index(i)));
    if (spec.type === 'ClusterIP' && port.nodePort)
      errors.push(forbidden(PORTS.index(i).child('nodePort'), "may not be used when `type` is 'ClusterIP'"));
  });
  return [...errors, ...repeatedPorts(ports)];
}

function clientIp({ sessionAffinityConfig: config }: Parts<ServiceSpec>, at: Path): Errors {
  const why = 'when session affinity type is ClientIP';
  if (!config) return [required(at, why)];
  if (!config.clientIP) return [required(at.child('clientIP'), why)];
  const seconds = config.clientIP.timeoutSeconds;
  const here = at.child('clientIP', 'timeoutSeconds');
  if (!given(seconds)) return [required(here, why)];
  return seconds > 0 && seconds <= MAX_TIMEOUT
    ? []
    : [invalid(here, seconds, `must be greater than 0 and less than ${MAX_TIMEOUT}`)];
}

function sessionAffinity(spec: Parts<ServiceSpec>): Errors {
  const config = SPEC.child('sessionAffinityConfig');
  const errors = validateChoice(spec.sessionAffinity, ['ClientIP', 'None'], SPEC.child('sessionAffinity'));
  if (spec.sessionAffinity === 'ClientIP') errors.push(...clientIp(spec, config));
  else if (spec.sessionAffinity === 'None' && spec.sessionAffinityConfig)
    errors.push(forbidden(config, 'must not be set when session affinity is None'));
  return errors;
}

function sourceRanges({ metadata, spec = {} }: Unchecked<Service>): Errors {
  const balancer = spec.type === 'LoadBalancer';
  const ranges = spec.loadBalancerSourceRanges ?? [];
  if (ranges.length) {
    const at = SPEC.child('LoadBalancerSourceRanges');
    // they came from an annotation, where they could be padded
    return [
      ...(balancer ? [] : [forbidden(at, ONLY_BALANCER)]),
      ...ranges.flatMap((range, i) => validateCidr(range.trim(), at.index(i))),
    ];
  }
  const value = metadata.annotations?.[SOURCE_RANGES];
  if (value === undefined) return [];
  const at = ANNOTATIONS.key(SOURCE_RANGES);
  const list = value.trim() ? value.trim().split(',') : [];
  return [
    ...(balancer ? [] : [forbidden(at, ONLY_BALANCER)]),
    ...list.flatMap((range) => validateCidr(range.trim(), at)),
  ];
}

function balancing(spec: Parts<ServiceSpec>): Errors {
  const balancer = spec.type === 'LoadBalancer';
  const [allocate, name] = [spec.allocateLoadBalancerNodePorts, spec.loadBalancerClass];
  const errors: Errors = [];
  if (given(allocate) && !balancer) errors.push(forbidden(SPEC.child('allocateLoadBalancerNodePorts'), ONLY_BALANCER));
  if (!given(allocate) && balancer) errors.push(required(Path.root('allocateLoadBalancerNodePorts')));
  return [...errors, ...balancerClass(name, balancer)];
}

function balancerClass(name: string | null | undefined, balancer: boolean): Errors {
  if (!given(name)) return [];
  return balancer
    ? qualified(name, SPEC.child('loadBalancerClass'))
    : [forbidden(SPEC.child('loadBalancerClass'), ONLY_BALANCER)];
}

function externalTraffic(spec: Parts<ServiceSpec>): Errors {
  const [policy, at] = [spec.externalTrafficPolicy, SPEC.child('externalTrafficPolicy')];
  if (isExternallyAccessible(spec)) return validateChoice(policy, POLICIES, at);
  return policy ? [invalid(at, policy, 'may only be set for externally-accessible services')] : [];
}

function healthCheck(spec: Parts<ServiceSpec>): Errors {
  const [port, at] = [spec.healthCheckNodePort ?? 0, SPEC.child('healthCheckNodePort')];
  if (needsHealthCheck(spec)) return port ? validatePortNumber(port, at) : [required(at)];
  return port
    ? [invalid(at, port, "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'")]
    : [];
}

const WITH_ADDRESS = new Set<string | undefined>(['NodePort', 'LoadBalancer', 'ClusterIP']);
function internalTraffic({
  type,
  internalTrafficPolicy: policy,
  trafficDistribution: distribution,
}: Parts<ServiceSpec>): Errors {
  const at = SPEC.child('internalTrafficPolicy');
  const errors: Errors = [];
  if (given(policy) && !POLICIES.includes(policy)) errors.push(notSupported(at, policy, POLICIES));
  if (!given(policy) && WITH_ADDRESS.has(type)) errors.push(required(at));
  if (given(distribution) && !DISTRIBUTIONS.includes(distribution))
    errors.push(notSupported(SPEC.child('trafficDistribution'), distribution, DISTRIBUTIONS));
  return errors;
}

function externalIps({ externalIPs = [] }: Parts<ServiceSpec>): Errors {
  return externalIPs.flatMap((ip, i) => {
    const at = SPEC.child('externalIPs').index(i);
    const errors = validateIp(ip, at);
    return errors.length ? errors : validateNonSpecialIp(ip, at);
  });
}

function topology({ metadata }: Unchecked<Service>): Errors {
  const [hints, mode] = [metadata.annotations?.[HINTS], metadata.annotations?.[MODE]];
  if (hints === undefined || mode === undefined || hints === mode) return [];
  return [invalid(ANNOTATIONS.key(MODE), mode, `must match annotations[${HINTS}] when both are specified`)];
}

/** ValidateService, but for metadata. */
export function validateService(service: Unchecked<Service>): Errors {
  const spec = service.spec ?? {};
  return [
    ...topology(service),
    ...ofType(spec),
    ...validatePorts(spec),
    ...validateLabels(spec.selector, SPEC.child('selector')),
    ...sessionAffinity(spec),
    ...validateClusterIps(spec),
    ...externalIps(spec),
    ...validateChoice(spec.type, TYPES, SPEC.child('type')),
    ...sourceRanges(service),
    ...balancing(spec),
    ...externalTraffic(spec),
    ...healthCheck(spec),
    ...internalTraffic(spec),
  ];
}

/** What an update adds: addresses and the class of a load balancer stay, and so does the health check's port. */
export function validateServiceUpdate(
  { spec = {} }: Unchecked<Service>,
  { spec: old = {} }: Unchecked<Service>,
): Errors {
  const both = spec.type === 'LoadBalancer' && old.type === 'LoadBalancer';
  const [name, before] = [spec.loadBalancerClass ?? null, old.loadBalancerClass ?? null];
  const moved =
    needsHealthCheck(spec) &&
    needsHealthCheck(old) &&
    (spec.healthCheckNodePort ?? 0) !== (old.healthCheckNodePort ?? 0);
  return [
    ...validateClusterIpsUpdate(spec, old),
    ...validateFamiliesUpdate(spec, old),
    ...(both && name !== before ? [invalid(SPEC.child('loadBalancerClass'), name, 'may not change once set')] : []),
    // the class itself is looked at once more
    ...balancerClass(spec.loadBalancerClass, spec.type === 'LoadBalancer'),
    ...(moved ? [forbidden(SPEC.child('healthCheckNodePort'), 'field is immutable')] : []),
  ];
}

const IP_MODES = ['Proxy', 'VIP'];

/** ValidateLoadBalancerStatus; an Ingress has no modes. */
export function validateLoadBalancerStatus(
  status: Parts<LoadBalancerStatus> | undefined,
  spec: Parts<ServiceSpec>,
): Errors {
  const at = Path.root('status').child('loadBalancer', 'ingress');
  const list = status?.ingress ?? [];
  if (list.length && spec.type !== 'LoadBalancer')
    return [forbidden(at, "may only be used when `spec.type` is 'LoadBalancer'")];
  return list.flatMap(({ ip, ipMode, hostname }, i) => {
    const here = at.index(i);
    const errors = ip ? validateIp(ip, here.child('ip')) : [];
    const mode = here.child('ipMode');
    if (!given(ipMode)) errors.push(...(ip ? [required(mode, 'must be specified when `ip` is set')] : []));
    else if (!ip) errors.push(forbidden(mode, 'may not be specified when `ip` is not set'));
    else if (!IP_MODES.includes(ipMode)) errors.push(notSupported(mode, ipMode, IP_MODES));
    if (!hostname) return errors;
    errors.push(...isDns1123Subdomain(hostname).map((why) => invalid(here.child('hostname'), hostname, why)));
    return parseAddress(hostname)
      ? [...errors, invalid(here.child('hostname'), hostname, 'must be a DNS name, not an IP address')]
      : errors;
  });
}
