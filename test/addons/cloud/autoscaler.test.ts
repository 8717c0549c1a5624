import { afterEach, describe, expect, test } from 'vitest';
import { autoscaler } from '../../../src/addons/cloud/autoscaler/autoscaler.ts';
import { LocalNodeGroups } from '../../../src/addons/cloud/local/local-node-groups.ts';
import {
  AUTOSCALER_DEFAULTS,
  type AutoscalerSettings,
  type NodeGroupSpec,
} from '../../../src/addons/cloud/node-group-settings.ts';
import { createInformers } from '../../../src/client/informers.ts';
import { SupposedCluster } from '../../../src/scheduler/supposed-cluster.ts';
import type { Cluster } from '../../support/cluster.ts';
import type { Manifest } from '../../support/fake-api.ts';
import { said, startCloud } from './support.ts';

const UNINITIALIZED = 'node.cloudprovider.kubernetes.io/uninitialized';
const MINUTE = 60_000;
const SMALL: NodeGroupSpec = {
  name: 'small',
  min: 0,
  max: 3,
  runtime: 'simulated',
  cpu: '2',
  memory: '4Gi',
  pods: '10',
  zone: 'z1',
  labels: {},
  taints: [],
};

describe('node groups', () => {
  let cluster: Cluster;
  let groups: LocalNodeGroups;
  let fails: string | undefined;
  afterEach(async () => {
    await cluster.stop();
  });

  /** A cluster whose nodes are ready as soon as they are started. */
  async function start(specs: Partial<NodeGroupSpec>[], settings: Partial<AutoscalerSettings> = {}): Promise<void> {
    fails = undefined;
    let serial = 0;
    // The autoscaler has its loops' caches; the cloud reads with its own, as the administrator of this test.
    cluster = await startCloud(
      autoscaler(
        { ready: () => groups.ready(), all: () => groups.all(), groupOf: (node) => groups.groupOf(node) },
        (informer, nodes, pods) => new SupposedCluster(informer, nodes, pods),
        { ...AUTOSCALER_DEFAULTS, ...settings },
      ),
    );
    const informers = createInformers(cluster.client, cluster.clock);
    groups = new LocalNodeGroups({
      groups: specs.map((spec) => ({ ...SMALL, ...spec })),
      nodes: informers.informer('nodes'),
      client: cluster.client,
      random: () => (serial++ % 26) / 27,
      log: () => undefined,
      async startNode({ name, labels: own, taints, capacity, zone }) {
        if (fails) throw new Error(fails);
        const labels = { ...own, 'topology.kubernetes.io/zone': zone };
        const marks = taints.filter(({ key }) => key !== UNINITIALIZED);
        await cluster.addNodes({
          metadata: { name, labels },
          spec: { taints: marks },
          status: { allocatable: capacity },
        });
        return { stop: () => Promise.resolve() };
      },
    });
    informers.start();
    await cluster.advance(11_000);
  }
  const nodes = async (): Promise<string[]> =>
    (await cluster.list('nodes')).map(({ metadata }) => metadata.name.replace(/-.*/, '')).sort();
  const pod = (name: string, cpu: string, spec: object = {}, metadata: object = {}): Manifest => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'a', ...metadata },
    spec: { containers: [{ name: 'c', image: 'x', resources: { requests: { cpu } } }], ...spec },
    status: { conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable' }] },
  });
  const labels = { app: 'x' };
  const owned = {
    labels,

    ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'r', uid: 'u', controller: true }],
  };
  /** Runs on a node, as if it had been bound. */
  const bound = (name: string, node: string, cpu: string, metadata: object = owned): Manifest => {
    const status = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] };
    return { ...pod(name, cpu, { nodeName: node }, metadata), status };
  };
  const waits = async (...pods: Manifest[]): Promise<void> => {
    await cluster.give(...pods);
    await cluster.advance(1000);
  };
  const firstNode = async (): Promise<string> => (await cluster.list('nodes'))[0]!.metadata.name;
  const status = async (): Promise<string> =>
    (await cluster.client.get('configmaps', 'kube-system', 'cluster-autoscaler-status')).data?.['status'] ?? '';

  test('grow by what does not fit, as many nodes as it takes', async () => {
    await start([{}]);
    await waits(pod('p1', '1500m'), pod('p2', '1500m'), pod('p3', '400m'));
    expect(await nodes()).toEqual(['small', 'small']);
    const events = await said(cluster);
    expect(events).toContain('Normal TriggeredScaleUp Pod pod triggered scale-up: [{small 0->2 (max: 3)}]');
    expect(events).toContain(
      'Normal ScaledUpGroup ConfigMap Scale-up: group small size set to 2 instead of 0 (max: 3)',
    );
    await cluster.advance(MINUTE);
    expect(await nodes()).toHaveLength(2);
  });

  test('grow to their smallest size without being asked, and not beyond the largest', async () => {
    await start([{ min: 1, max: 2 }]);
    expect(await nodes()).toEqual(['small']);
    await waits(...[1, 2, 3, 4].map((n) => pod(`p${n}`, '1500m')));
    await cluster.advance(MINUTE);
    expect(await nodes()).toEqual(['small', 'small']);
    expect(await said(cluster)).toContain(
      "Normal NotTriggerScaleUp Pod pod didn't trigger scale-up: 1 max node group size reached",
    );
  });

  test.each<[string, Partial<NodeGroupSpec>[], object, string[]]>([
    ['the group that is wasted least', [{ name: 'big', cpu: '16', memory: '64Gi' }, {}], {}, ['small']],
    [
      'a group that a selector names',
      [{}, { name: 'gpu', labels: { gpu: 'yes' } }],
      { nodeSelector: { gpu: 'yes' } },
      ['gpu'],
    ],
    ['no group whose taint is not tolerated', [{ taints: [{ key: 'own', effect: 'NoSchedule' }] }], {}, []],
    [
      'a group whose taint is tolerated',
      [{ taints: [{ key: 'own', effect: 'NoSchedule' }] }],
      { tolerations: [{ key: 'own', operator: 'Exists' }] },
      ['small'],
    ],
    [
      'the zone that is asked for',
      [{}, { name: 'other', zone: 'z2' }],
      { nodeSelector: { 'topology.kubernetes.io/zone': 'z2' } },
      ['other'],
    ],
    ['none for a pod that fits nowhere', [{ cpu: '1' }], {}, []],
    ['none for an expendable pod', [{}], { priority: -11, priorityClassName: 'low' }, []],
  ])('grow: %s', async (_, specs, spec, expected) => {
    await start(specs);
    const low = { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name: 'low' }, value: -11 };
    await cluster.give(low as Manifest);
    await waits(pod('p', '1500m', spec));
    expect(await nodes()).toEqual(expected);
  });

  test('grow for pods that must not be together', async () => {
    await start([{}]);
    const spec = {
      affinity: {
        podAntiAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: [
            { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app: 'x' } } },
          ],
        },
      },
    };
    await waits(...[1, 2, 3].map((n) => pod(`p${n}`, '10m', spec, { labels: { app: 'x' } })));
    expect(await nodes()).toHaveLength(3);
  });

  test('count what daemons take of each new node', async () => {
    await start([{}]);
    const template = {
      metadata: { labels: { d: 'd' } },
      spec: { containers: [{ name: 'c', image: 'x', resources: { requests: { cpu: '600m' } } }] },
    };
    await cluster.give({
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      metadata: { name: 'd', namespace: 'a' },
      spec: { selector: { matchLabels: { d: 'd' } }, template },
    });
    await waits(pod('p1', '1'), pod('p2', '1'));
    expect(await nodes()).toHaveLength(2);
    await waits(pod('p3', '1500m'));
    expect(await nodes()).toHaveLength(2);
  });

  test('that cannot grow say so, and are left alone for five minutes', async () => {
    await start([{}]);
    fails = 'no machine is left';
    await waits(pod('p', '1'));
    expect(await nodes()).toEqual([]);
    expect(await said(cluster)).toContain(
      'Warning FailedToScaleUpGroup ConfigMap Scale-up failed for group small: no machine is left',
    );
    expect(await status()).toContain('status: Backoff');
    fails = undefined;
    await cluster.advance(4 * MINUTE);
    expect(await nodes()).toEqual([]);
    await cluster.advance(2 * MINUTE);
    expect(await nodes()).toEqual(['small']);
  });

  test('shrink when a node has been idle for ten minutes, and that long after one has come', async () => {
    await start([{ min: 1 }]);
    await waits(pod('p', '1500m'), pod('q', '1500m'), pod('r', '1500m'));
    expect(await nodes()).toHaveLength(3);
    for (const name of ['p', 'q', 'r']) await cluster.client.delete('pods', 'a', name, { gracePeriodSeconds: 0 });
    await cluster.advance(9 * MINUTE);
    expect(await nodes()).toHaveLength(3);
    expect(await status()).toContain('candidates: 2');
    await cluster.advance(2 * MINUTE);
    expect(await nodes()).toEqual(['small']);
    const events = await said(cluster);
    expect(events.filter((event) => event.startsWith('Normal ScaleDownEmpty ConfigMap'))).toHaveLength(2);
    expect(events).toContain('Normal ScaleDown Node marked the node as toBeDeleted/unschedulable');
    expect(events).toContain('Normal ScaleDown Node node removed by cluster autoscaler');
  });

  const QUICK = { scaleDownUnneededTime: 0, scaleDownDelayAfterAdd: 0 };
  const annotated = (key: string, value: string) => ({
    ...owned,
    annotations: { [`cluster-autoscaler.kubernetes.io/${key}`]: value },
  });
  test.each<[string, object, string | undefined, boolean]>([
    ['a pod of a controller', owned, undefined, true],
    ['a pod of nobody', { labels }, undefined, false],
    ['a pod of nobody that may go', { annotations: annotated('safe-to-evict', 'true').annotations }, undefined, true],
    ['a pod that may not go', annotated('safe-to-evict', 'false'), undefined, false],
    ['a budget that is used up', owned, 'minAvailable', false],
    ['a pod of a controller that needs more than others have', owned, 'big', false],
  ])('shrink, with %s on the node', async (_, metadata, what, goes) => {
    await start([{ name: 'own', min: 0, max: 1, cpu: '8' }], { ...QUICK, scaleDownEnabled: true });
    await cluster.addNodes({
      metadata: { name: 'other' },
      status: { allocatable: { cpu: '1', memory: '1Gi', pods: '10' } },
    });
    await groups.all()[0]!.increase(1);
    const node = (await cluster.list('nodes')).find(({ metadata: { name } }) => name !== 'other')!.metadata.name;
    if (what === 'minAvailable')
      await cluster.give({
        apiVersion: 'policy/v1',
        kind: 'PodDisruptionBudget',
        metadata: { name: 'b', namespace: 'a' },
        spec: { minAvailable: 1, selector: { matchLabels: labels } },
        status: { disruptionsAllowed: 0, currentHealthy: 1, desiredHealthy: 1, expectedPods: 1 },
      });
    await cluster.give(bound('p', node, what === 'big' ? '2' : '500m', metadata));
    for (let n = 0; n < 8; n++) {
      await cluster.advance(10_000);
      await cluster.reapPods();
    }
    expect(await nodes()).toEqual(goes ? ['other'] : ['other', 'own']);
    if (goes) expect(await said(cluster)).toContain('Normal ScaleDown Pod deleting pod for node scale down');
  });

  test('shrink, but for a node that says that it stays', async () => {
    await start([{ min: 0 }], QUICK);
    await groups.all()[0]!.increase(1);
    const name = await firstNode();
    const annotations = { 'cluster-autoscaler.kubernetes.io/scale-down-disabled': 'true' };
    await cluster.client.patch('nodes', '', name, { metadata: { annotations } });
    await cluster.advance(MINUTE);
    expect(await nodes()).toHaveLength(1);
    await cluster.client.patch('nodes', '', name, { metadata: { annotations: null } });
    await cluster.advance(MINUTE);
    expect(await nodes()).toEqual([]);
  });

  test('give up a node whose pods cannot be evicted in two minutes, and do not try for three', async () => {
    await start([{ min: 0 }], QUICK);
    await cluster.addNodes('other');
    await groups.all()[0]!.increase(1);
    const node = (await cluster.list('nodes')).find(({ metadata: { name } }) => name !== 'other')!.metadata.name;
    const budget = (disruptionsAllowed: number) => ({
      disruptionsAllowed,
      currentHealthy: 1,
      desiredHealthy: 1,
      expectedPods: 1,
    });
    await cluster.give(bound('p', node, '500m'), {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name: 'b', namespace: 'a' },
      spec: { minAvailable: 1, selector: { matchLabels: labels } },
      status: budget(1),
    });
    // The budget is used up once the node is marked.
    const marked = async (): Promise<boolean> =>
      ((await cluster.client.get('nodes', '', node)).spec?.taints ?? []).some(({ key }) =>
        key.startsWith('ToBeDeleted'),
      );
    for (let n = 0; n < 100 && !(await marked()); n++) await cluster.advance(50);
    await cluster.client.patch(
      'poddisruptionbudgets.policy',
      'a',
      'b',
      { status: budget(0) },
      { subresource: 'status' },
    );
    await cluster.advance(100_000);
    expect(await marked()).toBe(true);
    await cluster.advance(40_000);
    expect(await marked()).toBe(false);
    expect((await said(cluster)).join('\n')).toContain(
      'Warning ScaleDownFailed Node failed to drain the node: pods remaining after timeout: a/p',
    );
    expect(await nodes()).toEqual(['other', 'small']);
  });

  test('take up the nodes that there are again', async () => {
    await start([{ max: 5 }]);
    await groups.all()[0]!.increase(2);
    const again = new LocalNodeGroups({
      groups: [{ ...SMALL, max: 5 }],
      nodes: await synced(cluster),
      client: cluster.client,
      random: () => 0,
      log: () => undefined,
      startNode: () => Promise.resolve({ stop: () => Promise.resolve() }),
    });
    await again.ready();
    expect(again.all()[0]!.targetSize).toBe(2);
  });
});

async function synced(cluster: Cluster) {
  const informers = createInformers(cluster.client, cluster.clock);
  const nodes = informers.informer('nodes');
  informers.start();
  await nodes.whenSynced();
  await cluster.advance(100);
  return nodes;
}
