import { X509Certificate } from 'node:crypto';
import { expect } from 'vitest';
import { csrsigning } from '../../../src/reconcilers/csrsigning.ts';
import type { Cluster } from '../../support/cluster.ts';
import type { Scenario } from '../../support/scenario.ts';
import { certificateRequest, signer } from './certificate-requests.ts';

const decide = (name: string, type: string) => (cluster: Cluster) =>
  cluster.edit(
    'certificatesigningrequests.certificates.k8s.io',
    '',
    name,
    (csr) => (csr['status'] = { ...csr['status'], conditions: [{ type, status: 'True', reason: 'Test' }] }),
    'approval',
  );

/** Approved requests are signed, once; denied ones never are; what its signer must not sign fails. */
export const csrsigningScenario: Scenario = {
  controllers: () => [csrsigning(signer)],
  given: [certificateRequest('good', 'node'), certificateRequest('bad', 'user'), certificateRequest('denied', 'node')],
  acts: [decide('good', 'Approved'), decide('bad', 'Approved'), decide('denied', 'Denied')],
  untilIdle: true,
  async end(cluster) {
    const requests = await cluster.list('certificatesigningrequests.certificates.k8s.io');
    expect(
      requests.map(({ metadata, status }) => [
        metadata.name,
        status.conditions.map(({ type, reason }: Record<string, string>) => `${type} ${reason}`),
        status.certificate !== undefined,
      ]),
    ).toEqual([
      ['bad', ['Approved Test', 'Failed SignerValidationFailure'], false],
      ['denied', ['Denied Test'], false],
      ['good', ['Approved Test'], true],
    ]);
    const { certificate } = requests[2]!['status'];
    const signed = new X509Certificate(Buffer.from(certificate, 'base64'));
    expect(signed.subject).toBe('O=system:nodes\nCN=system:node:n1');
    expect(signed.verify(new X509Certificate(signer.cert).publicKey)).toBe(true);
  },
};
