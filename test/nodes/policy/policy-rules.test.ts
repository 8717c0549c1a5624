import { expect, it } from 'vitest';
import type { NetworkPolicy, NetworkPolicySpec, Pod } from '../../../schema/types.ts';
import { allowsDns } from '../../../src/nodes/policy/allows-dns.ts';
import type { PeerSelector } from '../../../src/nodes/policy/peer-sets.ts';
import { policyRules, speaksOf, type Direction } from '../../../src/nodes/policy/policy-rules.ts';

const policy = (spec: NetworkPolicySpec, namespace = 'shop'): NetworkPolicy => ({
  metadata: { name: 'p', namespace, uid: 'p', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' },
  spec,
});
const POD = {
  metadata: { name: 'web', namespace: 'shop' },
  spec: { containers: [{ name: 'c', ports: [{ name: 'http', containerPort: 8080, protocol: 'TCP' }] }] },
} as Pod;
/** A set is named for what it holds. */
const nameOf = ({ namespace = '*', namespaceSelector, podSelector, named }: PeerSelector): string =>
  [namespaceSelector ? 'chosen' : namespace, podSelector.matchLabels?.['app'] ?? 'all', named?.name]
    .filter(Boolean)
    .join('-');
const rules = (spec: NetworkPolicySpec, direction: Direction) => policyRules(POD, policy(spec), direction, { nameOf });

const app = (name: string) => ({ podSelector: { matchLabels: { app: name } } });
const ALL = { podSelector: {} };

it.each<[string, NetworkPolicySpec, Direction, string[]]>([
  ['nothing', { ...ALL, ingress: [] }, 'Ingress', []],
  ['everything', { ...ALL, ingress: [{}] }, 'Ingress', ['return']],
  ['pods of the namespace', { ...ALL, ingress: [{ from: [app('db')] }] }, 'Ingress', ['ip saddr @shop-db return']],
  [
    'pods of chosen namespaces',
    { ...ALL, egress: [{ to: [{ namespaceSelector: {}, ...app('db') }] }] },
    'Egress',
    ['ip daddr @chosen-db return'],
  ],
  [
    'an address block without what is taken out of it',
    { ...ALL, egress: [{ to: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16', '10.1.2.0/24'] } }] }] },
    'Egress',
    ['ip daddr 10.0.0.0/8 ip daddr != 10.1.0.0/16 ip daddr != 10.1.2.0/24 return'],
  ],
  ['no block of IPv6', { ...ALL, ingress: [{ from: [{ ipBlock: { cidr: 'fd00::/8' } }] }] }, 'Ingress', []],
  [
    'ports, ranges merged, by protocol',
    {
      ...ALL,
      ingress: [
        {
          ports: [
            { port: 90 },
            { port: 80, endPort: 89 },
            { port: 85, endPort: 88 },
            { port: 53, protocol: 'UDP' },
            { protocol: 'SCTP' },
          ],
        },
      ],
    },
    'Ingress',
    ['meta l4proto sctp return', 'tcp dport { 80-90 } return', 'udp dport { 53 } return'],
  ],
  [
    'the port that it has named itself',
    { ...ALL, ingress: [{ from: [app('db')], ports: [{ port: 'http' }] }] },
    'Ingress',
    ['ip saddr @shop-db tcp dport { 8080 } return'],
  ],
  ['no port of a name that it has not', { ...ALL, ingress: [{ ports: [{ port: 'none' }] }] }, 'Ingress', []],
  [
    'ports that others have named',
    { ...ALL, egress: [{ to: [app('db')], ports: [{ port: 'sql' }] }] },
    'Egress',
    ['ip daddr . meta l4proto . th dport @shop-db-sql return'],
  ],
  [
    'such ports of all pods',
    { ...ALL, egress: [{ ports: [{ port: 'sql' }] }] },
    'Egress',
    ['ip daddr . meta l4proto . th dport @*-all-sql return'],
  ],
])('allows %s', (_, spec, direction, wanted) => {
  expect(rules(spec, direction)).toEqual(wanted);
});

it.each<[NetworkPolicySpec, Direction[]]>([
  [{ ...ALL }, ['Ingress']],
  [{ ...ALL, egress: [] }, ['Ingress']],
  [{ ...ALL, egress: [{}] }, ['Ingress', 'Egress']],
  [{ ...ALL, policyTypes: ['Egress'] }, ['Egress']],
  [{ ...ALL, policyTypes: ['Ingress'], egress: [{}] }, ['Ingress']],
])('%j speaks of %j', (spec, directions) => {
  expect((['Ingress', 'Egress'] as const).filter((each) => speaksOf(policy(spec), each))).toEqual(directions);
});

const DNS = { ip: '10.96.0.10', namespaceLabels: { 'kubernetes.io/metadata.name': 'kube-system' } };
const SYSTEM = { namespaceSelector: { matchLabels: DNS.namespaceLabels } };
it.each<[string, NetworkPolicySpec['egress'], boolean, boolean]>([
  ['nobody', [], false, false],
  ['everybody', [{}], true, true],
  ['port 53 over UDP', [{ ports: [{ port: 53, protocol: 'UDP' }] }], true, false],
  ['port 53 by name', [{ ports: [{ port: 'dns', protocol: 'UDP' }, { port: 'dns-tcp' }] }], true, true],
  ['a range with 53 in it', [{ ports: [{ port: 1, endPort: 100, protocol: 'UDP' }] }], true, false],
  ['another port', [{ ports: [{ port: 54, protocol: 'UDP' }] }], false, false],
  ['kube-system', [{ to: [SYSTEM] }], true, true],
  ['its pods there', [{ to: [{ ...SYSTEM, podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } } }] }], true, true],
  ['other pods there', [{ to: [{ ...SYSTEM, ...app('db') }] }], false, false],
  ['pods of the own namespace', [{ to: [{ podSelector: {} }] }], false, false],
  ['a block with its address', [{ to: [{ ipBlock: { cidr: '10.96.0.0/16' } }] }], true, true],
  ['a block without it', [{ to: [{ ipBlock: { cidr: '0.0.0.0/0', except: ['10.0.0.0/8'] } }] }], false, false],
])('who may reach %s asks the DNS as far as that goes', (_, egress, udp, tcp) => {
  const policies = [policy({ ...ALL, egress: egress! })];
  expect([allowsDns(policies, 'UDP', DNS), allowsDns(policies, 'TCP', DNS)]).toEqual([udp, tcp]);
});
