import type { Service, ServicePort, ServiceSpec } from '../../../../schema/types.ts';
import { Path } from '../../../meta/field.ts';
import type { Parts, Unchecked } from '../../../meta/object.ts';
import type { Cell, Strategy } from '../../kind.ts';
import { canonicalAddress } from '../../../meta/address.ts';
import { cidrWarnings, ipWarnings } from '../../validation/ip.ts';
import { dns1035LabelName } from '../../validation/names.ts';
import { statusSubresource } from '../status-split.ts';
import {
  isExternallyAccessible,
  needsHealthCheck,
  validateLoadBalancerStatus,
  validateService,
  validateServiceUpdate,
} from './service-validation.ts';
import { nodePortsOf } from '../../../rules/node-ports.ts';
import { formatLabels, loadBalancerAddresses, NONE, since } from '../../cells.ts';
import { labelledPods } from '../../relation.ts';

const SPEC = Path.root('spec');
const DEFAULT_TIMEOUT = 10_800;
const HINTS = 'service.kubernetes.io/topology-aware-hints';

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a ?? null) === JSON.stringify(b ?? null);
const hasNodePorts = ({ type }: Parts<ServiceSpec>): boolean => type === 'NodePort' || type === 'LoadBalancer';

function defaultAffinity(spec: Parts<ServiceSpec>): void {
  spec.sessionAffinity ||= 'None';
  if (spec.sessionAffinity === 'None') delete spec.sessionAffinityConfig;
  const timeout = spec.sessionAffinityConfig?.clientIP?.timeoutSeconds;
  if (spec.sessionAffinity === 'ClientIP' && timeout == null)
    spec.sessionAffinityConfig = { clientIP: { timeoutSeconds: DEFAULT_TIMEOUT } };
}

/** SetDefaults_Service */
function defaults(object: Unchecked<Service>): void {
  const spec = (object.spec ??= {});
  defaultAffinity(spec);
  spec.type ||= 'ClusterIP';
  for (const port of spec.ports ?? []) {
    port.protocol ||= 'TCP';
    if (port.port !== undefined) port.targetPort ||= port.port;
  }
  if (isExternallyAccessible(spec)) spec.externalTrafficPolicy ||= 'Cluster';
  if (spec.type !== 'ExternalName') spec.internalTrafficPolicy ??= 'Cluster';
  if (spec.type !== 'LoadBalancer') return;
  spec.allocateLoadBalancerNodePorts ??= true;
  for (const ingress of object.status?.loadBalancer?.ingress ?? []) if (ingress.ip) ingress.ipMode ??= 'VIP';
}

/**
 * A change of type lets go of what only the old type had, where the client left it as it was. (That addresses and ports
 * are let go of is the allocation's matter.) Source: dropTypeDependentFields of the Service registry.
 */
function dropWhatTheTypeDoesNotHave(spec: Parts<ServiceSpec>, old: Parts<ServiceSpec>): void {
  if (old.type !== 'ExternalName' && spec.type === 'ExternalName') {
    if (same(spec.clusterIPs, old.clusterIPs)) {
      delete spec.clusterIP;
      delete spec.clusterIPs;
    }
    for (const field of ['ipFamilies', 'ipFamilyPolicy'] as const)
      if (same(spec[field], old[field])) delete spec[field];
  }
  if (hasNodePorts(old) && !hasNodePorts(spec)) {
    const held = new Set((old.ports ?? []).map((port) => port.nodePort));
    // ports that are new are the client's wish, and an error
    const ports = spec.ports ?? [];
    if (ports.every((port: Parts<ServicePort>) => !port.nodePort || held.has(port.nodePort)))
      for (const port of ports) delete port.nodePort;
  }
  if (needsHealthCheck(old) && !needsHealthCheck(spec) && spec.healthCheckNodePort === old.healthCheckNodePort)
    delete spec.healthCheckNodePort;
  if (old.type === 'LoadBalancer' && spec.type !== 'LoadBalancer') {
    for (const field of ['allocateLoadBalancerNodePorts', 'loadBalancerClass'] as const)
      if (spec[field] === old[field]) delete spec[field];
  }
  const inward = isExternallyAccessible(old) && !isExternallyAccessible(spec);
  if (inward && spec.externalTrafficPolicy === old.externalTrafficPolicy) delete spec.externalTrafficPolicy;
}

/** A name elsewhere has no traffic of its own; what is wrong in it is left for validation. */
function dropInternalPolicy({ spec }: Unchecked<Service>): void {
  const { type, internalTrafficPolicy: policy } = spec ?? {};
  if (spec && type === 'ExternalName' && (policy === 'Cluster' || policy === 'Local'))
    delete spec.internalTrafficPolicy;
}

function warnings({ metadata, spec = {} }: Unchecked<Service>): string[] {
  const says: string[] = [];
  const headless = spec.type === 'ClusterIP' && spec.clusterIP === 'None';
  const ips = spec.externalIPs ?? [];
  if (metadata.annotations?.[HINTS] !== undefined)
    says.push(`annotation ${HINTS} is deprecated, please use service.kubernetes.io/topology-mode instead`);
  const clusterIps = spec.clusterIP && spec.clusterIP !== 'None' ? (spec.clusterIPs ?? []) : [];
  says.push(...clusterIps.flatMap((ip, i) => ipWarnings(ip, SPEC.child('clusterIPs').index(i))));
  if (headless && spec.loadBalancerIP) says.push('spec.loadBalancerIP is ignored for headless services');
  if (headless && ips.length) says.push('spec.externalIPs is ignored for headless services');
  if (headless && spec.sessionAffinity !== 'None') says.push('spec.SessionAffinity is ignored for headless services');
  says.push(...ips.flatMap((ip, i) => ipWarnings(ip, SPEC.child('externalIPs').index(i))));
  if (spec.loadBalancerIP) says.push(...ipWarnings(spec.loadBalancerIP, SPEC.child('loadBalancerIP')));
  says.push(
    ...(spec.loadBalancerSourceRanges ?? []).flatMap((range, i) =>
      cidrWarnings(range, SPEC.child('loadBalancerSourceRanges').index(i)),
    ),
  );
  if (spec.type === 'ExternalName' && ips.length)
    says.push('spec.externalIPs is ignored when spec.type is "ExternalName"');
  if (spec.type !== 'ExternalName' && spec.externalName)
    says.push('spec.externalName is ignored when spec.type is not "ExternalName"');
  if (spec.trafficDistribution === 'PreferClose')
    says.push('spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"');
  return says;
}

/** core/v1 Service. Addresses and node ports are allocated by the pipeline, after these defaults and before validation. */
export const serviceStrategy: Strategy<Service> = {
  name: dns1035LabelName,
  defaults,
  prepareForCreate(object) {
    object.status = { loadBalancer: {} };
    dropInternalPolicy(object);
  },
  prepareForUpdate(object, old) {
    if (old.status) object.status = old.status;
    else delete object.status;
    if (object.spec && old.spec) dropWhatTheTypeDoesNotHave(object.spec, old.spec);
    // that what balanced it is taken away later is of no interest to its users
    if (object.status && object.spec?.type !== 'LoadBalancer') object.status = { ...object.status, loadBalancer: {} };
    dropInternalPolicy(object);
  },
  validate: validateService,
  // in the order of ValidateServiceUpdate
  validatesAllOnUpdate: true,
  validateUpdate: (object, old) => [...validateServiceUpdate(object, old), ...validateService(object)],
  subresources: {
    status: {
      ...statusSubresource,
      validateUpdate: (object) => validateLoadBalancerStatus(object.status?.loadBalancer, object.spec ?? {}),
    },
  },
  warnings,
  fields: (object) => ({ 'spec.clusterIP': object.spec?.clusterIP ?? '', 'spec.type': object.spec?.type ?? '' }),
  createOnUpdate: true,
  generation: false,
  relations: [labelledPods('services')],
  cells,
  returnsDeleted: true,
  holds: { addresses, nodePorts: ({ spec }) => nodePortsOf(spec) },
  // a new Service of the same name must not meet the old one's, which a controller would take away later
  takesAlong: 'endpoints',
};

function cells(service: Unchecked<Service>, now: number): Cell[] {
  const { metadata, spec } = service;
  const ports = (spec?.ports ?? []).map((p) => `${p.port}${p.nodePort ? `:${p.nodePort}` : ''}/${p.protocol}`);
  return [
    metadata.name,
    spec?.type ?? '',
    spec?.clusterIPs?.[0] ?? NONE,
    externalAddress(service),
    ports.join(',') || NONE,
    since(metadata.creationTimestamp, now),
    formatLabels(spec?.selector),
  ];
}

function externalAddress({ spec, status }: Unchecked<Service>): string {
  const own = spec?.externalIPs ?? [];
  switch (spec?.type) {
    case 'ClusterIP':
    case 'NodePort':
      return own.join(',') || NONE;
    case 'LoadBalancer':
      return [...loadBalancerAddresses(status?.loadBalancer?.ingress), ...own].join(',') || '<pending>';
    case 'ExternalName':
      return spec.externalName ?? '';
    default:
      return '<unknown>';
  }
}

/** A headless Service says None for an address. */
function addresses({ spec }: Unchecked<Service>): string[] {
  return (spec?.clusterIPs ?? []).filter((ip) => ip !== 'None' && ip !== '').map(canonicalAddress);
}
