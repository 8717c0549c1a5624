import { expect } from 'vitest';
import { garbagecollector } from '../../../src/reconcilers/garbagecollector.ts';
import type { Cluster } from '../../support/cluster.ts';
import type { Scenario } from '../../support/scenario.ts';
import { configMap } from './manifests.ts';

const owners = ['background', 'foreground', 'orphan', 'other'];

/** For each owner two dependents, one of them with another owner as well, and one below them. */
const family = async (cluster: Cluster): Promise<void> => {
  const reference = async (name: string) => {
    const { metadata } = await cluster.client.get('configmaps', 'a', name);
    return { apiVersion: 'v1', kind: 'ConfigMap', name, uid: metadata.uid, blockOwnerDeletion: true };
  };
  for (const name of owners.slice(0, 3)) {
    await cluster.give(configMap(`${name}-only`, { ownerReferences: [await reference(name)] }));
    await cluster.give(
      configMap(`${name}-both`, { ownerReferences: [await reference(name), await reference('other')] }),
    );
    await cluster.give(configMap(`${name}-below`, { ownerReferences: [await reference(`${name}-only`)] }));
  }
  await cluster.give(
    configMap('stale', { ownerReferences: [{ ...(await reference('other')), name: 'nobody', uid: 'nobody' }] }),
  );
};
const remove = (name: string, propagationPolicy: 'Background' | 'Foreground' | 'Orphan') => (cluster: Cluster) =>
  cluster.client.delete('configmaps', 'a', name, { propagationPolicy });

/** What nothing owns any more goes; what has another owner stays; orphans are let go. */
export const garbagecollectorScenario: Scenario = {
  controllers: () => [garbagecollector()],
  given: owners.map((name) => configMap(name)),
  acts: [
    family,
    remove('background', 'Background'),
    remove('foreground', 'Foreground'),
    remove('orphan', 'Orphan'),
    (cluster) => cluster.advance(60_000),
  ],
  async end(cluster) {
    const maps = await cluster.list('configmaps', 'a');
    expect(
      maps.map(({ metadata }) => [metadata.name, metadata.ownerReferences?.map(({ name }) => name) ?? []]),
    ).toEqual([
      ['background-both', ['other']],
      ['foreground-both', ['other']],
      ['orphan-below', ['orphan-only']],
      ['orphan-both', ['other']],
      ['orphan-only', []],
      ['other', []],
    ]);
  },
};
