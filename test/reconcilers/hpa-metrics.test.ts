import { describe, expect, it } from 'vitest';
import type { HorizontalPodAutoscaler, Pod, Scale } from '../../schema/types.ts';
import type { Context } from '../../src/control/contract.ts';
import { badRequest, notFound, serviceUnavailable } from '../../src/meta/status.ts';
import { computeReplicas } from '../../src/reconcilers/hpa-metrics.ts';
import type { MetricSpec } from '../../src/reconcilers/hpa-sources.ts';

const NOW = Date.parse('2026-01-01T01:00:00Z');
const OLD = '2026-01-01T00:00:00Z';

/** What the metrics APIs know, and what has been asked of them. */
interface World {
  /** pods and their requests of each container, in the pod's order */
  pods?: Record<string, Record<string, string>>[];
  /** by pod, then container: usage of cpu and memory */
  usage?: Record<string, Record<string, Record<string, string>>> | Error;
  /** answers to GET by path; null: nobody serves the API */
  answers?: Record<string, object | Error | null>;
  existing?: number;
  behavior?: object;
}

function podOf(containers: Record<string, Record<string, string>>, index: number): Pod {
  return {
    metadata: { name: `p${index}`, namespace: 'a', uid: `${index}`, resourceVersion: '1', creationTimestamp: OLD },
    spec: { containers: Object.entries(containers).map(([name, requests]) => ({ name, resources: { requests } })) },
    status: {
      phase: 'Running',
      startTime: OLD,
      conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: OLD }],
    },
  };
}

async function compute(metrics: MetricSpec[], current: number, world: World) {
  const { pods = [], usage = {}, answers = {}, existing = current, behavior } = world;
  const asked: string[] = [];
  const all = pods.map((each, i) => {
    const pod = podOf(each, i);
    return { ...pod, metadata: { ...pod.metadata, labels: { app: 'x' } } };
  });
  const client = {
    resources: () =>
      Promise.resolve([{ resource: 'ingresses.networking.k8s.io', group: 'networking.k8s.io', kind: 'Ingress' }]),
    list(resource: string, { labelSelector }: { labelSelector: string }) {
      asked.push(`${resource}?${labelSelector}`);
      if (usage instanceof Error) return Promise.reject(usage);
      const items = Object.entries(usage).map(([name, containers]) => ({
        metadata: { name, namespace: 'a' },
        timestamp: '2026-01-01T00:59:30Z',
        window: '15s',
        containers: Object.entries(containers).map(([container, each]) => ({ name: container, usage: each })),
      }));
      return Promise.resolve({ items });
    },
    query(_: string, { path }: { path: string }) {
      asked.push(path);
      const answer = answers[path] ?? null;
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve({ aggregated: answer });
    },
  };
  const ctx = { client, clock: { now: () => NOW }, informer: () => ({ list: () => all }) } as unknown as Context;
  const hpa = { metadata: { name: 'h', namespace: 'a' }, spec: { maxReplicas: 100, metrics, behavior } };
  const scale = { metadata: {}, spec: { replicas: current }, status: { replicas: existing, selector: 'app=x' } };
  const found = await computeReplicas(hpa as unknown as HorizontalPodAutoscaler, scale as unknown as Scale, ctx);
  return { ...found, asked };
}

const cpu = (target: object): MetricSpec => ({
  type: 'Resource',
  resource: { name: 'cpu', target: { type: '', ...target } },
});
const memory = (averageValue: string): MetricSpec => ({
  type: 'Resource',
  resource: { name: 'memory', target: { type: 'AverageValue', averageValue } },
});
const ofContainer = (container: string, target: object): MetricSpec => ({
  type: 'ContainerResource',
  containerResource: { name: 'cpu', container, target: { type: '', ...target } },
});
const selector = { matchLabels: { verb: 'GET' } };
const ofPods = (averageValue: string): MetricSpec => ({
  type: 'Pods',
  pods: { metric: { name: 'qps', selector }, target: { type: 'AverageValue', averageValue } },
});
const ofObject = (target: { type: string }, described: object = {}): MetricSpec => ({
  type: 'Object',
  object: {
    describedObject: { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', name: 'main', ...described },
    metric: { name: 'hits' },
    target,
  },
});
const external = (target: object, more: object = {}): MetricSpec => ({
  type: 'External',
  external: { metric: { name: 'queue.length', ...more }, target: { type: '', ...target } },
});

const V2 = '/apis/custom.metrics.k8s.io/v1beta2/namespaces/a';
const V1 = V2.replace('v1beta2', 'v1beta1');
const PODS = '/pods/*/qps?labelSelector=app%3Dx&metricLabelSelector=verb%3DGET';
const INGRESS = `${V2}/ingresses.networking.k8s.io/main/hits`;
const QUEUE = '/apis/external.metrics.k8s.io/v1beta1/namespaces/a/queue.length';
const three = [{ c: { cpu: '1', memory: '1Gi' } }, { c: { cpu: '1' } }, { c: { cpu: '1' } }];
const each = (value: Record<string, string>, count = 3) =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`p${i}`, { c: value }]));
const values = (...all: string[]) => ({
  items: all.map((value, i) => ({ describedObject: { name: `p${i}` }, timestamp: OLD, value })),
});

type Row = [
  what: string,
  metric: MetricSpec,
  current: number,
  world: World,
  replicas: number,
  name: string,
  current: object,
];
const UTILIZATION = 'cpu resource utilization (percentage of request)';
const rows: Row[] = [
  [
    'utilization',
    cpu({ averageUtilization: 30 }),
    3,
    { pods: three, usage: each({ cpu: '500m' }) },
    5,
    UTILIZATION,
    { averageUtilization: 50, averageValue: '500m' },
  ],
  [
    'utilization, whole percents',
    cpu({ averageUtilization: 50 }),
    3,
    { pods: three, usage: each({ cpu: '559m' }) },
    3,
    UTILIZATION,
    { averageUtilization: 55, averageValue: '559m' },
  ],
  [
    'usage',
    cpu({ averageValue: '300m' }),
    3,
    { pods: three, usage: each({ cpu: '500m' }) },
    5,
    'cpu resource',
    { averageValue: '500m' },
  ],
  [
    'memory, in powers of two',
    memory('64Mi'),
    3,
    { pods: three, usage: each({ memory: '128Mi' }) },
    6,
    'memory resource',
    { averageValue: '128Mi' },
  ],
  [
    'one container',
    ofContainer('c', { averageUtilization: 50 }),
    1,
    { pods: [{ c: { cpu: '100m' }, side: { cpu: '5' } }], usage: { p0: { c: { cpu: '100m' }, side: { cpu: '9' } } } },
    2,
    'cpu container resource utilization (percentage of request)',
    { averageUtilization: 100, averageValue: '100m' },
  ],
  [
    'usage of one container',
    ofContainer('c', { averageValue: '50m' }),
    1,
    { pods: [{ c: {} }], usage: { p0: { c: { cpu: '100m' } } } },
    2,
    'cpu resource',
    { averageValue: '100m' },
  ],
  [
    'a metric of pods',
    ofPods('10'),
    3,
    { pods: three, answers: { [V2 + PODS]: values('20', '10', '30') } },
    6,
    'pods metric qps',
    { averageValue: '20' },
  ],
  [
    'a metric of pods of the older version',
    ofPods('10'),
    3,
    { pods: three, answers: { [V1 + PODS]: values('20', '10', '30') } },
    6,
    'pods metric qps',
    { averageValue: '20' },
  ],
  [
    'a metric of pods, one missing',
    ofPods('10'),
    3,
    { pods: three, answers: { [V2 + PODS]: values('20', '20') } },
    4,
    'pods metric qps',
    { averageValue: '20' },
  ],
  [
    'a value of an object',
    ofObject({ type: 'Value', value: '10' } as never),
    3,
    { pods: three, answers: { [INGRESS]: values('20') } },
    6,
    'Ingress metric hits',
    { value: '20' },
  ],
  [
    'a value of an object, within the tolerance',
    ofObject({ type: 'Value', value: '10' } as never),
    3,
    { pods: three, answers: { [INGRESS]: values('10900m') } },
    3,
    'Ingress metric hits',
    { value: '10900m' },
  ],
  [
    'a value of an object, its own tolerance',
    ofObject({ type: 'Value', value: '10' } as never),
    3,
    { pods: three, answers: { [INGRESS]: values('11900m') }, behavior: { scaleUp: { tolerance: '200m' } } },
    3,
    'Ingress metric hits',
    { value: '11900m' },
  ],
  [
    'a value of an object, from none',
    ofObject({ type: 'Value', value: '10' } as never),
    0,
    { answers: { [INGRESS]: values('25') } },
    3,
    'Ingress metric hits',
    { value: '25' },
  ],
  [
    'an average of an object',
    ofObject({ type: 'AverageValue', averageValue: '10' } as never),
    3,
    { pods: three, existing: 3, answers: { [INGRESS]: values('55') } },
    6,
    'external metric hits(<nil>)',
    { averageValue: '18334m' },
  ],
  [
    'a value of the namespace, whatever its name',
    ofObject({ type: 'Value', value: '10' } as never, { apiVersion: 'v1', kind: 'Namespace', name: 'other' }),
    3,
    { pods: three, answers: { [`${V2}/metrics/hits`]: values('20') } },
    6,
    'Namespace metric hits',
    { value: '20' },
  ],
  [
    'a value from outside, of all series',
    external({ value: '30' }),
    3,
    { pods: three, answers: { [QUEUE]: values('20', '40') } },
    6,
    'external metric queue.length(<nil>)',
    { value: '60' },
  ],
  [
    'an average from outside',
    external({ averageValue: '10' }, { selector }),
    3,
    { pods: three, answers: { [`${QUEUE}?labelSelector=verb%3DGET`]: values('45') } },
    5,
    'external metric queue.length(&LabelSelector{MatchLabels:map[string]string{verb: GET,},MatchExpressions:[]LabelSelectorRequirement{},})',
    { averageValue: '15' },
  ],
  [
    'more than an int32 from outside',
    external({ averageValue: '1m' }),
    3,
    { pods: three, answers: { [QUEUE]: values('9P') } },
    2 ** 31 - 1,
    'external metric queue.length(<nil>)',
    { averageValue: '3P' },
  ],
];

const currentOf = (status: object): unknown =>
  Object.values(status).flatMap((part: unknown) =>
    typeof part === 'object' && part && 'current' in part ? [part.current] : [],
  )[0];

describe('the size by', () => {
  it.each(rows)('%s', async (_, metric, current, world, replicas, name, value) => {
    const found = await compute([metric], current, world);
    expect(found.failures.map(({ message }) => message)).toEqual([]);
    expect({ replicas: found.replicas, name: found.name }).toEqual({ replicas, name });
    expect(found.statuses[0]?.type).toBe(metric.type);
    expect(currentOf(found.statuses[0] ?? {})).toEqual(value);
  });
});

const NONE = 'no custom metrics API (custom.metrics.k8s.io) registered';
const failures: [what: string, metric: MetricSpec, world: World, reason: string, message: string, summary: string][] = [
  [
    'no resource metrics API',
    cpu({ averageUtilization: 50 }),
    { pods: three, usage: notFound({ group: 'metrics.k8s.io', resource: 'pods' }, '') },
    'FailedGetResourceMetric',
    'failed to get cpu utilization: unable to get metrics for resource cpu: unable to fetch metrics from resource metrics API: ',
    'failed to get cpu resource metric value: failed to get cpu utilization: ',
  ],
  [
    'a resource metrics API that does not answer',
    cpu({ averageValue: '1' }),
    { pods: three, usage: serviceUnavailable('service unavailable') },
    'FailedGetResourceMetric',
    'failed to get cpu usage: unable to get metrics for resource cpu: unable to fetch metrics from resource metrics API: the server is currently unable to handle the request (get pods.metrics.k8s.io)',
    'failed to get cpu resource metric value: failed to get cpu usage: ',
  ],
  [
    'no metrics at all',
    cpu({ averageValue: '1' }),
    { pods: three },
    'FailedGetResourceMetric',
    'failed to get cpu usage: unable to get metrics for resource cpu: no metrics returned from resource metrics API',
    'failed to get cpu resource metric value: ',
  ],
  [
    'no pods',
    cpu({ averageValue: '1' }),
    { usage: each({ cpu: '1' }) },
    'FailedGetResourceMetric',
    'failed to get cpu usage: no pods returned by selector while calculating replica count',
    'failed to get cpu resource metric value: ',
  ],
  [
    'a container without a request',
    cpu({ averageUtilization: 50 }),
    { pods: [{ c: { cpu: '1' }, d: {} }], usage: { p0: { c: { cpu: '1' }, d: { cpu: '1' } } } },
    'FailedGetResourceMetric',
    'failed to get cpu utilization: missing request for cpu in container d of Pod p0',
    'failed to get cpu resource metric value: ',
  ],
  [
    'a container that there is not',
    ofContainer('z', { averageUtilization: 50 }),
    { pods: three, usage: { p0: { z: { cpu: '1' } }, p1: {}, p2: {} } },
    'FailedGetContainerResourceMetric',
    'failed to get cpu utilization: container z not found in Pod p0',
    'failed to get z container metric value: ',
  ],
  [
    'no custom metrics API',
    ofPods('1'),
    { pods: three },
    'FailedGetPodsMetric',
    `unable to get metric qps: unable to fetch metrics from custom metrics API: ${NONE}`,
    'failed to get pods metric value: ',
  ],
  [
    'a custom metrics API without the metric',
    ofPods('1'),
    { pods: three, answers: { [V2 + PODS]: { items: [] } } },
    'FailedGetPodsMetric',
    'unable to get metric qps: no metrics returned from custom metrics API',
    'failed to get pods metric value: ',
  ],
  [
    'an object without an API',
    ofObject({ type: 'Value', value: '1' } as never),
    { pods: three },
    'FailedGetObjectMetric',
    `unable to get metric hits: unable to fetch metrics from custom metrics API: ${NONE} on Ingress a/main`,
    'failed to get object metric value: ',
  ],
  [
    'two values of one object',
    ofObject({ type: 'Value', value: '1' } as never),
    { pods: three, answers: { [INGRESS]: values('1', '2') } },
    'FailedGetObjectMetric',
    'unable to get metric hits: unable to fetch metrics from custom metrics API: the custom metrics API server returned 2 results when we asked for exactly one on Ingress a/main',
    'failed to get object metric value: ',
  ],
  [
    'an object of an unknown kind',
    ofObject({ type: 'Value', value: '1' } as never, { kind: 'Odd' }),
    { pods: three },
    'FailedGetObjectMetric',
    'unable to get metric hits: unable to fetch metrics from custom metrics API: unable to map kind Odd.networking.k8s.io to resource: no matches for kind "Odd" in group "networking.k8s.io" on Odd a/main',
    'failed to get object metric value: ',
  ],
  [
    'an object of neither target',
    ofObject({ type: 'Value' }),
    { pods: three },
    'FailedGetObjectMetric',
    'invalid object metric source: neither a value target nor an average value target was set',
    'failed to get object metric value: ',
  ],
  [
    'no external metrics API',
    external({ value: '1' }),
    { pods: three },
    'FailedGetExternalMetric',
    'failed to get external metric queue.length: unable to get external metric a/queue.length/<nil>: unable to fetch metrics from external metrics API: the server could not find the requested resource (get queue.length.external.metrics.k8s.io)',
    'failed to get queue.length external metric value: ',
  ],
  [
    'an external metrics API that fails',
    external({ averageValue: '1' }),
    { pods: three, answers: { [QUEUE]: badRequest('no such series') } },
    'FailedGetExternalMetric',
    'failed to get queue.length external metric: unable to get external metric a/queue.length/<nil>: unable to fetch metrics from external metrics API: no such series',
    'failed to get queue.length external metric value: ',
  ],
];

describe('nothing can be said with', () => {
  it.each(failures)('%s', async (_, metric, world, reason, message, summary) => {
    const found = await compute([metric], 3, world);
    expect(found.replicas).toBeUndefined();
    expect(found.statuses).toEqual([{ type: '' }]);
    expect(found.failures[0]).toMatchObject({ reason });
    expect(found.failures[0]?.message.startsWith(message)).toBe(true);
    expect(found.summary).toContain(`invalid metrics (1 invalid out of 1), first error is: ${summary}`);
  });
});

describe('of several metrics', () => {
  const load = (value: string): World => ({ pods: three, usage: each({ cpu: value }) });
  const more = cpu({ averageValue: '250m' });
  const less = cpu({ averageValue: '1' });

  it('the largest size counts, whatever the order', async () => {
    for (const metrics of [
      [more, less],
      [less, more],
    ])
      expect((await compute(metrics, 3, load('500m'))).replicas).toBe(6);
  });
  it('those that can be read may make it larger', async () => {
    const found = await compute([ofPods('1'), more], 3, load('500m'));
    expect(found.replicas).toBe(6);
    expect(found.failures).toHaveLength(1);
    expect(found.statuses.map(({ type }) => type)).toEqual(['', 'Resource']);
  });
  it('those that can be read may not make it smaller', async () => {
    const found = await compute([less, ofPods('1')], 3, load('500m'));
    expect(found.replicas).toBeUndefined();
    expect(found.statuses.map(({ type }) => type)).toEqual(['Resource', '']);
    expect(found.summary).toBe(
      `invalid metrics (1 invalid out of 2), first error is: failed to get pods metric value: unable to get metric qps: unable to fetch metrics from custom metrics API: ${NONE}`,
    );
  });
});

it('asks for no more than the pods of the target', async () => {
  const { asked } = await compute([cpu({ averageValue: '1' }), ofPods('1')], 3, { pods: three });
  expect(asked).toEqual(['pods.metrics.k8s.io?app=x', V2 + PODS, V1 + PODS]);
});
