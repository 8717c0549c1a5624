import { expect } from 'vitest';
import { csrapproving } from '../../../src/reconcilers/csrapproving.ts';
import type { Scenario } from '../../support/scenario.ts';
import { certificateRequest, requestFor } from './certificate-requests.ts';

const ofNode = await requestFor('O=system:nodes, CN=system:node:n1');
const ofUser = await requestFor('CN=somebody');

/** What a node asks for is approved where its requester may have it; other requests wait. */
export const csrapprovingScenario: Scenario = {
  controllers: () => [csrapproving],
  given: [certificateRequest('node', ofNode), certificateRequest('user', ofUser)],
  async end(cluster) {
    const requests = await cluster.list('certificatesigningrequests.certificates.k8s.io');
    expect(requests.map(({ metadata, status }) => [metadata.name, status.conditions])).toMatchObject([
      [
        'node',
        [
          {
            type: 'Approved',
            status: 'True',
            reason: 'AutoApproved',
            message: 'Auto approving kubelet client certificate after SubjectAccessReview.',
          },
        ],
      ],
      ['user', undefined],
    ]);
  },
};
