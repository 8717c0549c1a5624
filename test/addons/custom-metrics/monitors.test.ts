import { describe, expect, it } from 'vitest';
import type { EndpointSlice, Pod, Service } from '../../../schema/types.ts';
import { monitoredTargets } from '../../../src/addons/custom-metrics/monitors.ts';
import { StatusError } from '../../../src/meta/status.ts';

const meta = (namespace: string, name: string, labels: Record<string, string> = { app: 'web' }) => ({
  name,
  namespace,
  labels,
  uid: name,
  resourceVersion: '1',
  creationTimestamp: '2026-01-01T00:00:00Z',
});
const pod = (namespace: string, name: string, app = 'web'): Pod => ({
  metadata: meta(namespace, name, { app }),
  spec: { containers: [{ name: 'c', ports: [{ name: 'http', containerPort: 8080 }] }] },
  status: { phase: 'Running', podIP: '10.0.0.1' },
});
const PODS = [pod('a', 'x'), pod('a', 'y', 'db'), pod('b', 'z')];
const SERVICES = [{ metadata: meta('a', 'web') }] as Service[];
const SLICES = [
  {
    metadata: meta('a', 'web-1'),
    addressType: 'IPv4',
    ports: [{ name: 'metrics', port: 9100 }],
    endpoints: [
      { addresses: ['10.0.0.1'], targetRef: { kind: 'Pod', name: 'x' } },
      { addresses: ['169.254.169.254'] },
      { addresses: ['127.0.0.1'], targetRef: { kind: 'Node', name: 'x' } },
    ],
  },
] as unknown as EndpointSlice[];

/** Where monitors lead, by `NAMESPACE/POD:PORT PATH`. */
async function leads(monitors: { ofPods?: unknown[]; ofServices?: unknown[] }, pods = PODS): Promise<string[]> {
  const within = <T extends { metadata: { namespace?: string } }>(all: T[]) => ({
    list: (namespace?: string) => all.filter(({ metadata }) => !namespace || metadata.namespace === namespace),
    get: (namespace: string, name: string) =>
      all.find(({ metadata: m }) => m.namespace === namespace && (m as { name?: string }).name === name),
  });
  const targets = await monitoredTargets({
    client: {
      list: (resource: string) =>
        Promise.resolve({ items: (resource.startsWith('pod') ? monitors.ofPods : monitors.ofServices) ?? [] } as never),
    },
    pods: within(pods),
    services: within(SERVICES),
    slicesOf: (namespace, name) => (namespace === 'a' && name === 'web' ? SLICES : []),
  });
  return [...targets].flatMap((target) =>
    target ? [`${target.namespace}/${target.pod}:${target.port} ${target.path}`] : [],
  );
}
const monitor = (namespace: string, spec: unknown) => ({ metadata: meta(namespace, 'm'), spec });
const WEB = { matchLabels: { app: 'web' } };
const HTTP = [{ port: 'http' }];

describe('monitors', () => {
  it.each([
    ['its own namespace', {}, ['a/x:8080 /metrics']],
    ['all', { any: true }, ['a/x:8080 /metrics', 'a/x:8080 /metrics', 'b/z:8080 /metrics']],
    ['some', { matchNames: ['b', 'b', 'c'] }, ['b/z:8080 /metrics']],
    ['some and its own', { matchNames: ['b', 'a'] }, ['a/x:8080 /metrics', 'b/z:8080 /metrics']],
  ])('of pods look in %s', async (_, namespaceSelector, found) => {
    expect(
      await leads({ ofPods: [monitor('a', { selector: WEB, namespaceSelector, podMetricsEndpoints: HTTP })] }),
    ).toEqual(found);
  });

  it('of services find pods by slices, and nothing that is no pod', async () => {
    const endpoints = [
      { port: 'metrics', path: '/m' },
      { targetPort: 'http' },
      { targetPort: 1234 },
      { port: 'other' },
    ];
    expect(await leads({ ofServices: [monitor('a', { selector: WEB, endpoints })] })).toEqual([
      'a/x:9100 /m',
      'a/x:8080 /metrics',
      'a/x:1234 /metrics',
    ]);
  });

  it('of the own namespace of a pod come first', async () => {
    const foreign = monitor('0', {
      selector: {},
      namespaceSelector: { any: true },
      podMetricsEndpoints: [{ portNumber: 1 }],
    });
    const own = monitor('b', { selector: {}, podMetricsEndpoints: [{ portNumber: 2 }] });
    const found = await leads({ ofPods: [foreign, own] });
    expect(found[0]).toBe('b/z:2 /metrics');
    expect(found).toContain('b/z:1 /metrics');
  });

  it.each([
    ['nothing', undefined],
    ['a text', 'x'],
    ['no endpoints', { selector: WEB }],
    ['endpoints that are none', { selector: WEB, podMetricsEndpoints: [null, 5, 'x', [], { port: {} }, { path: 5 }] }],
    ['a scheme that is none', { selector: WEB, podMetricsEndpoints: [{ port: 'http', scheme: 'file' }] }],
    ['a selector that is none', { selector: 5, podMetricsEndpoints: HTTP }],
    ['labels that are none', { selector: { matchLabels: { app: 5 } }, podMetricsEndpoints: HTTP }],
    ['expressions that are none', { selector: { matchExpressions: [null] }, podMetricsEndpoints: HTTP }],
    [
      'values that are none',
      { selector: { matchExpressions: [{ key: 'a', operator: 'In', values: 5 }] }, podMetricsEndpoints: HTTP },
    ],
    [
      'an operator that is none',
      { selector: { matchExpressions: [{ key: 'a', operator: 'Is' }] }, podMetricsEndpoints: HTTP },
    ],
    ['namespaces that are none', { selector: WEB, namespaceSelector: 5, podMetricsEndpoints: HTTP }],
  ])('with %s keep no others from being followed', async (_, spec) => {
    const good = monitor('b', { selector: WEB, podMetricsEndpoints: HTTP });
    expect(await leads({ ofPods: [monitor('a', spec), good] })).toEqual(['b/z:8080 /metrics']);
  });

  it('are as many as count, and of each namespace as many as of the others', async () => {
    const crowd = Array.from({ length: 2000 }, () => monitor('a', { selector: WEB, podMetricsEndpoints: HTTP }));
    const found = await leads({ ofPods: [...crowd, monitor('b', { selector: WEB, podMetricsEndpoints: HTTP })] });
    expect(found).toHaveLength(500);
    expect(found[1]).toBe('b/z:8080 /metrics');
  });

  it('name each namespace once, and not more than a hundred', async () => {
    const matchNames = [...Array.from({ length: 50_000 }, (_, i) => `n${i % 200}`), 'b'];
    expect(
      await leads({
        ofPods: [monitor('a', { selector: WEB, namespaceSelector: { matchNames }, podMetricsEndpoints: HTTP })],
      }),
    ).toEqual([]);
  });

  it('lead nowhere where nobody has defined them', async () => {
    const list = () => Promise.reject(new StatusError({ code: 404, reason: 'NotFound', message: 'no such resource' }));
    const none = { list: () => [], get: () => undefined };
    const sources = { client: { list }, pods: none, services: none, slicesOf: () => [] };
    expect([...(await monitoredTargets(sources))]).toEqual([]);
  });
});
