import { describe, expect, it } from 'vitest';
import type { Cluster } from '../support/cluster.ts';
import { play, sweep, type Fault, type Scenario } from '../support/scenario.ts';

/** ms in which a pod that failed is tried again, however often it has failed */
const BACKOFF = 11_000;
const pod = (name: string, cpu: string, more: object = {}) => ({
  metadata: { name, namespace: 'a' },
  spec: { containers: [{ name: 'c', image: 'x', resources: { requests: { cpu } } }], ...more },
});
const node = (name: string, cpu: string, zone: string) => ({
  metadata: { name, labels: { zone } },
  status: { allocatable: { cpu, memory: '8Gi', pods: '110' } },
});
const volume = {
  metadata: { name: 'v1' },
  spec: {
    capacity: { storage: '5Gi' },
    accessModes: ['ReadWriteOnce'],
    storageClassName: 'local',
    hostPath: { path: '/data' },
    nodeAffinity: {
      required: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'zone', operator: 'In', values: ['z2'] }] }] },
    },
  },
  status: { phase: 'Available' },
};
const claim = {
  metadata: { name: 'data', namespace: 'a' },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, storageClassName: 'local' },
};
const settle = (cluster: Cluster): Promise<void> => cluster.advance(BACKOFF);

/** What the controller of volumes does when the scheduler has chosen a volume for a claim. */
async function bindClaims(cluster: Cluster): Promise<void> {
  for (const { metadata, spec } of await cluster.list('persistentvolumes')) {
    if (!spec.claimRef) continue;
    await cluster.edit('persistentvolumeclaims', spec.claimRef.namespace, spec.claimRef.name, (object) => {
      object.spec.volumeName = metadata.name;
      object.metadata.annotations = { 'pv.kubernetes.io/bind-completed': 'yes' };
    });
  }
}

/** Pods come, one has to go for a more important one, one waits for a volume, one for its gate, and one for ever. */
const story: Scenario = {
  scheduler: true,
  controllers: () => [],
  given: [
    { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name: 'high' }, value: 10 },
    {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'StorageClass',
      metadata: { name: 'local' },
      provisioner: 'kubernetes.io/no-provisioner',
      volumeBindingMode: 'WaitForFirstConsumer',
    },
  ],
  acts: [
    (cluster) => cluster.addNodes(node('n1', '2', 'z1'), node('n2', '3', 'z2')),
    (cluster) => cluster.put('pods', pod('low', '2', { nodeSelector: { zone: 'z1' } })),
    (cluster) => cluster.put('pods', pod('never', '9')),
    settle,
    (cluster) => cluster.put('pods', pod('high', '2', { priorityClassName: 'high', nodeSelector: { zone: 'z1' } })),
    settle,
    (cluster) => cluster.reapPods(),
    settle,
    async (cluster) => {
      await cluster.put('persistentvolumes', volume);
      await cluster.put('persistentvolumeclaims', claim);
    },
    settle,
    async (cluster) => {
      const volumes = [{ name: 'd', persistentVolumeClaim: { claimName: 'data' } }];
      await cluster.put('pods', pod('stored', '1', { volumes }));
    },
    settle,
    bindClaims,
    settle,
    (cluster) => cluster.put('pods', pod('gated', '1', { schedulingGates: [{ name: 'example.com/g' }] })),
    settle,
    (cluster) => cluster.edit('pods', 'a', 'gated', (object) => delete object.spec.schedulingGates),
    settle,
  ],
  async end(cluster) {
    const pods = await cluster.list('pods');
    expect(Object.fromEntries(pods.map(({ metadata, spec }) => [metadata.name, spec.nodeName]))).toEqual({
      high: 'n1',
      stored: 'n2',
      gated: 'n2',
      never: undefined,
    });
    const conditions = (name: string) =>
      pods.find(({ metadata }) => metadata.name === name)!.status.conditions.map((one: object) => ({ ...one }));
    expect(conditions('never')).toEqual([
      {
        type: 'PodScheduled',
        status: 'False',
        reason: 'Unschedulable',
        message: expect.stringMatching(
          /^0\/2 nodes are available: 2 Insufficient cpu\. no new claims to deallocate, preemption: 0\/2 nodes are available: 2 Preemption is not helpful for scheduling\.$/,
        ),
        lastProbeTime: null,
        lastTransitionTime: expect.any(String),
        observedGeneration: 1,
      },
    ]);
    expect(conditions('high')).toMatchObject([{ type: 'PodScheduled', status: 'True' }]);
    const [found] = await cluster.list('persistentvolumes');
    expect(found!.spec.claimRef).toMatchObject({ namespace: 'a', name: 'data' });
  },
};

describe('scheduler', () => {
  it('tells the story with the writes and the events that kube-scheduler has for it', async () => {
    const { cluster, writes } = await play(story);
    await story.end(cluster);
    expect(writes).toEqual([
      'create pods/binding a/low',
      'patch pods/status a/never',
      'patch pods/status a/high',
      'patch pods/status a/low',
      'delete pods a/low',
      'create pods/binding a/high',
      'patch persistentvolumes /v1',
      'create pods/binding a/stored',
      'create pods/binding a/gated',
    ]);
    const events = (await cluster.events()).map((line) => line.replace(/[0-9a-f-]{36}/, '«uid»'));
    expect(events.filter((line) => !line.includes('FailedScheduling')).sort()).toEqual([
      'Normal Preempted Pod Preempted by pod «uid» on node n1',
      'Normal Scheduled Pod Successfully assigned a/gated to n2',
      'Normal Scheduled Pod Successfully assigned a/high to n1',
      'Normal Scheduled Pod Successfully assigned a/low to n1',
      'Normal Scheduled Pod Successfully assigned a/stored to n2',
    ]);
    expect(cluster.logs).toEqual([]);
    await cluster.stop();
  });

  it.each<Fault>(['crash', 'refused', 'unanswered'])(
    'comes to the same end whichever of its writes meets this: %s',
    async (fault) => {
      expect(await sweep(story, fault)).toEqual([]);
    },
  );
});
