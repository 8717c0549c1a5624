import { afterEach, describe, expect, it } from 'vitest';
import { cronjob } from '../../src/reconcilers/cronjob.ts';
import { daemonset } from '../../src/reconcilers/daemonset.ts';
import { disruption } from '../../src/reconcilers/disruption.ts';
import { replicaset } from '../../src/reconcilers/replicaset.ts';
import { statefulset } from '../../src/reconcilers/statefulset.ts';
import { startCluster, type Cluster } from '../support/cluster.ts';
import type { Loose } from '../support/fake-api.ts';

const template = (image = 'x:1') => ({
  metadata: { labels: { app: 'a' } },
  spec: { containers: [{ name: 'c', image }] },
});
const selector = { matchLabels: { app: 'a' } };
let cluster: Cluster;
afterEach(() => cluster.stop());
const names = async () => (await cluster.list('pods')).map((pod) => pod.metadata.name).sort();
const settle = async () => {
  for (let i = 0; i < 12; i++) {
    await cluster.runPods();
    for (const pod of await cluster.list('pods')) {
      if (pod.metadata.deletionTimestamp)
        await cluster.client.delete('pods', 'a', pod.metadata.name, { gracePeriodSeconds: 0 });
    }
    await cluster.advance(20);
  }
};

describe('statefulset', () => {
  const start = async (spec: Record<string, unknown> = {}) => {
    cluster = await startCluster([statefulset]);
    await cluster.put('statefulsets.apps', {
      metadata: { name: 's', namespace: 'a' },
      spec: { replicas: 3, serviceName: 'svc', selector, template: template(), ...spec },
    });
    await cluster.advance(10);
  };
  it('starts one pod after the other', async () => {
    await start();
    expect(await names()).toEqual(['s-0']);
    await cluster.runPods();
    expect(await names()).toEqual(['s-0', 's-1']);
    await settle();
    expect(await names()).toEqual(['s-0', 's-1', 's-2']);
    expect((await cluster.list('statefulsets.apps'))[0]!['status']).toMatchObject({
      replicas: 3,
      readyReplicas: 3,
      currentReplicas: 3,
      updatedReplicas: 3,
      collisionCount: 0,
    });
    const [pod] = await cluster.list('pods');
    expect(pod!['spec']).toMatchObject({ hostname: 's-0', subdomain: 'svc' });
    expect(pod!.metadata.labels).toMatchObject({
      'statefulset.kubernetes.io/pod-name': 's-0',
      'apps.kubernetes.io/pod-index': '0',
    });
  });
  it('replaces old pods from the last to the first, down to the partition', async () => {
    await start({ updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 1 } } });
    await settle();
    await cluster.edit('statefulsets.apps', 'a', 's', (object) => (object['spec'].template = template('x:2')));
    await settle();
    expect(
      Object.fromEntries(
        (await cluster.list('pods')).map((pod) => [pod.metadata.name, pod['spec'].containers[0].image]),
      ),
    ).toEqual({ 's-0': 'x:1', 's-1': 'x:2', 's-2': 'x:2' });
    expect(cluster.logs).toEqual([]);
  });
  it.each(['Parallel', 'OrderedReady'])(
    'takes one pod down at a time in an update: %s',
    async (podManagementPolicy) => {
      await start({ replicas: 5, podManagementPolicy });
      await settle();
      await cluster.edit('statefulsets.apps', 'a', 's', (object) => (object['spec'].template = template('x:2')));
      const isUp = (pod: Loose): boolean => !pod.metadata.deletionTimestamp && pod['status'].phase === 'Running';
      const updated = async () =>
        (await cluster.list('pods')).filter((pod) => isUp(pod) && pod['spec'].containers[0].image === 'x:2');
      for (let n = 0; n < 30 && (await updated()).length < 5; n++) {
        // a pod that has gone, and one that has come and does not run yet, are both down
        await cluster.advance(20);
        expect((await cluster.list('pods')).filter(isUp).length).toBeGreaterThanOrEqual(4);
        await cluster.reapPods();
        expect((await cluster.list('pods')).filter(isUp).length).toBeGreaterThanOrEqual(4);
        await cluster.runPods();
      }
      expect(await updated()).toHaveLength(5);
    },
  );
  it('does not roll while pods that have ended, or are too many, make room', async () => {
    await start({ podManagementPolicy: 'Parallel' });
    await settle();
    await cluster.edit('pods', 'a', 's-0', (pod) => (pod['status'] = { phase: 'Failed' }), 'status');
    await cluster.edit('statefulsets.apps', 'a', 's', (object) =>
      Object.assign(object['spec'], { replicas: 2, template: template('x:2') }),
    );
    await cluster.advance(20);
    const left = (await cluster.list('pods')).filter(({ metadata }) => !metadata.deletionTimestamp);
    expect(left.map(({ metadata }) => metadata.name)).toContain('s-1');
  });
  it('makes a claim for each pod and keeps it when it is scaled away', async () => {
    const claim = {
      metadata: { name: 'data' },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    };
    await start({ volumeClaimTemplates: [claim], podManagementPolicy: 'Parallel' });
    await settle();
    await cluster.edit('statefulsets.apps', 'a', 's', (object) => (object['spec'].replicas = 1));
    await settle();
    expect(await names()).toEqual(['s-0']);
    expect((await cluster.list('persistentvolumeclaims')).map(({ metadata }) => metadata.name)).toEqual([
      'data-s-0',
      'data-s-1',
      'data-s-2',
    ]);
  });
});

describe('daemonset', () => {
  const start = async () => {
    cluster = await startCluster([daemonset()]);
    const spec = { taints: [{ key: 'k', effect: 'NoSchedule' }] };
    await cluster.addNodes('n1', 'n2', { metadata: { name: 'n3' }, spec });
    await cluster.put('daemonsets.apps', {
      metadata: { name: 'ds', namespace: 'a' },
      spec: {
        selector,
        template: template(),
        updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1 } },
      },
    });
    await cluster.advance(10);
  };
  it('runs one pod on each node that it tolerates', async () => {
    await start();
    const nodes = (await cluster.list('pods')).map(
      (pod) =>
        pod['spec'].affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0]
          .matchFields[0].values[0],
    );
    expect(nodes.sort()).toEqual(['n1', 'n2']);
    await settle();
    expect((await cluster.list('daemonsets.apps'))[0]!['status']).toMatchObject({
      desiredNumberScheduled: 2,
      currentNumberScheduled: 2,
      numberReady: 2,
      numberAvailable: 2,
      updatedNumberScheduled: 2,
    });
  });
  it('rolls a new template out', async () => {
    await start();
    await settle();
    await cluster.edit('daemonsets.apps', 'a', 'ds', (object) => (object['spec'].template = template('x:2')));
    await settle();
    expect((await cluster.list('pods')).map((pod) => pod['spec'].containers[0].image)).toEqual(['x:2', 'x:2']);
    expect((await cluster.list('controllerrevisions.apps')).map((revision) => revision['revision']).sort()).toEqual([
      1, 2,
    ]);
    expect(cluster.logs).toEqual([]);
  });
});

describe('cronjob', () => {
  it('makes a job at each time of its schedule, in its zone', async () => {
    cluster = await startCluster([cronjob]);
    await cluster.put('cronjobs.batch', {
      metadata: { name: 'c', namespace: 'a' },
      spec: {
        schedule: '30 9 * * *',
        timeZone: 'Europe/Berlin',
        jobTemplate: {
          spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'x' }] } } },
        },
        successfulJobsHistoryLimit: 1,
      },
    });
    await cluster.advance(2 * 86_400_000);
    const jobs = await cluster.list('jobs.batch');
    expect(
      jobs.map(({ metadata }) => metadata.annotations!['batch.kubernetes.io/cronjob-scheduled-timestamp']),
    ).toEqual(['2026-01-01T09:30:00+01:00', '2026-01-02T09:30:00+01:00']);
    expect((await cluster.list('cronjobs.batch'))[0]!['status']).toMatchObject({
      lastScheduleTime: '2026-01-02T08:30:00Z',
      active: [{}, {}],
    });
    expect(cluster.logs).toEqual([]);
  });

  it('misses no job that its cache has not heard of yet, and one that is gone', async () => {
    cluster = await startCluster([]);
    const job = await cluster.put('jobs.batch', {
      metadata: { name: 'c-1', namespace: 'a' },
      spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'x' }] } } },
    });
    const made = await cluster.put('cronjobs.batch', {
      metadata: { name: 'c', namespace: 'a' },
      spec: {
        suspend: true,
        schedule: '* * * * *',
        jobTemplate: {
          spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'x' }] } } },
        },
      },
    });
    const active = [
      { name: 'c-1', namespace: 'a', uid: job.metadata.uid },
      { name: 'c-0', namespace: 'a', uid: 'gone' },
    ];
    const told: string[] = [];
    const caches: Record<string, object> = {
      'cronjobs.batch': { get: () => ({ ...made, status: { active } }) },
      'jobs.batch': { index: () => [] },
    };
    await cronjob.reconcile('a/c', {
      client: cluster.client,
      clock: cluster.clock,
      informer: (resource: string) => caches[resource],
      events: { event: (_: object, __: string, reason: string, message: string) => told.push(`${reason} ${message}`) },
    } as never);
    expect(told).toEqual(['MissingJob Active job went missing: c-0']);
    expect((await cluster.list('cronjobs.batch'))[0]!['status'].active).toMatchObject([{ name: 'c-1' }]);
  });
});

describe('disruption', () => {
  it('counts how many pods may go', async () => {
    cluster = await startCluster([replicaset(), disruption]);
    await cluster.put('replicasets.apps', {
      metadata: { name: 'r', namespace: 'a' },
      spec: { replicas: 3, selector, template: template() },
    });
    await cluster.put('poddisruptionbudgets.policy', {
      metadata: { name: 'b', namespace: 'a' },
      spec: { maxUnavailable: '34%', selector },
    });
    await settle();
    expect((await cluster.list('poddisruptionbudgets.policy'))[0]!['status']).toMatchObject({
      disruptionsAllowed: 2,
      currentHealthy: 3,
      desiredHealthy: 1,
      expectedPods: 3,
      conditions: [{ type: 'DisruptionAllowed', status: 'True', reason: 'SufficientPods' }],
    });
  });

  it.each([
    [{ maxUnavailable: 1 }, { currentHealthy: 2, desiredHealthy: 0, expectedPods: 0 }, true],
    [{ maxUnavailable: '50%' }, { currentHealthy: 2, desiredHealthy: 0, expectedPods: 0 }, true],
    [{ minAvailable: '50%' }, { currentHealthy: 2, desiredHealthy: 0, expectedPods: 0 }, true],
    [{ minAvailable: 2 }, { currentHealthy: 2, desiredHealthy: 2, expectedPods: 2 }, false],
  ])('of pods without a controller allows nothing: %j', async (spec, counts, told) => {
    cluster = await startCluster([disruption]);
    for (const name of ['p', 'q'])
      await cluster.put('pods', { metadata: { name, namespace: 'a', labels: { app: 'a' } }, spec: template().spec });
    await cluster.put('poddisruptionbudgets.policy', {
      metadata: { name: 'b', namespace: 'a' },
      spec: { ...spec, selector },
    });
    await settle();
    expect((await cluster.list('poddisruptionbudgets.policy'))[0]!['status']).toMatchObject({
      disruptionsAllowed: 0,
      ...counts,
      conditions: [{ type: 'DisruptionAllowed', status: 'False', reason: 'InsufficientPods', message: '' }],
    });
    const unmanaged = (await cluster.events()).filter((line) => line.startsWith('Warning UnmanagedPods'));
    expect(unmanaged.length > 0).toBe(told);
    if (told)
      expect(unmanaged[0]).toContain(
        '(selector: &LabelSelector{MatchLabels:map[string]string{app: a,},MatchExpressions:[]LabelSelectorRequirement{},})',
      );
  });
});
