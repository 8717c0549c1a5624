import { expect } from 'vitest';
import { namespace } from '../../../src/reconcilers/namespace.ts';
import type { Scenario } from '../../support/scenario.ts';
import { clusterObject, configMap, pod } from './manifests.ts';

/** A namespace that is deleted is emptied and goes when nothing is left; what holds it is said meanwhile. */
export const namespaceScenario: Scenario = {
  controllers: () => [namespace],
  given: [
    clusterObject('v1', 'Namespace', 'stays'),
    configMap('plain'),
    configMap('held', { finalizers: ['example.com/hold'] }),
    pod('p'),
    pod('bound', { spec: { nodeName: 'n1' } }),
  ],
  acts: [
    (cluster) => cluster.client.delete('namespaces', '', 'a'),
    (cluster) => cluster.advance(5_000),
    async (cluster) => {
      const { status } = await cluster.client.get('namespaces', '', 'a');
      const conditions = status!.conditions!.map(({ type, status: value, reason }) => `${type} ${value} ${reason}`);
      expect(conditions.sort()).toEqual([
        'NamespaceContentRemaining True SomeResourcesRemain',
        'NamespaceDeletionContentFailure False ContentDeleted',
        'NamespaceDeletionDiscoveryFailure False ResourcesDiscovered',
        'NamespaceDeletionGroupVersionParsingFailure False ParsedGroupVersions',
        'NamespaceFinalizersRemaining True SomeFinalizersRemain',
      ]);
    },
    (cluster) => cluster.reapPods(),
    (cluster) => cluster.client.patch('configmaps', 'a', 'held', { metadata: { finalizers: null } }),
    (cluster) => cluster.advance(20_000),
  ],
  async end(cluster) {
    const names = (await cluster.list('namespaces')).map(({ metadata }) => metadata.name);
    expect(names).toContain('stays');
    expect(names).not.toContain('a');
    expect(await cluster.list('configmaps', 'a')).toEqual([]);
  },
};
