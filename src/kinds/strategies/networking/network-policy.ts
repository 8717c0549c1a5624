import type {
  IPBlock,
  NetworkPolicy,
  NetworkPolicyPeer,
  NetworkPolicyPort,
  NetworkPolicySpec,
} from '../../../../schema/types.ts';
import { forbidden, invalid, notSupported, Path, required, type FieldError } from '../../../meta/field.ts';
import { isPortName, isPortNumber } from '../../../meta/names.ts';
import type { Parts, Unchecked } from '../../../meta/object.ts';
import type { Cell, Strategy } from '../../kind.ts';
import { parseRange } from '../../../meta/address.ts';
import { cidrWarnings, validateCidr } from '../../validation/ip.ts';
import { validateLabelSelector } from '../../validation/labels.ts';
import { isStrictlyWithin } from '../../validation/strict-ip.ts';
import { validateRule } from '../../validation/values.ts';
import { formatSelector, since } from '../../cells.ts';

type Errors = FieldError[];
type Spec = Parts<NetworkPolicySpec>;
type Port = Parts<NetworkPolicyPort>;
type Peer = Parts<NetworkPolicyPeer>;
const SPEC = Path.root('spec');
const PROTOCOLS = ['TCP', 'UDP', 'SCTP'];
const TYPES = ['Ingress', 'Egress'];

/** networking.k8s.io/v1 NetworkPolicy */
export const networkPolicyStrategy: Strategy<NetworkPolicy> = {
  defaults(object) {
    const spec = (object.spec ??= {});
    for (const { ports } of rulesOf(spec)) for (const port of ports) port.protocol ??= 'TCP';
    // any policy says something of what comes in, unless it says that it does not
    if (!spec.policyTypes?.length) spec.policyTypes = spec.egress?.length ? ['Ingress', 'Egress'] : ['Ingress'];
  },
  validate: ({ spec = {} }) => validateSpec(spec),
  metadata: { whole: 1 },
  // an update checks the whole once more
  validateUpdate: (object) => validateSpec(object.spec ?? {}),
  warnings: ({ spec = {} }) =>
    rulesOf(spec).flatMap(({ peers, peersAt }) =>
      peers.flatMap(({ ipBlock }, i) => (ipBlock ? blockWarnings(ipBlock, peersAt.index(i).child('ipBlock')) : [])),
    ),
  relations: [
    {
      field: 'pods',
      description: 'The pods that it is about.',
      to: 'pods',
      back: 'networkPolicies',
      form: 'selector',
      selector: ({ spec }) => spec?.podSelector,
    },
  ],
  cells,
};

/** Rules of both directions: their peers, and where those stand. */
function rulesOf({ ingress = [], egress = [] }: Spec): { ports: Port[]; peers: Peer[]; at: Path; peersAt: Path }[] {
  const [inward, outward] = [SPEC.child('ingress'), SPEC.child('egress')];
  return [
    ...ingress.map(({ ports = [], from = [] }, i) => ({
      ports,
      peers: from,
      at: inward.index(i),
      peersAt: inward.index(i).child('from'),
    })),
    ...egress.map(({ ports = [], to = [] }, i) => ({
      ports,
      peers: to,
      at: outward.index(i),
      peersAt: outward.index(i).child('to'),
    })),
  ];
}

function validateSpec(spec: Spec): Errors {
  const errors = validateLabelSelector(spec.podSelector, SPEC.child('podSelector'));
  for (const { ports, peers, at, peersAt } of rulesOf(spec)) {
    ports.forEach((port, i) => errors.push(...validatePort(port, at.child('ports').index(i))));
    peers.forEach((peer, i) => errors.push(...validatePeer(peer, peersAt.index(i))));
  }
  const at = SPEC.child('policyTypes');
  const types = spec.policyTypes ?? [];
  if (types.length > TYPES.length) return [...errors, invalid(at, types, 'may not specify more than two policyTypes')];
  types.forEach((type, i) => {
    if (!TYPES.includes(type)) errors.push(notSupported(at.index(i), type, TYPES));
  });
  return errors;
}

function validatePort({ protocol, port, endPort }: Port, at: Path): Errors {
  const errors: Errors = [];
  const end = at.child('endPort');
  if (protocol != null && !PROTOCOLS.includes(protocol))
    errors.push(notSupported(at.child('protocol'), protocol, PROTOCOLS));
  if (port == null) {
    if (endPort != null) errors.push(invalid(end, endPort, 'may not be specified when `port` is not specified'));
  } else if (typeof port === 'string') {
    if (endPort != null) errors.push(invalid(end, endPort, 'may not be specified when `port` is non-numeric'));
    errors.push(...validateRule(port, isPortName, at.child('port')));
  } else {
    errors.push(...isPortNumber(port).map((why) => invalid(at.child('port'), port, why)));
    if (endPort != null && endPort < port) errors.push(invalid(end, port, 'must be greater than or equal to `port`'));
    if (endPort != null) errors.push(...isPortNumber(endPort).map((why) => invalid(end, endPort, why)));
  }
  return errors;
}

function validatePeer({ podSelector, namespaceSelector, ipBlock }: Peer, at: Path): Errors {
  const errors = [
    ...validateLabelSelector(podSelector, at.child('podSelector')),
    ...validateLabelSelector(namespaceSelector, at.child('namespaceSelector')),
    ...(ipBlock ? validateBlock(ipBlock, at.child('ipBlock')) : []),
  ];
  if (!podSelector && !namespaceSelector && !ipBlock) errors.push(required(at, 'must specify a peer'));
  else if (ipBlock && (podSelector || namespaceSelector))
    errors.push(forbidden(at, 'may not specify both ipBlock and another peer'));
  return errors;
}

const blockWarnings = ({ cidr, except = [] }: Parts<IPBlock>, at: Path): string[] => [
  ...(cidr ? cidrWarnings(cidr, at.child('cidr')) : []),
  ...except.flatMap((text, i) => cidrWarnings(text, at.child('except').index(i))),
];

function validateBlock({ cidr, except }: Parts<IPBlock>, at: Path): Errors {
  if (!cidr) return [required(at.child('cidr'))];
  const network = parseRange(cidr);
  if (!network) return validateCidr(cidr, at.child('cidr'));
  return (except ?? []).flatMap((text, i) => {
    const here = at.child('except').index(i);
    const inner = parseRange(text);
    if (!inner) return validateCidr(text, here);
    return isStrictlyWithin(inner, network) ? [] : [invalid(here, text, 'must be a strict subset of `cidr`')];
  });
}

function cells({ metadata, spec }: Unchecked<NetworkPolicy>, now: number): Cell[] {
  return [metadata.name, formatSelector(spec?.podSelector ?? {}), since(metadata.creationTimestamp, now)];
}
