import { afterEach, describe, expect, test } from 'vitest';
import { horizontalpodautoscaler } from '../../src/reconcilers/horizontalpodautoscaler.ts';
import { withinBehavior } from '../../src/reconcilers/hpa-behavior.ts';
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
    // 8 at the beginning of the period, 10 now
    const changes = [
      { at: now - 90_000, by: 5 },
      { at: now - 50_000, by: 4 },
      { at: now - 10_000, by: -2 },
    ];
    const said = withinBehavior({ spec } as never, { recommendations: [], changes }, 10, wanted, now);
    expect(said.replicas).toBe(replicas);
  },
);

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

  test('grows by no more than its policies allow, four pods or twofold in 15 seconds', async () => {
    await start(1, '1000m');
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
});
