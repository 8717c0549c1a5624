import { afterEach, describe, expect, it } from 'vitest';
import { disruption } from '../../src/reconcilers/disruption.ts';
import { nodelifecycle } from '../../src/reconcilers/nodelifecycle.ts';
import { resourcequota } from '../../src/reconcilers/resourcequota.ts';
import { tainteviction } from '../../src/reconcilers/tainteviction.ts';
import { persistentvolume } from '../../src/reconcilers/persistentvolume.ts';
import { pvcprotection } from '../../src/reconcilers/volumeprotection.ts';
import { startCluster, type Cluster } from '../support/cluster.ts';

let cluster: Cluster;
afterEach(() => cluster.stop());

describe('a node that falls silent', () => {
  it('becomes unknown and loses its pods after they have tolerated that', async () => {
    cluster = await startCluster([nodelifecycle(), tainteviction()]);
    await cluster.put('nodes', {
      metadata: { name: 'n1' },
      spec: {},
      status: { conditions: [{ type: 'Ready', status: 'True', lastHeartbeatTime: '2026-01-01T00:00:00Z' }] },
    });
    const tolerations = [
      { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
    ];
    await cluster.put('pods', {
      metadata: { name: 'p', namespace: 'a' },
      spec: { nodeName: 'n1', tolerations, containers: [{ name: 'c', image: 'x' }] },
    });
    await cluster.runPods();
    await cluster.advance(60_000);
    const [node] = await cluster.list('nodes');
    expect(node!['status'].conditions[0]).toMatchObject({
      type: 'Ready',
      status: 'Unknown',
      reason: 'NodeStatusUnknown',
      message: 'Kubelet stopped posting node status.',
    });
    expect(node!['spec'].taints).toMatchObject([
      { key: 'node.kubernetes.io/unreachable', effect: 'NoSchedule' },
      { key: 'node.kubernetes.io/unreachable', effect: 'NoExecute' },
    ]);
    expect((await cluster.list('pods'))[0]!['status'].conditions).toContainEqual(
      expect.objectContaining({ type: 'Ready', status: 'False' }),
    );
    expect((await cluster.list('pods'))[0]!.metadata.deletionTimestamp).toBeUndefined();
    await cluster.advance(310_000);
    expect((await cluster.list('pods'))[0]!.metadata.deletionTimestamp).toBeDefined();
    expect(cluster.logs).toEqual([]);
  });
});

describe('a node that is lost', () => {
  it('keeps pods that say nothing for five minutes, and those of a node that comes back in time', async () => {
    cluster = await startCluster(() => [nodelifecycle(), tainteviction()]);
    await cluster.addNodes('lost', 'back');
    for (const nodeName of ['lost', 'back'])
      await cluster.put('pods', {
        metadata: { name: `on-${nodeName}`, namespace: 'a' },
        spec: { nodeName, containers: [{ name: 'c', image: 'x' }] },
      });
    const marked = async (): Promise<string[]> =>
      (await cluster.list('pods'))
        .filter(({ metadata }) => metadata.deletionTimestamp)
        .map(({ metadata }) => metadata.name);
    await cluster.runPods();
    await cluster.advance(60_000);
    await cluster.advance(240_000);
    expect(await marked()).toEqual([]);
    const lastHeartbeatTime = '2026-01-01T00:05:00Z';
    await cluster.client.patch(
      'nodes',
      '',
      'back',
      { status: { conditions: [{ type: 'Ready', status: 'True', lastHeartbeatTime }] } },
      { type: 'strategic', subresource: 'status' },
    );
    await cluster.advance(70_000);
    expect(await marked()).toEqual(['on-lost']);
    expect(cluster.logs).toEqual([]);
  });
});

describe('a budget', () => {
  it('takes an eviction that came to nothing for failed after two minutes', async () => {
    cluster = await startCluster(() => [disruption]);
    const labels = { app: 'x' };
    for (const name of ['p', 'q'])
      await cluster.put('pods', {
        metadata: { name, namespace: 'a', labels },
        spec: { nodeName: 'n1', containers: [{ name: 'c', image: 'x' }] },
      });
    await cluster.runPods();
    await cluster.put('poddisruptionbudgets.policy', {
      metadata: { name: 'b', namespace: 'a' },
      spec: { minAvailable: 1, selector: { matchLabels: labels } },
    });
    await cluster.advance(10);
    const status = async () => (await cluster.list('poddisruptionbudgets.policy'))[0]!['status'];
    expect(await status()).toMatchObject({ disruptionsAllowed: 1, currentHealthy: 2 });
    // as an eviction leaves it whose delete was refused
    const evicted = { disruptionsAllowed: 0, disruptedPods: { p: '2026-01-01T00:00:00Z' } };
    await cluster.client.patch('poddisruptionbudgets.policy', 'a', 'b', { status: evicted }, { subresource: 'status' });
    await cluster.advance(100_000);
    expect(await status()).toMatchObject({ disruptionsAllowed: 0, currentHealthy: 1 });
    await cluster.advance(30_000);
    expect(await status()).toMatchObject({ disruptionsAllowed: 1, currentHealthy: 2 });
    expect((await status()).disruptedPods).toBeUndefined();
  });
});

describe('a quota', () => {
  it('says what its namespace uses', async () => {
    cluster = await startCluster([resourcequota]);
    await cluster.put('resourcequotas', {
      metadata: { name: 'q', namespace: 'a' },
      spec: { hard: { pods: '5', 'requests.cpu': '2', 'count/configmaps': '3' } },
    });
    for (const name of ['p', 'q'])
      await cluster.put('pods', {
        metadata: { name, namespace: 'a' },
        spec: { containers: [{ name: 'c', image: 'x', resources: { requests: { cpu: '150m' } } }] },
      });
    await cluster.put('configmaps', { metadata: { name: 'c', namespace: 'a' } });
    await cluster.advance(10);
    expect((await cluster.list('resourcequotas'))[0]!['status'].used).toEqual({
      pods: '2',
      'requests.cpu': '300m',
      'count/configmaps': '1',
    });
  });
});

describe('a claim', () => {
  it('gets the smallest volume that is large enough', async () => {
    cluster = await startCluster([persistentvolume, pvcprotection]);
    for (const storage of ['5Gi', '2Gi', '1Gi']) {
      await cluster.put('persistentvolumes', {
        metadata: { name: `v${storage.toLowerCase()}` },
        spec: {
          storageClassName: '',
          hostPath: { path: '/tmp' },
          capacity: { storage },
          accessModes: ['ReadWriteOnce'],
        },
      });
    }
    // a claim is bound to what the controller has seen
    await cluster.advance(10);
    await cluster.put('persistentvolumeclaims', {
      metadata: { name: 'c', namespace: 'a' },
      spec: { storageClassName: '', accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '2Gi' } } },
    });
    await cluster.advance(100);
    expect((await cluster.list('persistentvolumeclaims'))[0]).toMatchObject({
      spec: { volumeName: 'v2gi' },
      status: { phase: 'Bound', capacity: { storage: '2Gi' } },
    });
    await cluster.client.delete('persistentvolumeclaims', 'a', 'c');
    await cluster.advance(100);
    expect(
      Object.fromEntries(
        (await cluster.list('persistentvolumes')).map((volume) => [volume.metadata.name, volume['status'].phase]),
      ),
    ).toEqual({ v1gi: 'Available', v2gi: 'Released', v5gi: 'Available' });
  });
});
