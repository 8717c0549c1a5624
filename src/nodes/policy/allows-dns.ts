import { BlockList } from 'node:net';
import type { LabelSelector, NetworkPolicy } from '../../../schema/types.ts';
import { labelMatcher } from '../../control/selector.ts';
import { isCidr } from './policy-rules.ts';

/** As which rules see the cluster's DNS: its pods in other clusters. */
export interface DnsFacts {
  ip: string;
  /** labels of kube-system */
  namespaceLabels: Record<string, string> | undefined;
}

const NAMESPACE = 'kube-system';
const LABELS = { 'k8s-app': 'kube-dns' };
const PORT = 53;
const NAMES: Readonly<Record<string, string>> = { UDP: 'dns', TCP: 'dns-tcp' };

/**
 * Whether egress policies let a pod ask the cluster's DNS. It answers on the machine itself and not in a pod; policies
 * are written for the pods that answer elsewhere, so it counts as one of kube-system with their labels and ports.
 */
export function allowsDns(policies: readonly NetworkPolicy[], protocol: 'UDP' | 'TCP', dns: DnsFacts): boolean {
  return policies.some(({ metadata, spec }) =>
    (spec?.egress ?? []).some(
      ({ to = [], ports = [] }) =>
        (!ports.length ||
          ports.some(
            ({ protocol: of = 'TCP', port, endPort }) => of === protocol && isDnsPort(port, endPort, protocol),
          )) &&
        (!to.length ||
          to.some(({ ipBlock, namespaceSelector, podSelector }) =>
            ipBlock
              ? inBlock(dns.ip, ipBlock.cidr) && !(ipBlock.except ?? []).some((each) => inBlock(dns.ip, each))
              : (namespaceSelector
                  ? matches(namespaceSelector, dns.namespaceLabels)
                  : metadata.namespace === NAMESPACE) && matches(podSelector ?? {}, LABELS),
          )),
    ),
  );
}

const matches = (selector: LabelSelector, labels: Record<string, string> | undefined): boolean =>
  labelMatcher(selector)(labels);

const isDnsPort = (port: number | string | undefined, end: number | undefined, protocol: string): boolean =>
  port === undefined || (typeof port === 'string' ? port === NAMES[protocol] : port <= PORT && PORT <= (end ?? port));

function inBlock(ip: string, cidr: string): boolean {
  if (!isCidr(cidr)) return false;
  const list = new BlockList();
  list.addSubnet(cidr.split('/')[0] ?? '', Number(cidr.split('/')[1]), 'ipv4');
  return list.check(ip, 'ipv4');
}
