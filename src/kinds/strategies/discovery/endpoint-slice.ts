import { isDeepStrictEqual } from 'node:util';
import type { DiscoveryEndpointPort, Endpoint, EndpointHints, EndpointSlice } from '../../../../schema/types.ts';
import { duplicate, invalid, notSupported, Path, required, tooMany, type FieldError } from '../../../meta/field.ts';
import { isDns1123Label, isDns1123Subdomain, isLabelValue } from '../../../meta/names.ts';
import type { Parts, Unchecked } from '../../../meta/object.ts';
import { SERVICE_NAME } from '../../../rules/service-slices.ts';
import type { Cell, Strategy } from '../../kind.ts';
import { addressFamily } from '../../../meta/address.ts';
import { ipWarnings, validateIp, validateNonSpecialIp } from '../../validation/ip.ts';
import { validateLabelName } from '../../validation/labels.ts';
import { validateChoice, validateImmutable, validateRule } from '../../validation/values.ts';
import { listWithMore, since, UNSET } from '../../cells.ts';

type Errors = FieldError[];
type Slice = Unchecked<EndpointSlice>;
const ENDPOINTS = Path.root('endpoints');
const PORTS = Path.root('ports');
const MAX_ENDPOINTS = 1000;
const MAX_ADDRESSES = 100;
const MAX_PORTS = 20_000;
const MAX_HINTS = 8;
const ADDRESS_TYPES = ['FQDN', 'IPv4', 'IPv6'];
const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];

/** What is not kept of an endpoint that comes in by v1: its topology has fields of its own. */
function dropTopology(object: Slice): void {
  for (const endpoint of object.endpoints ?? []) delete endpoint.deprecatedTopology;
}

/** discovery.k8s.io/v1 EndpointSlice */
export const endpointSliceStrategy: Strategy<EndpointSlice> = {
  metadata: { whole: 1, update: false },
  createOnUpdate: true,
  // labels say which Service a slice is of: their changes count as well
  generation: (object, old) =>
    [...new Set([...Object.keys(object), ...Object.keys(old)])].some(
      (field) => field !== 'metadata' && !isDeepStrictEqual(Reflect.get(object, field), Reflect.get(old, field)),
    ) || !isDeepStrictEqual(object.metadata.labels ?? {}, old.metadata.labels ?? {}),
  defaults(object) {
    for (const port of object.ports ?? []) {
      port.name ??= '';
      port.protocol ??= 'TCP';
    }
  },
  prepareForCreate: dropTopology,
  prepareForUpdate: dropTopology,
  validate: (object) => validateSlice(object, undefined),
  validateUpdate: (object, old) => [
    ...validateSlice(object, old),
    ...validateImmutable(object.addressType ?? '', old.addressType, Path.root('addressType')),
  ],
  validatesAllOnUpdate: true,
  warnings(object) {
    if (object.addressType === 'FQDN') return ['spec.addressType: FQDN endpoints are deprecated'];
    return (object.endpoints ?? []).flatMap((endpoint, i) =>
      (endpoint.addresses ?? []).flatMap((address, j) =>
        ipWarnings(address, ENDPOINTS.index(i).child('addresses').index(j)),
      ),
    );
  },
  relations: [
    {
      field: 'service',
      to: 'services',
      back: 'endpointSlices',
      form: 'name',
      name: ({ metadata }) => metadata.labels?.[SERVICE_NAME],
      column: { label: SERVICE_NAME },
    },
    {
      field: 'pods',
      description: 'The pods behind its endpoints.',
      to: ['pods'],
      back: 'endpointSlices',
      form: 'reference',
      many: true,
      references: ({ metadata, endpoints }) =>
        (endpoints ?? []).flatMap(({ targetRef }) =>
          targetRef ? [{ ...targetRef, namespace: targetRef.namespace ?? metadata.namespace }] : [],
        ),
    },
  ],
  cells,
};

/** Endpoints that an update leaves as they are stay good, whatever the rules have become. */
function validateSlice(object: Slice, old: Slice | undefined): Errors {
  const kept = old !== undefined && isDeepStrictEqual(object.endpoints, old.endpoints);
  return [
    ...validateChoice(object.addressType, ADDRESS_TYPES, Path.root('addressType')),
    ...(kept ? [] : validateEndpoints(object.endpoints ?? [], object.addressType)),
    ...validatePorts(object.ports ?? []),
  ];
}

function validateEndpoints(endpoints: readonly Parts<Endpoint>[], type: string | undefined): Errors {
  if (endpoints.length > MAX_ENDPOINTS) return [tooMany(ENDPOINTS, endpoints.length, MAX_ENDPOINTS)];
  return endpoints.flatMap((endpoint, i) => validateEndpoint(endpoint, type, ENDPOINTS.index(i)));
}

function validateEndpoint(endpoint: Parts<Endpoint>, type: string | undefined, at: Path): Errors {
  const errors: Errors = [];
  const here = at.child('addresses');
  const addresses = endpoint.addresses ?? [];
  if (!addresses.length) errors.push(required(here, 'must contain at least 1 address'));
  else if (addresses.length > MAX_ADDRESSES) errors.push(tooMany(here, addresses.length, MAX_ADDRESSES));
  addresses.forEach((address, i) => errors.push(...validateAddress(address, type, here.index(i))));
  if (endpoint.nodeName != null)
    errors.push(...validateRule(endpoint.nodeName, isDns1123Subdomain, at.child('nodeName')));
  if (endpoint.hostname != null) errors.push(...validateRule(endpoint.hostname, isDns1123Label, at.child('hostname')));
  if (endpoint.hints) errors.push(...validateHints(endpoint.hints, at.child('hints')));
  return errors;
}

/** What is of no known type is not looked at. */
function validateAddress(address: string, type: string | undefined, at: Path): Errors {
  if (type === 'FQDN') return validateDomainName(address, at);
  if (type !== 'IPv4' && type !== 'IPv6') return [];
  const errors = validateIp(address, at);
  if (errors.length) return errors;
  if (`IPv${addressFamily(address)}` !== type) errors.push(invalid(at, address, `must be an ${type} address`));
  return [...errors, ...validateNonSpecialIp(address, at)];
}

/** A domain name of two labels at least; a dot at its end is good. */
function validateDomainName(text: string, at: Path): Errors {
  if (!text) return [required(at)];
  const name = text.endsWith('.') ? text.slice(0, -1) : text;
  const why = isDns1123Subdomain(name);
  if (why.length) return [invalid(at, name, why.join(','))];
  const labels = name.split('.');
  if (labels.length < 2) return [invalid(at, name, 'should be a domain with at least two segments separated by dots')];
  const bad = labels.find((label) => isDns1123Label(label).length);
  return bad === undefined ? [] : [invalid(at, bad, isDns1123Label(bad).join(','))];
}

function validateHints(hints: Parts<EndpointHints>, at: Path): Errors {
  const errors: Errors = [];
  for (const [field, rule] of [
    ['forZones', isLabelValue],
    ['forNodes', isDns1123Subdomain],
  ] as const) {
    const list = hints[field] ?? [];
    const here = at.child(field);
    if (list.length > MAX_HINTS) return [...errors, tooMany(here, list.length, MAX_HINTS)];
    const seen = new Set<string>();
    list.forEach(({ name = '' }, i) => {
      const path = here.index(i).child('name');
      if (seen.has(name)) errors.push(duplicate(path, name));
      seen.add(name);
      errors.push(...validateRule(name, rule, path));
    });
  }
  return errors;
}

function validatePorts(ports: readonly Parts<DiscoveryEndpointPort>[]): Errors {
  if (ports.length > MAX_PORTS) return [tooMany(PORTS, ports.length, MAX_PORTS)];
  const seen = new Set<string>();
  return ports.flatMap((port, i) => {
    const at = PORTS.index(i);
    const { name = '', protocol = '' } = port;
    const errors = name ? validateRule(name, isDns1123Label, at.child('name')) : [];
    if (seen.has(name)) errors.push(duplicate(at.child('name'), name));
    seen.add(name);
    if (!PROTOCOLS.includes(protocol)) errors.push(notSupported(at.child('protocol'), protocol, PROTOCOLS));
    if (port.appProtocol != null) errors.push(...validateLabelName(port.appProtocol, at.child('appProtocol')));
    return errors;
  });
}

/** Ports and addresses that are shown of one slice. */
const SHOWN = 3;

function cells({ metadata, addressType, ports, endpoints }: Unchecked<EndpointSlice>, now: number): Cell[] {
  const numbers = (ports ?? []).map((p) => (p.port !== undefined ? String(p.port) : (p.name ?? '*')));
  const addresses = (endpoints ?? []).flatMap((e) => e.addresses ?? []);
  return [
    metadata.name,
    addressType ?? '',
    listWithMore(numbers, SHOWN) || UNSET,
    listWithMore(addresses, SHOWN) || UNSET,
    since(metadata.creationTimestamp, now),
  ];
}
