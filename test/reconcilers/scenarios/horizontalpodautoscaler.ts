import { expect } from 'vitest';
import { horizontalpodautoscaler } from '../../../src/reconcilers/horizontalpodautoscaler.ts';
import type { Cluster } from '../../support/cluster.ts';
import type { Manifest } from '../../support/fake-api.ts';
import type { Scenario } from '../../support/scenario.ts';
import { clusterObject, object, pod, running, selector, template } from './manifests.ts';

/** The resource metrics API, as a custom resource that a test writes. */
export const metricsDefinition = clusterObject(
  'apiextensions.k8s.io/v1',
  'CustomResourceDefinition',
  'pods.metrics.k8s.io',
  {
    metadata: { annotations: { 'api-approved.kubernetes.io': 'https://github.com/kubernetes/metrics' } },
    spec: {
      group: 'metrics.k8s.io',
      scope: 'Namespaced',
      names: { plural: 'pods', singular: 'pod', kind: 'PodMetrics' },
      versions: [
        {
          name: 'v1beta1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
        },
      ],
    },
  },
);
export const worker = (name: string): Manifest =>
  pod(name, {
    labels: { app: 'x' },
    spec: { containers: [{ name: 'c', image: 'x:1', resources: { requests: { cpu: '100m' } } }] },
    status: { ...running, startTime: '2020-01-01T00:00:00Z' },
  });
/** Says how much CPU the pods use, each. */
export const use = (cpu: string) => async (cluster: Cluster) => {
  for (const { metadata } of await cluster.list('pods', 'a')) {
    const { name } = metadata;
    await cluster.client.delete('pods.metrics.k8s.io', 'a', name).catch(() => undefined);
    await cluster.give({
      apiVersion: 'metrics.k8s.io/v1beta1',
      kind: 'PodMetrics',
      metadata: { name, namespace: 'a', labels: { app: 'x' } },
      containers: [{ name: 'c', usage: { cpu } }],
    });
  }
};
export const autoscaler = (more: object = {}): Manifest =>
  object('autoscaling/v2', 'HorizontalPodAutoscaler', 'h', {
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' },
      minReplicas: 1,
      maxReplicas: 5,
      metrics: [
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } },
      ],
      ...more,
    },
  });
export const target = object('apps/v1', 'Deployment', 'd', { spec: { replicas: 2, selector, template: template() } });

/** Grows with the use of its pods at once, and shrinks when that has been less for five minutes. */
export const horizontalpodautoscalerScenario: Scenario = {
  controllers: () => [horizontalpodautoscaler()],
  given: [metricsDefinition, target, worker('p'), worker('q')],
  acts: [
    use('100m'),
    (cluster) => cluster.give(autoscaler()),
    (cluster) => cluster.advance(30_000),
    async (cluster) => {
      const { spec } = await cluster.client.get('deployments.apps', 'a', 'd');
      expect(spec?.replicas).toBe(4);
      await use('25m')(cluster);
    },
    (cluster) => cluster.advance(900_000),
  ],
  async end(cluster) {
    const { spec } = await cluster.client.get('deployments.apps', 'a', 'd');
    expect(spec?.replicas).toBe(1);
    const [one] = await cluster.list('horizontalpodautoscalers.autoscaling');
    expect(one!['status']).toMatchObject({ currentReplicas: 1, desiredReplicas: 1 });
    expect(
      one!['status'].conditions.map(
        ({ type, status, reason }: Record<string, string>) => `${type} ${status} ${reason}`,
      ),
    ).toEqual([
      'AbleToScale True ReadyForNewScale',
      'ScalingActive True ValidMetricFound',
      'ScalingLimited False DesiredWithinRange',
    ]);
    expect(await cluster.told('HorizontalPodAutoscaler')).toEqual(['Normal SuccessfulRescale ×2']);
  },
};
