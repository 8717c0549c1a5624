import { afterEach, describe, expect, test } from 'vitest';
import { horizontalpodautoscaler } from '../../src/reconcilers/horizontalpodautoscaler.ts';
import { newMemory, normalized, noteChange } from '../../src/reconcilers/hpa-behavior.ts';
import { internalError } from '../../src/meta/status.ts';
import { startCluster, type Cluster } from '../support/cluster.ts';
import { autoscaler, metricsDefinition, target, use, worker } from './scenarios/horizontalpodautoscaler.ts';

const LOOK = 15_000;
let cluster: Cluster;

/** An autoscaler of a Deployment with so many pods, each of which uses so much of the 100m that it asks for (target 50 %). */
async function start(replicas: number, cpu: string, spec: Record<string, unknown> = {}): Promise<void> {
  cluster = await startCluster(() => [horizontalpodautoscaler()]);
  await cluster.give(metricsDefinition, { ...target, spec: { ...(target['spec'] as object), replicas } });
  await cluster.give(worker('p0'));
  await measure(replicas, cpu);
  await cluster.give(autoscaler({ maxReplicas: 20, ...spec }));
  await cluster.advance(1);
}
/** Brings the pods to that number, as the Deployment would, and says what each uses. */
async function measure(pods: number, cpu: string): Promise<void> {
  const there = (await cluster.list('pods', 'a')).length;
  for (let n = there; n < pods; n++) await cluster.give(worker(`p${n}`));
  for (let n = pods; n < there; n++) await cluster.client.delete('pods', 'a', `p${n}`, { gracePeriodSeconds: 0 });
  await use(cpu)(cluster);
}
const size = async (): Promise<number | undefined> =>
  (await cluster.client.get('deployments.apps', 'a', 'd')).spec?.replicas;
/** The size after each of so many looks. */
async function sizes(looks: number): Promise<(number | undefined)[]> {
  const found: (number | undefined)[] = [];
  for (let n = 0; n < looks; n++) {
    await cluster.advance(LOOK);
    found.push(await size());
  }
  return found;
}
const conditions = async (): Promise<string[]> =>
  (await cluster.list('horizontalpodautoscalers.autoscaling'))[0]!['status'].conditions.map(
    ({ type, status, reason }: Record<string, string>) => `${type} ${status} ${reason}`,
  );

test.each([
  ['up', 12, 10],
  ['down', 1, 6],
])(
  'the rate of a period counts from its size at the beginning, whatever happened in it: %s',
  (_way, wanted, replicas) => {
    const rules = { stabilizationWindowSeconds: 0, policies: [{ type: 'Pods', value: 2, periodSeconds: 60 }] };
    const spec = { minReplicas: 1, maxReplicas: 20, behavior: { scaleUp: rules, scaleDown: rules } };
    const now = 100_000;
    const memory = newMemory();
    const hpa = { spec } as never;
    noteChange(hpa, memory, 1, 6, now - 90_000);
    // 8 at the beginning of the period, 10 now
    noteChange(hpa, memory, 8, 12, now - 50_000);
    noteChange(hpa, memory, 12, 10, now - 10_000);
    expect(normalized(hpa, memory, 10, wanted, now).replicas).toBe(replicas);
  },
);

const fast = { stabilizationWindowSeconds: 0, policies: [{ type: 'Percent', value: 300, periodSeconds: 15 }] };
test.each([
  ['no behavior: twofold', 3, 100, undefined, 6, 'True ScaleUpLimit'],
  ['no behavior: four at least', 1, 100, undefined, 4, 'True ScaleUpLimit'],
  ['a behavior that says nothing of it: four more', 1, 100, {}, 5, 'True ScaleUpLimit'],
  ['a behavior that says nothing of it: twofold', 8, 100, {}, 16, 'True ScaleUpLimit'],
  ['its own percents', 3, 100, { scaleUp: fast }, 12, 'True ScaleUpLimit'],
  ['its maximum', 15, 100, { scaleUp: fast }, 20, 'True TooManyReplicas'],
  ['what is wanted', 3, 5, undefined, 5, 'False DesiredWithinRange'],
])('grows to %s', (_, current, wanted, behavior, replicas, limited) => {
  const hpa = { spec: { minReplicas: 1, maxReplicas: 20, behavior } } as never;
  const found = normalized(hpa, newMemory(), current, wanted, 0);
  expect(found.replicas).toBe(replicas);
  expect(`${found.limited.status} ${found.limited.reason}`).toBe(limited);
  expect(found.able.reason).toBe('ReadyForNewScale');
});

describe('an autoscaler', () => {
  afterEach(() => cluster.stop());

  test('grows at once, and leaves alone what is within a tenth of its target', async () => {
    await start(2, '54m');
    expect(await size()).toBe(2);
    await measure(2, '75m');
    expect(await sizes(1)).toEqual([3]);
    expect(await cluster.events()).toContain(
      'Normal SuccessfulRescale HorizontalPodAutoscaler New size: 3; reason: cpu resource utilization (percentage of request) above target',
    );
  });

  test('says that its status could not be written', async () => {
    await start(2, '54m');
    cluster.transport.before = ({ verb, resource }) => {
      if (verb === 'update' && resource.startsWith('horizontalpodautoscalers')) throw internalError('the disk is full');
    };
    await measure(2, '75m');
    await cluster.advance(LOOK);
    expect(await cluster.events()).toContain(
      'Warning FailedUpdateStatus HorizontalPodAutoscaler Internal error occurred: the disk is full',
    );
  });

  test('grows by no more than its policies allow, four pods or twofold in 15 seconds', async () => {
    await start(1, '1000m', { behavior: { scaleUp: { stabilizationWindowSeconds: 0 } } });
    expect(await size()).toBe(5);
    expect(await conditions()).toContain('ScalingLimited True ScaleUpLimit');
    await measure(5, '1000m');
    expect(await sizes(1)).toEqual([10]);
    await measure(10, '1000m');
    expect(await sizes(1)).toEqual([20]);
    await measure(20, '1000m');
    await cluster.advance(LOOK);
    expect(await conditions()).toContain('ScalingLimited True TooManyReplicas');
  });

  test('shrinks to the most that was recommended within five minutes, counted from its first look', async () => {
    await start(6, '10m');
    expect(await size()).toBe(6);
    expect(await conditions()).toContain('AbleToScale True ScaleDownStabilized');
    const found = await sizes(21);
    expect(found.slice(0, 19)).toEqual(Array.from({ length: 19 }, () => 6));
    expect(found.at(-1)).toBe(2);
  });

  test('does not shrink at once because its process is a new one', async () => {
    await start(6, '50m');
    await cluster.advance(600_000);
    await measure(6, '10m');
    await cluster.die();
    cluster.start();
    await cluster.advance(LOOK);
    expect(await size()).toBe(6);
    await cluster.advance(330_000);
    expect(await size()).toBe(2);
  });

  test('shrinks by what its behaviour allows in each period', async () => {
    const scaleDown = { stabilizationWindowSeconds: 0, policies: [{ type: 'Pods', value: 2, periodSeconds: 60 }] };
    await start(10, '5m', { behavior: { scaleDown } });
    expect(await size()).toBe(8);
    expect(await conditions()).toContain('ScalingLimited True ScaleDownLimit');
    expect(await sizes(8)).toEqual([8, 8, 8, 6, 6, 6, 6, 4]);
  });

  test('neither grows nor shrinks where its behaviour says so', async () => {
    const behavior = { scaleDown: { selectPolicy: 'Disabled', stabilizationWindowSeconds: 0 } };
    await start(6, '10m', { behavior });
    await cluster.advance(600_000);
    expect(await size()).toBe(6);
  });

  test('waits to grow until the need has lasted, where it has a window for that', async () => {
    await start(2, '50m', { behavior: { scaleUp: { stabilizationWindowSeconds: 60 } } });
    await cluster.advance(60_000);
    await measure(2, '100m');
    expect(await sizes(5)).toEqual([2, 2, 2, 4, 4]);
  });

  test('keeps within its bounds, and out of what is switched off', async () => {
    await start(1, '50m', { minReplicas: 3 });
    expect(await size()).toBe(3);
    await cluster.client.patch('deployments.apps', 'a', 'd', { spec: { replicas: 0 } });
    await cluster.advance(LOOK);
    expect(await size()).toBe(0);
    expect(await conditions()).toContain('ScalingActive False ScalingDisabled');
  });

  test('says why where nobody measures', async () => {
    await start(1, '50m');
    await cluster.client.delete('pods.metrics.k8s.io', 'a', 'p0');
    await cluster.advance(LOOK);
    expect(await conditions()).toContain('ScalingActive False FailedGetResourceMetric');
    expect(await size()).toBe(1);
    expect(cluster.logs).toEqual([]);
  });

  test('is driven by metrics of pods, and does not stop at one that it cannot read', async () => {
    const selectors: string[] = [];
    cluster = await startCluster(() => [horizontalpodautoscaler()]);
    cluster.api.api.remote = {
      read(user, { group, resource, name, subresource, query }) {
        if (group !== 'custom.metrics.k8s.io') return Promise.resolve(undefined);
        selectors.push(`${user.name} ${resource}/${name}/${subresource} ${query['labelSelector']}`);
        const items = [0, 1].map((n) => ({ describedObject: { name: `p${n}` }, value: '300' }));
        return Promise.resolve({ kind: 'MetricValueList', items });
      },
    };
    const metrics = [
      { type: 'External', external: { metric: { name: 'q' }, target: { type: 'Value', value: '1' } } },
      { type: 'Pods', pods: { metric: { name: 'hits' }, target: { type: 'AverageValue', averageValue: '100' } } },
    ];
    await cluster.give({ ...target, status: { replicas: 2 } }, worker('p0'), worker('p1'));
    await cluster.give(autoscaler({ maxReplicas: 4, metrics }));
    await cluster.advance(1);
    expect(await size()).toBe(4);
    expect(selectors).toEqual(['system:serviceaccount:kube-system:horizontal-pod-autoscaler pods/*/hits app=x']);
    expect(await conditions()).toEqual([
      'AbleToScale True SucceededRescale',
      'ScalingActive True ValidMetricFound',
      'ScalingLimited True TooManyReplicas',
    ]);
    expect(await cluster.told('HorizontalPodAutoscaler')).toEqual([
      'Normal SuccessfulRescale ×1',
      'Warning FailedGetExternalMetric ×1',
    ]);
    const [hpa] = await cluster.list('horizontalpodautoscalers.autoscaling');
    expect(hpa!['status'].currentMetrics.map(({ type }: { type: string }) => type)).toEqual(['', 'Pods']);
    expect(cluster.logs).toEqual([]);
  });

  test('stands still where another one sizes the same pods', async () => {
    await start(2, '100m');
    await cluster.give({ ...autoscaler(), metadata: { name: 'i', namespace: 'a' } });
    await cluster.advance(LOOK);
    expect(await cluster.events()).toContain(
      'Warning AmbiguousSelector HorizontalPodAutoscaler pods by selector app=x are controlled by multiple HPAs: [{h a} {i a}]',
    );
    await cluster.client.delete('horizontalpodautoscalers.autoscaling', 'a', 'i');
    await cluster.advance(LOOK);
    expect(await conditions()).toContain('ScalingActive True ValidMetricFound');
  });
});
