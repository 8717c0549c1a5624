import { isDeepStrictEqual } from 'node:util';
import type { Service, ServicePort } from '../../../schema/types.ts';
import { duplicate, invalid, notSupported, Path, required, type FieldError } from '../../meta/field.ts';
import type { KubeObject } from '../../meta/object.ts';
import { isDns1123Label, isDns1123Subdomain, isPortNumber } from '../../meta/names.ts';
import { isIp } from '../../meta/ip.ts';
import type { Strategy } from '../kind.ts';
import { validateLabels } from '../validation/labels.ts';
import { dns1035LabelName } from '../validation/names.ts';
import { validateImmutable } from '../validation/values.ts';
import { portOrName } from './pod/validate-container.ts';
import { statusSubresource } from './status-split.ts';

type Errors = FieldError[];
const SPEC = Path.root('spec');
const TYPES = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];

/** core/v1 Service. Addresses and node ports are allocated by the pipeline, after these defaults and before validation. */
export const serviceStrategy: Strategy = {
  name: dns1035LabelName,
  defaults({ spec }) {
    if (!spec) return;
    spec.sessionAffinity ||= 'None';
    if (spec.sessionAffinity === 'None') delete spec.sessionAffinityConfig;
    if (spec.sessionAffinity === 'ClientIP') {
      spec.sessionAffinityConfig ??= {};
      spec.sessionAffinityConfig.clientIP ??= {};
      spec.sessionAffinityConfig.clientIP.timeoutSeconds ??= 10800;
    }
    spec.type ||= 'ClusterIP';
    for (const port of spec.ports ?? []) {
      port.protocol ||= 'TCP';
      if (port.targetPort === undefined || port.targetPort === 0 || port.targetPort === '') port.targetPort = port.port;
    }
    const external = spec.type === 'NodePort' || spec.type === 'LoadBalancer' || (spec.type === 'ClusterIP' && spec.externalIPs?.length);
    if (external) spec.externalTrafficPolicy ||= 'Cluster';
    if (spec.type !== 'ExternalName') spec.internalTrafficPolicy ??= 'Cluster';
    if (spec.type === 'LoadBalancer') spec.allocateLoadBalancerNodePorts ??= true;
  },
  prepareForCreate(object) {
    object.status = { loadBalancer: {} };
    normalizeClusterIPs(object, undefined);
  },
  prepareForUpdate(object, old) {
    object.status = old.status;
    normalizeClusterIPs(object, old);
    dropWhatTheTypeDoesNotHave(object, old);
  },
  validate: (object) => validateService(object as unknown as Service),
  validateUpdate(object, old) {
    if (object.spec?.type === 'ExternalName' || old.spec?.type === 'ExternalName') return [];
    const at = SPEC.child('clusterIPs').index(0);
    const before = old.spec?.clusterIPs?.[0];
    return before ? validateImmutable(object.spec?.clusterIPs?.[0], before, at, 'may not change once set') : [];
  },
  subresources: { status: statusSubresource },
  generation: false,
  fields: (object) => ({ 'spec.clusterIP': object.spec?.clusterIP ?? '', 'spec.type': object.spec?.type ?? '' }),
  createOnUpdate: true,
};

/** clusterIP and clusterIPs[0] are one value, whichever of them the client knows (KEP-563). */
function normalizeClusterIPs(object: KubeObject, old: KubeObject | undefined): void {
  const spec = object.spec ?? {};
  const before = old?.spec;
  if (before && spec.type !== 'ExternalName') {
    // A client that replaces the object without knowing what was allocated keeps it.
    if (!spec.clusterIP && before.clusterIP && !spec.clusterIPs?.length) {
      spec.clusterIP = before.clusterIP;
      spec.clusterIPs = before.clusterIPs;
    }
    if (spec.clusterIP && before.clusterIP && spec.clusterIP !== before.clusterIP && isDeepStrictEqual(spec.clusterIPs, before.clusterIPs)) spec.clusterIPs = [spec.clusterIP];
  }
  if (spec.clusterIP && !spec.clusterIPs?.length) spec.clusterIPs = [spec.clusterIP];
}

/** A change of type lets go of what only the old type had, where the client left it as it was. */
function dropWhatTheTypeDoesNotHave(object: KubeObject, old: KubeObject): void {
  const spec = object.spec;
  const before = old.spec;
  if (!spec || !before) return;
  const same = (field: string) => isDeepStrictEqual(spec[field], before[field]);
  const had = (type: string) => type === 'NodePort' || type === 'LoadBalancer';
  if (before.type !== 'ExternalName' && spec.type === 'ExternalName')
    for (const field of ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy', 'internalTrafficPolicy']) if (same(field)) delete spec[field];
  if (had(before.type) && !had(spec.type)) {
    const ports = new Set((before.ports ?? []).map((p: ServicePort) => p.nodePort));
    for (const port of spec.ports ?? []) if (ports.has(port.nodePort)) delete port.nodePort;
    if (!spec.externalIPs?.length && same('externalTrafficPolicy')) delete spec.externalTrafficPolicy;
  }
  if (had(before.type) && had(spec.type))
    for (const port of spec.ports ?? []) {
      const same = (before.ports ?? []).find((p: ServicePort) => p.port === port.port && p.protocol === port.protocol);
      if (!port.nodePort && same?.nodePort) port.nodePort = same.nodePort;
    }
  if (before.type === 'LoadBalancer' && spec.type !== 'LoadBalancer')
    for (const field of ['allocateLoadBalancerNodePorts', 'loadBalancerClass', 'healthCheckNodePort']) if (same(field)) delete spec[field];
}

function validateService({ spec }: Service): Errors {
  if (!spec) return [required(SPEC.child('ports'))];
  const errors: Errors = [];
  const headless = spec.clusterIP === 'None';
  if (!spec.ports?.length && !headless && spec.type !== 'ExternalName') errors.push(required(SPEC.child('ports')));
  if (spec.type === 'LoadBalancer' && headless) errors.push(invalid(SPEC.child('clusterIPs').index(0), 'None', "may not be set to 'None' for LoadBalancer services"));
  if (spec.type === 'NodePort' && headless) errors.push(invalid(SPEC.child('clusterIPs').index(0), 'None', "may not be set to 'None' for NodePort services"));
  if (spec.type === 'ExternalName') {
    if (!spec.externalName) errors.push(required(SPEC.child('externalName')));
    else errors.push(...isDns1123Subdomain(spec.externalName.replace(/\.$/, '')).map((m) => invalid(SPEC.child('externalName'), spec.externalName, m)));
    if (spec.clusterIP && !headless) errors.push({ type: 'FieldValueForbidden', field: 'spec.clusterIPs[0]', body: 'Forbidden: may not be set when `type` is \'ExternalName\'' });
  }
  (spec.ports ?? []).forEach((port, i) => errors.push(...validatePort(port, SPEC.child('ports').index(i), spec.ports!.length > 1)));
  errors.push(...duplicates(spec.ports ?? []), ...validateLabels(spec.selector, SPEC.child('selector')));
  if (!['ClientIP', 'None'].includes(spec.sessionAffinity ?? '')) errors.push(notSupported(SPEC.child('sessionAffinity'), spec.sessionAffinity ?? '', ['ClientIP', 'None']));
  (spec.externalIPs ?? []).forEach((ip, i) => errors.push(...isIp(ip).map((m) => invalid(SPEC.child('externalIPs').index(i), ip, m))));
  if (!spec.type) errors.push(required(SPEC.child('type')));
  else if (!TYPES.includes(spec.type)) errors.push(notSupported(SPEC.child('type'), spec.type, TYPES));
  if (spec.clusterIP && !headless) errors.push(...isIp(spec.clusterIP).map((m) => invalid(SPEC.child('clusterIPs').index(0), spec.clusterIP, m)));
  if (spec.type === 'ClusterIP')
    (spec.ports ?? []).forEach((port, i) => {
      if (port.nodePort) errors.push({ type: 'FieldValueForbidden', field: `spec.ports[${i}].nodePort`, body: "Forbidden: may not be used when `type` is 'ClusterIP'" });
    });
  if (spec.internalTrafficPolicy && !['Cluster', 'Local'].includes(spec.internalTrafficPolicy))
    errors.push(notSupported(SPEC.child('internalTrafficPolicy'), spec.internalTrafficPolicy, ['Cluster', 'Local']));
  if (spec.externalTrafficPolicy && !['Cluster', 'Local'].includes(spec.externalTrafficPolicy))
    errors.push(notSupported(SPEC.child('externalTrafficPolicy'), spec.externalTrafficPolicy, ['Cluster', 'Local']));
  return errors;
}

function validatePort(port: ServicePort, at: Path, named: boolean): Errors {
  const errors: Errors = [];
  if (!port.name) {
    if (named) errors.push(required(at.child('name')));
  } else errors.push(...isDns1123Label(port.name).map((m) => invalid(at.child('name'), port.name, m)));
  errors.push(...isPortNumber(port.port).map((m) => invalid(at.child('port'), port.port, m)));
  if (!PROTOCOLS.includes(port.protocol ?? '')) errors.push(notSupported(at.child('protocol'), port.protocol ?? '', PROTOCOLS));
  errors.push(...portOrName(port.targetPort ?? port.port, at.child('targetPort')));
  return errors;
}

function duplicates(ports: ServicePort[]): Errors {
  const errors: Errors = [];
  const names = new Set<string>();
  const numbers = new Set<string>();
  ports.forEach((port, i) => {
    const at = SPEC.child('ports').index(i);
    if (port.name && names.has(port.name)) errors.push(duplicate(at.child('name'), port.name));
    names.add(port.name ?? '');
    const key = `${port.protocol}/${port.port}`;
    if (numbers.has(key)) errors.push(duplicate(at, { protocol: port.protocol, port: port.port }));
    numbers.add(key);
  });
  return errors;
}
