import type {
  HTTPIngressPath,
  Ingress,
  IngressBackend,
  IngressLoadBalancerIngress,
  IngressRule,
  IngressSpec,
  IngressTLS,
} from '../../../../schema/types.ts';
import { invalid, notSupported, Path, required, type FieldError } from '../../../meta/field.ts';
import {
  isDns1035Label,
  isDns1123Subdomain,
  isPortName,
  isPortNumber,
  isWildcardDns1123Subdomain,
} from '../../../meta/names.ts';
import type { Parts, Unchecked } from '../../../meta/object.ts';
import type { Cell } from '../../kind.ts';
import { parseAddress } from '../../../meta/address.ts';
import { validateIp } from '../../validation/ip.ts';
import { validateRule } from '../../validation/values.ts';
import { statusWith, withStatus } from '../status-split.ts';
import { validateTypedReference } from './typed-reference.ts';
import { loadBalancerAddresses, NONE, since } from '../../cells.ts';

type Errors = FieldError[];
const SPEC = Path.root('spec');
/** The older way to name the class. */
const CLASS_ANNOTATION = 'kubernetes.io/ingress.class';
const PATH_TYPES = ['Exact', 'ImplementationSpecific', 'Prefix'];
const BAD_PARTS = ['//', '/./', '/../', '%2f', '%2F'];
const BAD_ENDS = ['/..', '/.'];
const NOT_AN_IP = 'must be a DNS name, not an IP address';

/** networking.k8s.io/v1 Ingress */
export const ingressStrategy = withStatus<Ingress>({
  prepareForCreate(object) {
    object.status = { loadBalancer: {} };
  },
  validate(object) {
    const errors = validateSpec(object.spec ?? {});
    // only what is new and so has no version yet may not name two classes
    return object.metadata.resourceVersion ? errors : [...errors, ...validateClassAnnotation(object)];
  },
  metadata: { whole: 1 },
  warnings(object, old) {
    const annotated = object.metadata.annotations?.[CLASS_ANNOTATION] !== undefined;
    return !old && annotated && object.spec?.ingressClassName == null
      ? [`annotation ${JSON.stringify(CLASS_ANNOTATION)} is deprecated, please use 'spec.ingressClassName' instead`]
      : [];
  },
  subresources: { status: statusWith<Ingress>(({ status }) => validateLoadBalancer(status?.loadBalancer?.ingress)) },
  relations: [
    { field: 'services', to: 'services', back: 'ingresses', form: 'names', names: serviceNames },
    {
      field: 'secrets',
      description: 'Secrets with its certificates.',
      to: 'secrets',
      back: 'ingresses',
      form: 'names',
      names: ({ spec }) => (spec?.tls ?? []).flatMap(({ secretName }) => secretName || []),
    },
    {
      field: 'ingressClass',
      to: 'ingressclasses.networking.k8s.io',
      back: 'ingresses',
      form: 'name',
      name: ({ metadata, spec }) => spec?.ingressClassName ?? metadata.annotations?.[CLASS_ANNOTATION],
    },
  ],
  cells,
});

/** The Services that it leads requests to. */
function serviceNames({ spec }: Unchecked<Ingress>): string[] {
  const paths = (spec?.rules ?? []).flatMap(({ http }) => http?.paths ?? []);
  const backends = [spec?.defaultBackend, ...paths.map(({ backend }) => backend)];
  return backends.flatMap((backend) => backend?.service?.name || []);
}

function validateSpec(spec: Parts<IngressSpec>): Errors {
  const errors: Errors = [];
  if (!spec.rules?.length && !spec.defaultBackend)
    errors.push(invalid(SPEC, spec.rules ?? null, 'either `defaultBackend` or `rules` must be specified'));
  if (spec.defaultBackend) errors.push(...validateBackend(spec.defaultBackend, SPEC.child('defaultBackend')));
  (spec.rules ?? []).forEach((rule, i) => errors.push(...validateIngressRule(rule, SPEC.child('rules').index(i))));
  (spec.tls ?? []).forEach((tls, i) => errors.push(...validateTls(tls, SPEC.child('tls').index(i))));
  if (spec.ingressClassName != null)
    errors.push(...validateRule(spec.ingressClassName, isDns1123Subdomain, SPEC.child('ingressClassName')));
  return errors;
}

const validateHost = (host: string, at: Path): Errors =>
  validateRule(host, host.includes('*') ? isWildcardDns1123Subdomain : isDns1123Subdomain, at);

function validateIngressRule({ host, http }: Parts<IngressRule>, at: Path): Errors {
  const errors: Errors = [];
  if (host) {
    if (parseAddress(host)) errors.push(invalid(at.child('host'), host, NOT_AN_IP));
    errors.push(...validateHost(host, at.child('host')));
  }
  if (!http) return errors;
  const paths = at.child('http', 'paths');
  if (!http.paths?.length) errors.push(required(paths));
  (http.paths ?? []).forEach((path, i) => errors.push(...validatePath(path, paths.index(i))));
  return errors;
}

function validateTls({ hosts, secretName }: Parts<IngressTLS>, at: Path): Errors {
  const errors: Errors = (hosts ?? []).flatMap((host, i) => validateHost(host, at.child('hosts').index(i)));
  return secretName ? [...errors, ...validateRule(secretName, isDns1123Subdomain, at.child('secretName'))] : errors;
}

function validatePath({ pathType, path = '', backend }: Parts<HTTPIngressPath>, at: Path): Errors {
  const errors: Errors = [];
  const here = at.child('path');
  if (pathType == null) return [required(at.child('pathType'), 'pathType must be specified')];
  if (!PATH_TYPES.includes(pathType)) errors.push(notSupported(at.child('pathType'), pathType, PATH_TYPES));
  else {
    const free = pathType === 'ImplementationSpecific';
    if (!path.startsWith('/') && !(free && path === '')) errors.push(invalid(here, path, 'must be an absolute path'));
    if (!free) {
      for (const part of BAD_PARTS)
        if (path.includes(part)) errors.push(invalid(here, path, `must not contain '${part}'`));
      for (const end of BAD_ENDS) if (path.endsWith(end)) errors.push(invalid(here, path, `cannot end with '${end}'`));
    }
  }
  return [...errors, ...validateBackend(backend ?? {}, at.child('backend'))];
}

function validateBackend({ service, resource }: Parts<IngressBackend>, at: Path): Errors {
  if (service && resource) return [invalid(at, '', 'cannot set both resource and service backends')];
  if (resource) return validateTypedReference(resource, at.child('resource'));
  if (!service) return [invalid(at, '', 'resource or service backend is required')];
  const errors = service.name
    ? validateRule(service.name, isDns1035Label, at.child('service', 'name'))
    : [required(at.child('service', 'name'))];
  const { name, number } = service.port ?? {};
  const port = at.child('service', 'port');
  if (name && number) errors.push(invalid(at, '', 'cannot set both port name & port number'));
  else if (name) errors.push(...validateRule(name, isPortName, port.child('name')));
  else if (number) errors.push(...isPortNumber(number).map((why) => invalid(port.child('number'), number, why)));
  else errors.push(required(at, 'port name or number is required'));
  return errors;
}

function validateLoadBalancer(ingress: readonly Parts<IngressLoadBalancerIngress>[] | undefined): Errors {
  return (ingress ?? []).flatMap(({ ip, hostname }, i) => {
    const at = Path.root('status').child('loadBalancer', 'ingress').index(i);
    const errors = ip ? validateIp(ip, at.child('ip')) : [];
    if (!hostname) return errors;
    errors.push(...validateRule(hostname, isDns1123Subdomain, at.child('hostname')));
    if (parseAddress(hostname)) errors.push(invalid(at.child('hostname'), hostname, NOT_AN_IP));
    return errors;
  });
}

/** The class in the annotation and the one in the spec must be one. */
function validateClassAnnotation({ metadata, spec }: Unchecked<Ingress>): Errors {
  const annotation = metadata.annotations?.[CLASS_ANNOTATION];
  const name = spec?.ingressClassName;
  if (annotation === undefined || name == null || annotation === name) return [];
  return [
    invalid(
      Path.root('annotations').child(CLASS_ANNOTATION),
      annotation,
      'must match `ingressClassName` when both are specified',
    ),
  ];
}

function cells({ metadata, spec, status }: Unchecked<Ingress>, now: number): Cell[] {
  return [
    metadata.name,
    spec?.ingressClassName ?? NONE,
    hosts(spec?.rules ?? []),
    loadBalancerAddresses(status?.loadBalancer?.ingress).join(','),
    spec?.tls?.length ? '80, 443' : '80',
    since(metadata.creationTimestamp, now),
  ];
}

/** Hosts that are shown of one Ingress. */
const SHOWN = 3;

function hosts(rules: readonly { host?: string }[]): string {
  const named: string[] = [];
  let more = false;
  for (const { host } of rules) {
    if (named.length === SHOWN) more = true;
    else if (host) named.push(host);
  }
  if (named.length === 0) return '*';
  return more ? `${named.join(',')} + ${rules.length - SHOWN} more...` : named.join(',');
}
