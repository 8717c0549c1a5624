import { forbidden, invalid, notSupported, Path, required, type FieldError } from '../../../meta/field.ts';
import { isPortName, isPortNumber } from '../../../meta/names.ts';
import type { KubeObject, Unchecked } from '../../../meta/object.ts';
import type { Cell, Strategy } from '../../kind.ts';
import { validateMetaOnUpdate } from '../../validate-meta.ts';
import { cidrWarnings, parseRange, validateCidr } from '../../validation/ip.ts';
import { validateLabelSelector } from '../../validation/labels.ts';
import { dnsSubdomainName } from '../../validation/names.ts';
import { isStrictlyWithin } from '../../validation/strict-ip.ts';
import { validateRule } from '../../validation/values.ts';
import type { NetworkPolicy } from '../../../../schema/types.ts';
import { formatSelector, since } from '../../cells.ts';

type Errors = FieldError[];
type Spec = KubeObject['spec'];
const SPEC = Path.root('spec');
const PROTOCOLS = ['TCP', 'UDP', 'SCTP'];
const TYPES = ['Ingress', 'Egress'];
const DIRECTIONS = [
  ['ingress', 'from'],
  ['egress', 'to'],
] as const;

/** networking.k8s.io/v1 NetworkPolicy */
export const networkPolicyStrategy: Strategy = {
  defaults(object) {
    const spec = (object.spec ??= {});
    for (const [direction] of DIRECTIONS)
      for (const rule of spec[direction] ?? []) for (const port of rule.ports ?? []) port.protocol ??= 'TCP';
    // any policy says something of what comes in, unless it says that it does not
    if (!spec.policyTypes?.length) spec.policyTypes = ['Ingress', ...(spec.egress?.length ? ['Egress'] : [])];
  },
  validate: ({ spec }) => validateSpec(spec),
  // an update checks the whole once more
  validateUpdate: (object) => [...validateMetaOnUpdate(object, dnsSubdomainName), ...validateSpec(object.spec)],
  warnings: ({ spec }) =>
    [...blocksOf(spec)].flatMap(([block, at]) => [
      ...(block.cidr ? cidrWarnings(block.cidr, at.child('cidr')) : []),
      ...(block.except ?? []).flatMap((except: string, i: number) => cidrWarnings(except, at.child('except').index(i))),
    ]),
  cells,
};

function* blocksOf(spec: Spec): Generator<[Spec, Path]> {
  for (const [direction, peers] of DIRECTIONS)
    for (const [i, rule] of (spec?.[direction] ?? []).entries())
      for (const [j, peer] of (rule[peers] ?? []).entries())
        if (peer.ipBlock) yield [peer.ipBlock, SPEC.child(direction).index(i).child(peers).index(j).child('ipBlock')];
}

function validateSpec(spec: Spec): Errors {
  const errors = validateLabelSelector(spec.podSelector, SPEC.child('podSelector'));
  for (const [direction, peers] of DIRECTIONS)
    (spec[direction] ?? []).forEach((rule: Spec, i: number) => {
      const at = SPEC.child(direction).index(i);
      (rule.ports ?? []).forEach((port: Spec, j: number) =>
        errors.push(...validatePort(port, at.child('ports').index(j))),
      );
      (rule[peers] ?? []).forEach((peer: Spec, j: number) =>
        errors.push(...validatePeer(peer, at.child(peers).index(j))),
      );
    });
  const at = SPEC.child('policyTypes');
  const types: string[] = spec.policyTypes ?? [];
  if (types.length > TYPES.length) return [...errors, invalid(at, types, 'may not specify more than two policyTypes')];
  types.forEach((type, i) => {
    if (!TYPES.includes(type)) errors.push(notSupported(at.index(i), type, TYPES));
  });
  return errors;
}

function validatePort({ protocol, port, endPort }: Spec, at: Path): Errors {
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

function validatePeer({ podSelector, namespaceSelector, ipBlock }: Spec, at: Path): Errors {
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

function validateBlock({ cidr, except }: Spec, at: Path): Errors {
  if (!cidr) return [required(at.child('cidr'))];
  const network = parseRange(cidr);
  if (!network) return validateCidr(cidr, at.child('cidr'));
  return (except ?? []).flatMap((text: string, i: number) => {
    const here = at.child('except').index(i);
    const inner = parseRange(text);
    if (!inner) return validateCidr(text, here);
    return isStrictlyWithin(inner, network) ? [] : [invalid(here, text, 'must be a strict subset of `cidr`')];
  });
}

function cells({ metadata, spec }: Unchecked<NetworkPolicy>, now: number): Cell[] {
  return [metadata.name, formatSelector(spec?.podSelector ?? {}), since(metadata.creationTimestamp, now)];
}
