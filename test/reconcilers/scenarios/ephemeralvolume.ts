import { expect } from 'vitest';
import { ephemeralvolume } from '../../../src/reconcilers/ephemeralvolume.ts';
import type { Scenario } from '../../support/scenario.ts';
import { pod } from './manifests.ts';
import { claim } from './persistentvolume.ts';

const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } };
const volume = (name: string) => ({
  name,
  ephemeral: { volumeClaimTemplate: { metadata: { labels: { for: name }, annotations: { a: 'b' } }, spec } },
});

/** Each pod gets its claims, with the template's labels and the pod as owner; one that was deleted is made again. */
export const ephemeralvolumeScenario: Scenario = {
  controllers: () => [ephemeralvolume],
  given: [claim('taken-data', '1Gi'), pod('p', { spec: { volumes: [volume('one'), volume('two')] } })],
  logs: /was not created for pod a\/taken \(pod is not owner\)/,
  acts: [
    (cluster) => cluster.give(pod('taken', { spec: { volumes: [volume('data')] } })),
    (cluster) => cluster.client.patch('persistentvolumeclaims', 'a', 'p-two', { metadata: { finalizers: null } }),
    (cluster) => cluster.client.delete('persistentvolumeclaims', 'a', 'p-two'),
  ],
  async end(cluster) {
    const claims = await cluster.list('persistentvolumeclaims');
    const [p] = await cluster.list('pods');
    const owner = { apiVersion: 'v1', kind: 'Pod', name: 'p', uid: p!.metadata.uid };
    const ownerReferences = [{ ...owner, controller: true, blockOwnerDeletion: true }];
    expect(claims.map(({ metadata }) => [metadata.name, metadata.labels, metadata.ownerReferences])).toEqual([
      ['p-one', { for: 'one' }, ownerReferences],
      ['p-two', { for: 'two' }, ownerReferences],
      ['taken-data', undefined, undefined],
    ]);
    expect(claims[0]!['spec']).toMatchObject(spec);
    const events = await cluster.list('events');
    expect(events.map(({ reason, message, source }) => [reason, message, source.component])).toEqual([
      [
        'FailedBinding',
        'ephemeral volume data: PVC a/taken-data was not created for pod a/taken (pod is not owner)',
        'ephemeral_volume',
      ],
    ]);
  },
};
