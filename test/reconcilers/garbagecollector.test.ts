import { afterEach, describe, expect, it } from 'vitest';
import { garbagecollector } from '../../src/reconcilers/garbagecollector.ts';
import { namespace } from '../../src/reconcilers/namespace.ts';
import { startCluster, type Cluster } from '../support/cluster.ts';

describe('garbage collector', () => {
  let cluster: Cluster;
  afterEach(() => cluster.stop());
  const start = async () => {
    cluster = await startCluster(() => [garbagecollector(), namespace]);
    await cluster.advance(10);
  };
  const make = async (name: string, owner?: string, more: Record<string, unknown> = {}) => {
    const uid =
      owner && (owner === 'nobody' ? 'none' : (await cluster.client.get('configmaps', 'a', owner)).metadata.uid);
    const ownerReferences = uid && [
      { apiVersion: 'v1', kind: 'ConfigMap', name: owner!, uid, blockOwnerDeletion: true },
    ];
    await cluster.put('configmaps', {
      metadata: { name, namespace: 'a', ...(ownerReferences && { ownerReferences }), ...more },
    });
  };
  const names = async () => (await cluster.list('configmaps')).map(({ metadata }) => metadata.name);

  it('deletes what has lost its owner, to the last generation', async () => {
    await start();
    await make('a');
    await make('b', 'a');
    await make('c', 'b');
    await make('other');
    await cluster.client.delete('configmaps', 'a', 'a');
    await cluster.advance(10);
    expect(await names()).toEqual(['other']);
  });

  it('deletes what refers to an owner that never was', async () => {
    await start();
    await make('x', 'nobody');
    await cluster.advance(10);
    expect(await names()).toEqual([]);
  });

  it('finds a kind that has just come by what an object of it owns, however often that has changed', async () => {
    await start();
    const names = { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' };
    const schema = { openAPIV3Schema: { type: 'object' } };
    await cluster.put('customresourcedefinitions.apiextensions.k8s.io', {
      metadata: { name: 'widgets.example.com' },
      spec: {
        group: 'example.com',
        scope: 'Namespaced',
        names,
        versions: [{ name: 'v1', served: true, storage: true, schema }],
      },
    });
    await cluster.put('widgets.example.com', { metadata: { name: 'w', namespace: 'a' } });
    const { uid } = (await cluster.client.get('widgets.example.com', 'a', 'w')).metadata;
    const owned = (name: string, kind: string) =>
      cluster.put('configmaps', {
        metadata: {
          name,
          namespace: 'a',
          ownerReferences: [{ apiVersion: 'example.com/v1', kind, name: 'w', uid }],
        },
      });
    await owned('x', 'Widget');
    await owned('y', 'Gadget');
    for (let n = 0; n < 12; n++) {
      await cluster.client.patch('configmaps', 'a', 'x', { metadata: { labels: { n: String(n) } } });
      await cluster.advance(1);
    }
    await cluster.client.delete('widgets.example.com', 'a', 'w');
    await cluster.advance(1_000);
    // of what no kind is known nobody can say that it is gone
    expect((await cluster.list('configmaps')).map(({ metadata }) => metadata.name)).toEqual(['y']);
    await cluster.client.delete('customresourcedefinitions.apiextensions.k8s.io', '', 'widgets.example.com');
    await cluster.advance(10_000);
  });

  it.each(['owner first', 'dependent first'])('tells of an owner in another namespace: %s', async (order) => {
    await start();
    await cluster.put('namespaces', { metadata: { name: 'b' } });
    await cluster.put('configmaps', { metadata: { name: 'o', namespace: 'b', finalizers: ['example.com/hold'] } });
    const { uid } = (await cluster.client.get('configmaps', 'b', 'o')).metadata;
    const dependent = () =>
      cluster.put('clusterroles.rbac.authorization.k8s.io', {
        metadata: { name: 'r', ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'o', uid }] },
      });
    if (order === 'dependent first') {
      await cluster.die();
      await dependent();
      cluster.start();
    } else await dependent();
    await cluster.advance(10_000);
    expect((await cluster.events()).filter((line) => line.includes('OwnerRef'))).toEqual([
      `Warning OwnerRefInvalidNamespace ClusterRole ownerRef [v1/ConfigMap, namespace: , name: o, uid: ${uid}] does not exist in namespace ""`,
    ]);
    expect(await cluster.list('clusterroles.rbac.authorization.k8s.io')).toContainEqual(
      expect.objectContaining({ metadata: expect.objectContaining({ name: 'r' }) }),
    );
    await make('x');
    const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'o', uid }];
    await cluster.client.patch('configmaps', 'a', 'x', { metadata: { ownerReferences } });
    await cluster.advance(10);
    expect(await cluster.events()).toContain(
      `Warning OwnerRefInvalidNamespace ConfigMap ownerRef [v1/ConfigMap, namespace: a, name: o, uid: ${uid}] does not exist in namespace "a"`,
    );
    // it cannot be its owner
    expect(await cluster.list('configmaps', 'a')).toEqual([]);
  });

  it('deletes dependents before their owner in the foreground', async () => {
    await start();
    await make('a');
    await make('b', 'a', { finalizers: ['example.com/wait'] });
    await cluster.client.delete('configmaps', 'a', 'a', { propagationPolicy: 'Foreground' });
    await cluster.advance(10);
    expect(await names()).toEqual(['a', 'b']);
    await cluster.edit('configmaps', 'a', 'b', (object) => (object.metadata.finalizers = []));
    await cluster.advance(10);
    expect(await names()).toEqual([]);
  });

  it('leaves dependents as orphans when asked', async () => {
    await start();
    await make('a');
    await make('b', 'a');
    await cluster.client.delete('configmaps', 'a', 'a', { propagationPolicy: 'Orphan' });
    await cluster.advance(10);
    expect(await names()).toEqual(['b']);
    expect((await cluster.list('configmaps'))[0]!.metadata.ownerReferences).toBeUndefined();
  });

  it('keeps an object that has another owner left', async () => {
    await start();
    await make('a');
    await make('b');
    await make('c', 'a');
    const { uid } = (await cluster.client.get('configmaps', 'a', 'b')).metadata;
    await cluster.edit('configmaps', 'a', 'c', (object) =>
      object.metadata.ownerReferences!.push({ apiVersion: 'v1', kind: 'ConfigMap', name: 'b', uid }),
    );
    await cluster.client.delete('configmaps', 'a', 'a');
    await cluster.advance(10);
    expect(await names()).toEqual(['b', 'c']);
    expect((await cluster.list('configmaps'))[1]!.metadata.ownerReferences).toHaveLength(1);
  });

  it('empties a namespace that is deleted', async () => {
    await start();
    await make('x');
    await cluster.client.delete('namespaces', '', 'a');
    await cluster.advance(5000);
    expect((await cluster.list('namespaces')).map(({ metadata }) => metadata.name)).not.toContain('a');
    expect(await names()).toEqual([]);
    expect(cluster.logs).toEqual([]);
  });
});
