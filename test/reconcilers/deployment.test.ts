import { afterEach, describe, expect, it } from 'vitest';
import { deployment } from '../../src/reconcilers/deployment.ts';
import { replicaset } from '../../src/reconcilers/replicaset.ts';
import { REVISION } from '../../src/rules/deployment-marks.ts';
import { startCluster, type Cluster } from '../support/cluster.ts';

const make = (spec: Record<string, unknown> = {}, image = 'x:1') => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'd', namespace: 'a' },
  spec: {
    replicas: 3,
    selector: { matchLabels: { app: 'a' } },
    template: { metadata: { labels: { app: 'a' } }, spec: { containers: [{ name: 'c', image }] } },
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
    revisionHistoryLimit: 10,
    progressDeadlineSeconds: 600,
    ...spec,
  },
});

describe('deployment', () => {
  let cluster: Cluster;
  afterEach(() => cluster.stop());
  const start = async (spec?: Record<string, unknown>) => {
    cluster = await startCluster([deployment, replicaset()]);
    await cluster.put('deployments.apps', make(spec));
    await cluster.advance();
  };
  const settle = async () => {
    for (let i = 0; i < 10; i++) {
      await cluster.runPods();
      await cluster.advance(20);
    }
  };
  const get = async () => (await cluster.list('deployments.apps'))[0]!;

  it('makes a ReplicaSet of revision 1 and tells that it is complete', async () => {
    await start();
    await settle();
    const object = await get();
    expect(object.metadata.annotations).toEqual({ 'deployment.kubernetes.io/revision': '1' });
    expect(object['status']).toMatchObject({ replicas: 3, updatedReplicas: 3, readyReplicas: 3, availableReplicas: 3 });
    expect(
      object['status'].conditions.map(({ type, status, reason }: Record<string, string>) => [type, status, reason]),
    ).toEqual([
      ['Available', 'True', 'MinimumReplicasAvailable'],
      ['Progressing', 'True', 'NewReplicaSetAvailable'],
    ]);
    const [set] = await cluster.list('replicasets.apps');
    expect(set!.metadata.annotations).toMatchObject({
      'deployment.kubernetes.io/desired-replicas': '3',
      'deployment.kubernetes.io/max-replicas': '4',
    });
    expect(await cluster.events()).toContain(
      `Normal ScalingReplicaSet Deployment Scaled up replica set ${set!.metadata.name} from 0 to 3`,
    );
  });

  it('leaves the generation to those who change what is wanted', async () => {
    await start();
    await settle();
    expect((await get()).metadata.generation).toBe(1);
    await cluster.edit(
      'deployments.apps',
      'a',
      'd',
      (object) => (object['spec'].template = make({}, 'x:2').spec.template),
    );
    await settle();
    expect((await get()).metadata.generation).toBe(2);
    expect((await get())['status'].observedGeneration).toBe(2);
  });

  it.each([
    ['9223372036854775000', '9223372036854775001'],
    ['9007199254740993', '9007199254740994'],
    // the set of the current template is given its number again
    ['-3', '2'],
    // no int64: not counted
    ['x', '1'],
    ['9223372036854775808', '1'],
  ])('counts on from revision %s to %s', async (before, after) => {
    await start();
    await settle();
    const [old] = await cluster.list('replicasets.apps');
    const annotations = { [REVISION]: before };
    await cluster.client.patch('replicasets.apps', 'a', old!.metadata.name, { metadata: { annotations } });
    await cluster.edit(
      'deployments.apps',
      'a',
      'd',
      (object) => (object['spec'].template = make({}, 'x:2').spec.template),
    );
    await settle();
    expect((await get()).metadata.annotations![REVISION]).toBe(after);
  });

  it('keeps the revisions that a set has had, digit by digit', async () => {
    await start();
    await settle();
    const [old] = await cluster.list('replicasets.apps');
    const annotations = { [REVISION]: '9223372036854775000' };
    await cluster.client.patch('replicasets.apps', 'a', old!.metadata.name, { metadata: { annotations } });
    for (const image of ['x:2', 'x:1']) {
      await cluster.edit(
        'deployments.apps',
        'a',
        'd',
        (object) => (object['spec'].template = make({}, image).spec.template),
      );
      await settle();
    }
    const again = await cluster.client.get('replicasets.apps', 'a', old!.metadata.name);
    expect(again.metadata.annotations).toMatchObject({
      [REVISION]: '9223372036854775002',
      'deployment.kubernetes.io/revision-history': '9223372036854775000',
    });
  });

  it('rolls a new template out one pod at a time and keeps the old set', async () => {
    await start();
    await settle();
    await cluster.edit(
      'deployments.apps',
      'a',
      'd',
      (object) => (object['spec'].template.spec.containers[0].image = 'x:2'),
    );
    await settle();
    const sets = (await cluster.list('replicasets.apps')).map((set) => [
      set['spec'].template.spec.containers[0].image,
      set['spec'].replicas,
      set['status'].replicas,
    ]);
    expect(sets.sort()).toEqual([
      ['x:1', 0, 0],
      ['x:2', 3, 3],
    ]);
    expect((await get()).metadata.annotations!['deployment.kubernetes.io/revision']).toBe('2');
    const scaled = (await cluster.events())
      .filter((event) => event.includes('ScalingReplicaSet'))
      .map((event) => event.replace(/^.*Scaled (\w+).* from/, '$1'));
    expect(scaled).toEqual([
      'up 0 to 3',
      'up 0 to 1',
      'down 3 to 2',
      'up 1 to 2',
      'down 2 to 1',
      'up 2 to 3',
      'down 1 to 0',
    ]);
  });

  it('gives an old template a new revision when it is rolled back to', async () => {
    await start();
    await settle();
    for (const image of ['x:2', 'x:1']) {
      await cluster.edit(
        'deployments.apps',
        'a',
        'd',
        (object) => (object['spec'].template.spec.containers[0].image = image),
      );
      await settle();
    }
    const sets = await cluster.list('replicasets.apps');
    const set = sets.find((one) => one['spec'].template.spec.containers[0].image === 'x:1');
    expect(set!['spec'].replicas).toBe(3);
    expect(set!.metadata.annotations).toMatchObject({
      'deployment.kubernetes.io/revision': '3',
      'deployment.kubernetes.io/revision-history': '1',
    });
  });

  it('stops all old pods before it starts new ones when told to recreate', async () => {
    await start({ strategy: { type: 'Recreate' } });
    await settle();
    await cluster.edit(
      'deployments.apps',
      'a',
      'd',
      (object) => (object['spec'].template.spec.containers[0].image = 'x:2'),
    );
    await settle();
    const scaled = (await cluster.events())
      .filter((event) => event.includes('ScalingReplicaSet'))
      .map((event) => event.replace(/^.*Scaled (\w+).* from/, '$1'));
    expect(scaled).toEqual(['up 0 to 3', 'down 3 to 0', 'up 0 to 3']);
  });

  it('tells when a rollout does not get on', async () => {
    await start({ progressDeadlineSeconds: 2 });
    await cluster.advance(6000);
    const condition = (await get())['status'].conditions.find(({ type }: { type: string }) => type === 'Progressing');
    expect(condition).toMatchObject({ status: 'False', reason: 'ProgressDeadlineExceeded' });
  });

  it('scales in proportion in the middle of a rollout', async () => {
    await start({
      replicas: 10,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 3, maxUnavailable: 2 } },
    });
    await settle();
    await cluster.edit(
      'deployments.apps',
      'a',
      'd',
      (object) => (object['spec'].template.spec.containers[0].image = 'x:2'),
    );
    await cluster.advance();
    await cluster.edit('deployments.apps', 'a', 'd', (object) => (object['spec'].replicas = 20));
    await cluster.advance(50);
    expect(
      (await cluster.list('replicasets.apps'))
        .map((set) => set['spec'].replicas)
        .reduce((a: number, b: number) => a + b),
    ).toBe(23);
  });

  it('forgets sets beyond the history limit, the oldest revisions first', async () => {
    await start({ revisionHistoryLimit: 1 });
    await settle();
    for (const image of ['x:2', 'x:3', 'x:4']) {
      await cluster.edit(
        'deployments.apps',
        'a',
        'd',
        (object) => (object['spec'].template.spec.containers[0].image = image),
      );
      await settle();
    }
    expect(
      (await cluster.list('replicasets.apps')).map((set) => set['spec'].template.spec.containers[0].image).sort(),
    ).toEqual(['x:3', 'x:4']);
  });

  it('does nothing while paused but says so', async () => {
    await start({ paused: true });
    await cluster.advance(50);
    expect(await cluster.list('replicasets.apps')).toEqual([]);
    expect((await get())['status'].conditions.map(({ reason }: { reason: string }) => reason)).toEqual([
      'DeploymentPaused',
      'MinimumReplicasUnavailable',
    ]);
  });

  it('comes to rest: nothing is written when nothing changes', async () => {
    await start();
    await settle();
    const before = cluster.transport.writes.length;
    await cluster.advance(60_000);
    expect(cluster.transport.writes.slice(before)).toEqual([]);
    expect(cluster.logs).toEqual([]);
  });
});
