import type { Ingress, IngressClass } from '../../../../schema/types.ts';
import type { Printer } from '../printer.ts';
import { loadBalancerAddresses } from './services.ts';
import { formatSelector, NONE, since } from './shared.ts';

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

const ingresses: Printer = (object, now) => {
  const { metadata, spec, status } = object as unknown as Ingress;
  return [
    metadata.name,
    spec?.ingressClassName ?? NONE,
    hosts(spec?.rules ?? []),
    loadBalancerAddresses(status?.loadBalancer?.ingress).join(','),
    spec?.tls?.length ? '80, 443' : '80',
    since(metadata.creationTimestamp, now),
  ];
};

const ingressClasses: Printer = (object, now) => {
  const { metadata, spec } = object as unknown as IngressClass;
  const p = spec?.parameters;
  return [
    metadata.name,
    spec?.controller ?? '',
    p ? `${p.kind}${p.apiGroup ? `.${p.apiGroup}` : ''}/${p.name}` : NONE,
    since(metadata.creationTimestamp, now),
  ];
};

const networkPolicies: Printer = ({ metadata, spec }, now) => [
  metadata.name,
  formatSelector(spec?.podSelector ?? {}),
  since(metadata.creationTimestamp, now),
];

const ipAddresses: Printer = ({ metadata, spec }) => {
  const ref = spec?.parentRef;
  return [metadata.name, ref ? [ref.resource, ref.namespace, ref.name].filter(Boolean).join('/') : NONE];
};

const serviceCidrs: Printer = ({ metadata, spec }, now) => [
  metadata.name,
  (spec?.cidrs ?? []).join(','),
  since(metadata.creationTimestamp, now),
];

export const networkCells: Readonly<Record<string, Printer>> = {
  'ingresses.networking.k8s.io': ingresses,
  'ingressclasses.networking.k8s.io': ingressClasses,
  'networkpolicies.networking.k8s.io': networkPolicies,
  'ipaddresses.networking.k8s.io': ipAddresses,
  'servicecidrs.networking.k8s.io': serviceCidrs,
};
