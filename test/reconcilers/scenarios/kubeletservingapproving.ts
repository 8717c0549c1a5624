import { expect } from 'vitest';
import type { CertificateSigningRequestSpec } from '../../../schema/types.ts';
import { kubeletservingapproving } from '../../../src/reconcilers/kubeletservingapproving.ts';
import type { Cluster } from '../../support/cluster.ts';
import type { Scenario } from '../../support/scenario.ts';
import { requestFor } from './certificate-requests.ts';
import { clusterObject } from './manifests.ts';

const CSRS = 'certificatesigningrequests.certificates.k8s.io';
const SELF = 'O=system:nodes, CN=system:node:n1';
const own = [
  { type: 'ip', value: '10.0.0.1' },
  { type: 'ip', value: '2001:db8:0:0:0:0:0:1' },
  { type: 'dns', value: 'n1' },
] as const;

interface Asked {
  name: string;
  by?: string;
  subject?: string;
  names?: Parameters<typeof requestFor>[1];
  usages?: NonNullable<CertificateSigningRequestSpec['usages']>;
}
const ASKED: readonly Asked[] = [
  { name: 'own' },
  { name: 'rsa', usages: ['key encipherment', 'digital signature', 'server auth'] },
  { name: 'by-another-node', by: 'system:node:n2' },
  { name: 'by-somebody', by: 'somebody' },
  { name: 'for-another-node', subject: 'O=system:nodes, CN=system:node:n2' },
  { name: 'of-no-node', subject: 'CN=system:node:n1' },
  { name: 'of-masters-too', subject: 'O=system:nodes, O=system:masters, CN=system:node:n1' },
  { name: 'of-a-node-that-is-not', by: 'system:node:n3', subject: 'O=system:nodes, CN=system:node:n3' },
  { name: 'address-of-another', names: [...own, { type: 'ip', value: '10.0.0.2' }] },
  { name: 'name-of-another', names: [{ type: 'dns', value: 'kubernetes.default.svc' }] },
  { name: 'without-names', names: [] },
  { name: 'with-mail', names: [...own, { type: 'email', value: 'a@example.com' }] },
  { name: 'for-clients-too', usages: ['digital signature', 'server auth', 'client auth'] },
];

// once, for a signature is another each time
const requests = await Promise.all(ASKED.map(({ subject = SELF, names = [...own] }) => requestFor(subject, names)));

const ask =
  ({ name, by = 'system:node:n1', usages = ['digital signature', 'server auth'] }: Asked, index: number) =>
  async ({ client }: Cluster): Promise<unknown> =>
    client
      .as(by)
      .create(CSRS, {
        apiVersion: 'certificates.k8s.io/v1',
        kind: 'CertificateSigningRequest',
        metadata: { name },
        spec: {
          signerName: 'kubernetes.io/kubelet-serving',
          usages,
          request: requests[index]!,
        },
      })
      // what admission refuses needs nobody's approval
      .catch(() => undefined);

const node = (name: string, address: string) =>
  clusterObject('v1', 'Node', name, {
    status: {
      addresses: [
        { type: 'InternalIP', address },
        { type: 'InternalIP', address: '2001:db8::1' },
        { type: 'Hostname', address: name },
      ],
    },
  });

/** A kubelet's request is approved when it is its own, for addresses that its Node has; all others wait. */
export const kubeletservingapprovingScenario: Scenario = {
  controllers: () => [kubeletservingapproving],
  given: [
    node('n1', '10.0.0.1'),
    node('n2', '10.0.0.2'),
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: 'anybody-asks' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'system:node-bootstrapper' },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'somebody' }],
    },
  ],
  acts: ASKED.map(ask),
  async end(cluster) {
    const approved = (await cluster.list(CSRS)).filter(({ status }) => status.conditions?.[0]?.type === 'Approved');
    expect(approved.map(({ metadata }) => metadata.name)).toEqual(['own', 'rsa']);
  },
};
