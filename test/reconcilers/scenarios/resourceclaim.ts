import { expect } from 'vitest';
import { resourceclaim } from '../../../src/reconcilers/resourceclaim.ts';
import type { Cluster } from '../../support/cluster.ts';
import type { Scenario } from '../../support/scenario.ts';
import { object, pod, running } from './manifests.ts';

const RESOURCE = 'resource.k8s.io/v1';
const CLAIMS = 'resourceclaims.resource.k8s.io';
const spec = { devices: { requests: [{ name: 'r', exactly: { deviceClassName: 'gpu' } }] } };
const template = object(RESOURCE, 'ResourceClaimTemplate', 't', { spec: { metadata: { labels: { l: 'v' } }, spec } });
const FINALIZER = 'resource.kubernetes.io/delete-protection';
const allocation = { devices: { results: [{ request: 'r', driver: 'example.com', pool: 'p', device: 'd' }] } };

const long = (letter: string, length: number) => letter.repeat(length);
const wanting = (name: string, more: object = {}) =>
  pod(name, { spec: { resourceClaims: [{ name: 'gpu', resourceClaimTemplateName: 't' }], ...more } });
const end = (cluster: Cluster, name: string) =>
  cluster.client.patch('pods', 'a', name, { status: { phase: 'Succeeded' } }, { subresource: 'status' });
const claims = async (cluster: Cluster) =>
  (await cluster.list(CLAIMS)).map(({ metadata, status }) => ({
    name: metadata.name.replace(/-\w{5}$/, '-'),
    owner: metadata.ownerReferences?.map((owner: { name: string }) => owner.name).join(),
    reserved: (status?.reservedFor ?? []).map((one: { name: string }) => one.name).join(),
    allocated: !!status?.allocation,
    finalizers: metadata.finalizers ?? [],
  }));

/**
 * Pods get the claims of their templates (PodResourceClaim.resourceClaimTemplateName), which go when the pod is done; a
 * claim that others share is let go.
 */
export const resourceclaimScenario: Scenario = {
  controllers: () => [resourceclaim()],
  given: [
    template,
    wanting('p'),
    wanting(long('x', 60)),
    wanting('lost', { resourceClaims: [{ name: 'gpu', resourceClaimTemplateName: 'none' }] }),
    object(RESOURCE, 'ResourceClaim', 'shared', { metadata: { finalizers: [FINALIZER] }, spec }),
    pod('user', {
      spec: { nodeName: 'n1', resourceClaims: [{ name: 'g', resourceClaimName: 'shared' }] },
      status: running,
    }),
  ],
  acts: [
    async (cluster) => {
      const { metadata, status } = (await cluster.list('pods')).find((one) => one.metadata.name === 'p')!;
      const [mine] = (await cluster.list(CLAIMS)).filter((one) => one.metadata.name.startsWith('p-gpu-'));
      expect(status.resourceClaimStatuses).toEqual([{ name: 'gpu', resourceClaimName: mine!.metadata.name }]);
      expect(mine!.metadata).toMatchObject({
        labels: { l: 'v' },
        annotations: { 'resource.kubernetes.io/pod-claim-name': 'gpu' },
        ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'p', uid: metadata.uid, controller: true }],
      });
      expect(await cluster.events()).toContain(
        'Warning FailedResourceClaimCreation Pod PodResourceClaim gpu: resource claim template "none": resourceclaimtemplate.resource.k8s.io "none" not found',
      );
    },
    // as the scheduler does it; the pod is on its node already
    (cluster) => cluster.client.patch(CLAIMS, 'a', 'shared', { status: { allocation } }, { subresource: 'status' }),
    async (cluster) => {
      expect(await claims(cluster)).toEqual(
        [
          { name: 'p-gpu-', owner: 'p', reserved: '', allocated: false, finalizers: [] },
          { name: 'shared', owner: undefined, reserved: 'user', allocated: true, finalizers: [FINALIZER] },
          { name: '', owner: long('x', 60), reserved: '', allocated: false, finalizers: [] },
        ].map((one, i) => (i < 2 ? one : { ...one, name: expect.stringMatching(/^x{5,}-g/) as string })),
      );
    },
    (cluster) => end(cluster, 'p'),
    (cluster) => end(cluster, 'user'),
    async (cluster) => {
      const shared = (await claims(cluster)).find(({ name }) => name === 'shared');
      expect(shared).toMatchObject({ reserved: '', allocated: false });
    },
    // a finalizer that a process which ended has left goes with the claim
    (cluster) => cluster.client.delete(CLAIMS, 'a', 'shared'),
    // its status tells a generated name that nobody has any more
    (cluster) => cluster.client.delete('pods', 'a', 'p', { gracePeriodSeconds: 0 }),
  ],
  async end(cluster) {
    expect((await claims(cluster)).map(({ owner }) => owner)).toEqual([long('x', 60)]);
  },
  logs: /resource claim template/,
};
