import { describe, expect, it } from 'vitest';
import { MetricsApi } from '../../../src/addons/metrics/metrics-api.ts';
import { Readings } from '../../../src/addons/metrics/readings.ts';
import { simulatedReadings } from '../../../src/addons/metrics/simulated-reading.ts';
import type { Node, Pod } from '../../../schema/types.ts';

const NOW = Date.parse('2026-01-01T00:00:00Z');
const ROOT = '/apis/metrics.k8s.io/v1beta1';
const meta = (name: string, namespace: string | undefined, labels: Record<string, string>) => ({
  name,
  ...(namespace !== undefined && { namespace }),
  uid: `0000000${name.length}-x`,
  resourceVersion: '1',
  creationTimestamp: '2026-01-01T00:00:00Z',
  labels,
});
const pod = (namespace: string, name: string, app: string, usage = '250m'): Pod => ({
  metadata: {
    ...meta(name, namespace, { app }),
    annotations: { 'ku7s.io/cpu-usage': usage, 'ku7s.io/memory-usage': '64Mi' },
  },
  spec: { nodeName: 'n', containers: [{ name: 'a' }, { name: 'b' }] },
  status: { phase: 'Running' },
});
const nodes: Node[] = [
  { metadata: meta('n', undefined, { zone: 'a' }) },
  { metadata: meta('silent', undefined, { zone: 'b' }) },
];
const pods = [pod('t', 'z', 'web'), pod('t', 'b', 'db'), pod('s', 'c', 'web')];
const readings = new Readings(15_000);
readings.putBoth('n', ...simulatedReadings(pods, NOW, 15_000));
const unmeasured: Pod = { metadata: meta('new', 't', { app: 'web' }), spec: { nodeName: 'n', containers: [] } };
const all = [...pods, unmeasured];
const api = new MetricsApi({
  nodes: { get: (_, name) => nodes.find(({ metadata }) => metadata.name === name), list: () => nodes },
  pods: {
    get: (namespace, name) => all.find(({ metadata: m }) => m.name === name && m.namespace === namespace),
    list: (namespace) => all.filter(({ metadata: m }) => !namespace || m.namespace === namespace),
  },
  readings,
  clock: { now: () => NOW },
});
const ask = (path: string, { method = 'GET', accept = 'application/json' } = {}): any =>
  api.answer({ method, url: `${ROOT}${path}`, accept });
const names = (path: string): string[] =>
  ask(path).items.map((item: Pod) => [item.metadata.namespace, item.metadata.name].filter(Boolean).join('/'));

describe('metrics.k8s.io', () => {
  it('says what a pod uses, by container', () => {
    expect(ask('/namespaces/t/pods/z')).toEqual({
      kind: 'PodMetrics',
      apiVersion: 'metrics.k8s.io/v1beta1',
      metadata: { name: 'z', namespace: 't', labels: { app: 'web' }, creationTimestamp: '2026-01-01T00:00:00Z' },
      timestamp: '2026-01-01T00:00:00Z',
      window: '15s',
      containers: [
        { name: 'a', usage: { cpu: '125m', memory: '32Mi' } },
        { name: 'b', usage: { cpu: '125m', memory: '32Mi' } },
      ],
    });
  });
  it('says what a node uses: its pods, and itself', () => {
    expect(ask('/nodes/n')).toMatchObject({ kind: 'NodeMetrics', usage: { cpu: '850m', memory: '704Mi' } });
  });
  it.each([
    ['/pods', ['s/c', 't/b', 't/z']],
    ['/namespaces/t/pods', ['t/b', 't/z']],
    ['/pods?labelSelector=app%3Dweb', ['s/c', 't/z']],
    ['/pods?fieldSelector=metadata.name%3Db', ['t/b']],
    ['/pods?fieldSelector=metadata.namespace!%3Dt', ['s/c']],
    ['/namespaces/none/pods', []],
    ['/nodes', ['n']],
    ['/nodes?labelSelector=zone%3Db', []],
  ])('lists %s in order', (path, expected) => expect(names(path)).toEqual(expected));

  it.each([
    ['/nodes/none', 'GET', 404, 'nodes "none" not found'],
    ['/nodes/silent', 'GET', 404, 'nodemetrics.metrics.k8s.io "silent" not found'],
    ['/namespaces/t/pods/none', 'GET', 404, 'pods "none" not found'],
    ['/namespaces/t/pods/new', 'GET', 404, 'podmetrics.metrics.k8s.io "t/new" not found'],
    ['/pods/z', 'GET', 404, 'the server could not find the requested resource'],
    ['/namespaces/t/nodes', 'GET', 404, 'the server could not find the requested resource'],
    ['/pods?watch=true', 'GET', 405, expect.stringContaining('watch')],
    ['/pods', 'POST', 405, expect.stringContaining('create')],
    ['/pods?labelSelector=a%3D%3D%3Db', 'GET', 400, expect.anything()],
    ['/namespaces/%zz/pods', 'GET', 400, expect.anything()],
  ])('refuses %s %s with %i', (path, method, code, message) => {
    expect(() => ask(path, { method })).toThrow(expect.objectContaining({ code, message }));
  });

  it('writes tables, and nothing but JSON', () => {
    const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';
    const table = ask('/namespaces/t/pods', { accept });
    expect(table.columnDefinitions.map(({ name }: { name: string }) => name)).toEqual([
      'Name',
      'cpu',
      'memory',
      'Window',
    ]);
    expect(table.rows.map(({ cells }: { cells: string[] }) => cells)).toEqual([
      ['b', '250m', '64Mi', '15s'],
      ['z', '250m', '64Mi', '15s'],
    ]);
    expect(ask('/namespaces/none/pods', { accept })).toMatchObject({ columnDefinitions: null, rows: [] });
    expect(() => ask('/pods', { accept: 'application/vnd.kubernetes.protobuf' })).toThrow(
      expect.objectContaining({ code: 406 }),
    );
    expect(ask('/pods', { accept: 'application/vnd.kubernetes.protobuf,application/json' }).kind).toBe(
      'PodMetricsList',
    );
  });

  it('invents a wave around half of what is requested where no annotation says more', () => {
    const plain: Pod = {
      metadata: meta('w', 't', {}),
      spec: { containers: [{ name: 'a', resources: { requests: { cpu: '1' } } }] },
      status: { phase: 'Running' },
    };
    const cores = Array.from({ length: 60 }, (_, i) => {
      const wave = new Readings(15_000);
      wave.putBoth('n', ...simulatedReadings([plain], NOW + i * 15_000, 15_000));
      return wave.pod('n', 't', 'w')?.get('a')?.cores ?? 0;
    });
    expect(Math.min(...cores)).toBeGreaterThan(0.3);
    expect(Math.max(...cores)).toBeLessThan(0.7);
    expect(Math.max(...cores) - Math.min(...cores)).toBeGreaterThan(0.2);
  });
});
