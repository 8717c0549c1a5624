import { isIP } from 'node:net';
import { isDeepStrictEqual } from 'node:util';
import { duplicate, invalid, notSupported, Path, required, type FieldError } from '../../meta/field.ts';
import { isCidr, isIp } from '../../meta/ip.ts';
import { isDns1123Label, isDns1123Subdomain, isPortNumber, isWildcardDns1123Subdomain } from '../../meta/names.ts';
import type { Strategy } from '../kind.ts';
import { validateLabelSelector } from '../validation/labels.ts';
import { validateChoice, validateImmutable } from '../validation/values.ts';
import { portOrName } from './pod/validate-container.ts';
import { withStatus } from './status-split.ts';

/** networking.k8s.io/v1 and discovery.k8s.io/v1. */
type Errors = FieldError[];
type Any = Record<string, any>; // eslint-disable-line @typescript-eslint/no-explicit-any
const SPEC = Path.root('spec');
const list = (value: unknown): Any[] => (Array.isArray(value) ? (value as Any[]) : []);

export const ingressStrategy: Strategy = withStatus({
  prepareForCreate(object) {
    object.status = { loadBalancer: {} };
  },
  validate({ spec }) {
    const errors: Errors = [];
    if (!spec?.rules?.length && !spec?.defaultBackend) errors.push(invalid(SPEC, spec?.rules ?? null, 'either `defaultBackend` or `rules` must be specified'));
    if (spec?.defaultBackend) errors.push(...backend(spec.defaultBackend, SPEC.child('defaultBackend')));
    if (spec?.ingressClassName) errors.push(...isDns1123Subdomain(spec.ingressClassName).map((m) => invalid(SPEC.child('ingressClassName'), spec.ingressClassName, m)));
    list(spec?.rules).forEach((rule, i) => {
      const at = SPEC.child('rules').index(i);
      if (rule.host) {
        const check = rule.host.includes('*') ? isWildcardDns1123Subdomain : isDns1123Subdomain;
        errors.push(...(isIP(rule.host) ? ['must be a DNS name, not an IP address'] : check(rule.host)).map((m) => invalid(at.child('host'), rule.host, m)));
      }
      if (rule.http && !rule.http.paths?.length) errors.push(required(at.child('http', 'paths')));
      list(rule.http?.paths).forEach((path, j) => errors.push(...httpPath(path, at.child('http', 'paths').index(j))));
    });
    return errors;
  },
});

function httpPath(path: Any, at: Path): Errors {
  const errors: Errors = [];
  const types = ['Exact', 'ImplementationSpecific', 'Prefix'];
  if (path.pathType == null) errors.push(required(at.child('pathType'), 'pathType must be specified'));
  else if (!types.includes(path.pathType)) errors.push(notSupported(at.child('pathType'), path.pathType, types));
  else if (path.pathType !== 'ImplementationSpecific' || path.path) {
    if (!path.path?.startsWith('/')) errors.push(invalid(at.child('path'), path.path ?? '', 'must be an absolute path'));
    if (path.pathType !== 'ImplementationSpecific')
      for (const bad of ['//', '/./', '/../', '%2f', '%2F']) if (path.path?.includes(bad)) errors.push(invalid(at.child('path'), path.path, `must not contain '${bad}'`));
  }
  return [...errors, ...backend(path.backend ?? {}, at.child('backend'))];
}

function backend(value: Any, at: Path): Errors {
  if (value.service && value.resource) return [invalid(at, '', 'cannot set both resource and service backends')];
  if (value.resource) return value.resource.name ? [] : [required(at.child('resource', 'name'))];
  if (!value.service) return [required(at, 'resource or service backend is required')];
  const errors: Errors = [];
  const port = value.service.port ?? {};
  if (!value.service.name) errors.push(required(at.child('service', 'name')));
  if (port.name && port.number) errors.push(invalid(at, '', 'cannot set both port name & port number'));
  else if (port.name) errors.push(...portOrName(port.name, at.child('service', 'port', 'name')));
  else if (port.number) errors.push(...isPortNumber(port.number).map((m) => invalid(at.child('service', 'port', 'number'), port.number, m)));
  else errors.push(required(at, 'port name or number is required'));
  return errors;
}

export const ingressClassStrategy: Strategy = {
  defaults(object) {
    if (object.spec?.parameters) object.spec.parameters.scope ??= 'Cluster';
  },
  validateUpdate: (object, old) => validateImmutable(object.spec?.controller, old.spec?.controller, SPEC.child('controller')),
};

export const networkPolicyStrategy: Strategy = {
  defaults({ spec }) {
    if (!spec) return;
    for (const rule of [...list(spec.ingress), ...list(spec.egress)]) for (const port of list(rule.ports)) port.protocol ??= 'TCP';
    if (!spec.policyTypes?.length) spec.policyTypes = ['Ingress', ...(spec.egress?.length ? ['Egress'] : [])];
  },
  validate({ spec }) {
    const errors: Errors = [...validateLabelSelector(spec?.podSelector, SPEC.child('podSelector'))];
    for (const [direction, peers] of [['ingress', 'from'], ['egress', 'to']] as const)
      list(spec?.[direction]).forEach((rule, i) => {
        const at = SPEC.child(direction).index(i);
        list(rule.ports).forEach((port, j) => errors.push(...policyPort(port, at.child('ports').index(j))));
        list(rule[peers]).forEach((peer, j) => errors.push(...policyPeer(peer, at.child(peers).index(j))));
      });
    if (list(spec?.policyTypes).length > 2) errors.push(invalid(SPEC.child('policyTypes'), spec.policyTypes, 'may not specify more than two policyTypes'));
    list(spec?.policyTypes).forEach((type, i) => {
      if (!['Ingress', 'Egress'].includes(type as unknown as string)) errors.push(notSupported(SPEC.child('policyTypes').index(i), type, ['Egress', 'Ingress']));
    });
    return errors;
  },
};

function policyPort(port: Any, at: Path): Errors {
  const errors: Errors = [];
  if (port.protocol && !['SCTP', 'TCP', 'UDP'].includes(port.protocol)) errors.push(notSupported(at.child('protocol'), port.protocol, ['SCTP', 'TCP', 'UDP']));
  if (port.port !== undefined) errors.push(...portOrName(port.port, at.child('port')));
  if (port.endPort !== undefined) {
    if (port.port === undefined) errors.push(required(at.child('port'), 'must be specified when `endPort` is specified'));
    else if (typeof port.port === 'string') errors.push(invalid(at.child('endPort'), port.endPort, 'may not be specified when `port` is non-numeric'));
    else if (port.endPort < port.port) errors.push(invalid(at.child('endPort'), port.port, 'must be greater than or equal to `port`'));
    else errors.push(...isPortNumber(port.endPort).map((m) => invalid(at.child('endPort'), port.endPort, m)));
  }
  return errors;
}

function policyPeer(peer: Any, at: Path): Errors {
  const errors: Errors = [];
  if (!peer.podSelector && !peer.namespaceSelector && !peer.ipBlock) errors.push(required(at, 'must specify a peer'));
  if (peer.ipBlock && (peer.podSelector || peer.namespaceSelector)) errors.push({ type: 'FieldValueForbidden', field: String(at), body: 'Forbidden: may not specify both ipBlock and another peer' });
  for (const field of ['podSelector', 'namespaceSelector']) if (peer[field]) errors.push(...validateLabelSelector(peer[field], at.child(field)));
  if (peer.ipBlock) {
    const cidr = at.child('ipBlock', 'cidr');
    if (!peer.ipBlock.cidr) errors.push(required(cidr));
    else errors.push(...isCidr(peer.ipBlock.cidr).map((m) => invalid(cidr, peer.ipBlock.cidr, m)));
    (peer.ipBlock.except ?? []).forEach((except: string, i: number) => errors.push(...isCidr(except).map((m) => invalid(at.child('ipBlock', 'except').index(i), except, m))));
  }
  return errors;
}

export const endpointSliceStrategy: Strategy = {
  generation: (object, old) =>
    [...new Set([...Object.keys(object), ...Object.keys(old)])].some((field) => field !== 'metadata' && !isDeepStrictEqual(object[field], old[field])) ||
    !isDeepStrictEqual(object.metadata.labels ?? {}, old.metadata.labels ?? {}),
  createOnUpdate: true,
  defaults(object) {
    for (const port of list(object.ports)) {
      port.name ??= '';
      port.protocol ??= 'TCP';
    }
  },
  validate(object) {
    const types = ['FQDN', 'IPv4', 'IPv6'];
    const errors: Errors = validateChoice(object.addressType, types, Path.root('addressType'));
    list(object.endpoints).forEach((endpoint, i) => {
      const at = Path.root('endpoints').index(i);
      if (!endpoint.addresses?.length) errors.push(required(at.child('addresses'), 'must contain at least 1 address'));
      (endpoint.addresses ?? []).forEach((address: string, j: number) => {
        const here = at.child('addresses').index(j);
        if (object.addressType === 'FQDN') errors.push(...isDns1123Subdomain(address).map((m) => invalid(here, address, m)));
        else {
          const messages = isIp(address);
          errors.push(...messages.map((m) => invalid(here, address, m)));
          const want = object.addressType === 'IPv4' ? 4 : 6;
          if (!messages.length && types.includes(object.addressType) && isIP(address) !== want)
            errors.push(invalid(here, address, want === 4 ? 'must be a valid IPv4 address' : 'must be a valid IPv6 address'));
        }
      });
    });
    const names = new Set<string>();
    list(object.ports).forEach((port, i) => {
      const at = Path.root('ports').index(i);
      if (names.has(port.name ?? '')) errors.push(duplicate(at.child('name'), port.name));
      names.add(port.name ?? '');
      if (port.name) errors.push(...isDns1123Label(port.name).map((m) => invalid(at.child('name'), port.name, m)));
    });
    return errors;
  },
  validateUpdate: (object, old) => validateImmutable(object.addressType, old.addressType, Path.root('addressType')),
};
