import { isDeepStrictEqual } from 'node:util';
import type { EndpointAddress, EndpointPort, EndpointSubset, Endpoints } from '../../../../schema/types.ts';
import { invalid, Path, required, type FieldError } from '../../../meta/field.ts';
import { isDns1123Label, isQualifiedName } from '../../../meta/names.ts';
import type { Parts, Unchecked } from '../../../meta/object.ts';
import type { Cell, Strategy } from '../../kind.ts';
import { ipWarnings, validateIp, validateNonSpecialIp } from '../../validation/ip.ts';
import { dnsSubdomainName } from '../../validation/names.ts';
import { validatePortNumber, validateProtocol } from '../../validation/ports.ts';
import { listWithMore, NONE, since } from '../../cells.ts';

type Errors = FieldError[];
const SUBSETS = Path.root('subsets');
const MANAGED_BY = 'endpoints.kubernetes.io/managed-by';
const LISTS = ['addresses', 'notReadyAddresses'] as const;

const label = (value: string | undefined, at: Path): Errors =>
  value ? isDns1123Label(value).map((why) => invalid(at, value, why)) : [];

function validateAddress({ ip = '', hostname, nodeName }: Parts<EndpointAddress>, at: Path): Errors {
  const node =
    nodeName === undefined || nodeName === null
      ? []
      : dnsSubdomainName(nodeName, false).map((why) => invalid(at.child('nodeName'), nodeName, why));
  return [
    ...validateIp(ip, at.child('ip')),
    ...label(hostname, at.child('hostname')),
    ...node,
    ...validateNonSpecialIp(ip, at.child('ip')),
  ];
}

function validatePort({ name, port, protocol, appProtocol }: Parts<EndpointPort>, named: boolean, at: Path): Errors {
  const errors: Errors = named && !name ? [required(at.child('name'))] : label(name, at.child('name'));
  errors.push(...validatePortNumber(port, at.child('port')), ...validateProtocol(protocol, at.child('protocol')));
  if (appProtocol !== undefined && appProtocol !== null) {
    errors.push(...isQualifiedName(appProtocol).map((why) => invalid(at.child('appProtocol'), appProtocol, why)));
  }
  return errors;
}

const validateSubset = (subset: Parts<EndpointSubset>, at: Path): Errors => [
  ...(LISTS.some((field) => subset[field]?.length)
    ? []
    : [required(at, 'must specify `addresses` or `notReadyAddresses`')]),
  ...LISTS.flatMap((field) =>
    (subset[field] ?? []).flatMap((address, i) => validateAddress(address, at.child(field).index(i))),
  ),
  ...(subset.ports ?? []).flatMap((port, i) =>
    validatePort(port, subset.ports!.length > 1, at.child('ports').index(i)),
  ),
];

const validateSubsets = ({ subsets = [] }: Unchecked<Endpoints>): Errors =>
  subsets.flatMap((subset, i) => validateSubset(subset, SUBSETS.index(i)));

export const endpointsStrategy: Strategy<Endpoints> = {
  defaults(object) {
    for (const subset of object.subsets ?? []) for (const port of subset.ports ?? []) port.protocol ||= 'TCP';
  },
  metadata: { whole: 1 },
  validate: validateSubsets,
  // subsets that stay as they are stay good, whatever the rules have become
  validateUpdate: (object, old) => (isDeepStrictEqual(object.subsets, old.subsets) ? [] : validateSubsets(object)),
  validatesAllOnUpdate: true,
  warnings(object) {
    // its own controller writes nothing that is worth a word
    if (object.metadata.labels?.[MANAGED_BY] === 'endpoint-controller') return [];
    return (object.subsets ?? []).flatMap((subset, i) =>
      LISTS.flatMap((field) =>
        (subset[field] ?? []).flatMap(({ ip = '' }, j) =>
          ipWarnings(ip, SUBSETS.index(i).child(field).index(j).child('ip')),
        ),
      ),
    );
  },
  createOnUpdate: true,
  generation: false,
  cells,
  deprecation: 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
};

/** Addresses that are shown of one object. */
const SHOWN = 3;

function cells({ metadata, subsets }: Unchecked<Endpoints>, now: number): Cell[] {
  const all = (subsets ?? []).flatMap(({ addresses = [], ports = [] }) =>
    ports.length
      ? ports.flatMap((port) => addresses.map(({ ip = '' }) => hostPort(ip, port.port)))
      : addresses.map(({ ip = '' }) => ip),
  );
  return [metadata.name, listWithMore(all, SHOWN) || NONE, since(metadata.creationTimestamp, now)];
}

const hostPort = (host: string, port: number | undefined): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
