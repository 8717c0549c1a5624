import { expect } from 'vitest';
import { namespace } from '../../../src/reconcilers/namespace.ts';
import type { Cluster } from '../../support/cluster.ts';
import type { Scenario } from '../../support/scenario.ts';
import { clusterObject, configMap, pod } from './manifests.ts';

const conditionsOf = async (cluster: Cluster): Promise<string[]> => {
  const { status } = await cluster.client.get('namespaces', '', 'a');
  return (status!.conditions ?? []).map(({ type, status: value, reason }) => `${type} ${value} ${reason}`).sort();
};

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
      // nothing of what the pod may use has gone
      expect((await cluster.list('pods', 'a')).map(({ metadata }) => metadata.name)).toEqual(['bound']);
      expect((await cluster.list('configmaps', 'a')).map(({ metadata }) => metadata.name)).toEqual(['held', 'plain']);
      expect(await conditionsOf(cluster)).toEqual([
        'NamespaceContentRemaining False ContentRemoved',
        'NamespaceDeletionContentFailure False ContentDeleted',
        'NamespaceDeletionDiscoveryFailure False ResourcesDiscovered',
        'NamespaceDeletionGroupVersionParsingFailure False ParsedGroupVersions',
        'NamespaceFinalizersRemaining False ContentHasNoFinalizers',
      ]);
    },
    (cluster) => cluster.advance(30_000),
    async (cluster) => {
      expect(await conditionsOf(cluster)).toContain('NamespaceDeletionContentFailure True ContentDeletionFailed');
      const { status } = await cluster.client.get('namespaces', '', 'a');
      expect(status!.conditions!.find(({ type }) => type === 'NamespaceDeletionContentFailure')!.message).toBe(
        'Failed to delete all resource types, 1 remaining: unexpected items still remain in namespace: a for gvr: /v1, Resource=pods',
      );
    },
    (cluster) => cluster.reapPods(),
    (cluster) => cluster.advance(5_000),
    async (cluster) => {
      expect((await cluster.list('configmaps', 'a')).map(({ metadata }) => metadata.name)).toEqual(['held']);
      expect(await conditionsOf(cluster)).toEqual([
        'NamespaceContentRemaining True SomeResourcesRemain',
        'NamespaceDeletionContentFailure False ContentDeleted',
        'NamespaceDeletionDiscoveryFailure False ResourcesDiscovered',
        'NamespaceDeletionGroupVersionParsingFailure False ParsedGroupVersions',
        'NamespaceFinalizersRemaining True SomeFinalizersRemain',
      ]);
    },
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
