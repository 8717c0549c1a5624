import { expect, test } from 'vitest';
import type { StrategyContext } from '../../src/kinds/kind.ts';
import { normalizeObject } from '../../src/kinds/normalize.ts';
import { createRegistry } from '../../src/kinds/registry.ts';
import { internalDiff } from '../../src/kinds/internal-diff.ts';
import { unifiedDiff } from '../../src/kinds/unified-diff.ts';
import type { KubeObject } from '../../src/meta/object.ts';

const registry = createRegistry();
const ctx = (apiVersion: string): StrategyContext => ({
  now: '2025-01-01T00:00:00Z',
  user: 'u',
  warn: () => {},
  subresource: '',
  apiVersion,
});
const strategyOf = (key: string) => registry.storage(key)!.strategy;

test('a difference has three lines around it, and near ones are one hunk', () => {
  const lines = Array.from({ length: 20 }, (_, i) => `l${i}`);
  const changed = (...at: number[]) => lines.map((line, i) => (at.includes(i) ? `x${i}` : line));
  expect(unifiedDiff(lines, lines)).toBe('');
  expect(unifiedDiff(lines, changed(10))).toBe('@@ -8,7 +8,7 @@\n l7\n l8\n l9\n-l10\n+x10\n l11\n l12\n l13\n');
  expect(unifiedDiff(lines, changed(0))).toBe('@@ -1,4 +1,4 @@\n-l0\n+x0\n l1\n l2\n l3\n');
  expect(unifiedDiff(lines, changed(2, 8)).match(/@@ /g)).toHaveLength(1);
  expect(unifiedDiff(lines, changed(2, 15)).match(/^@@/gm)).toHaveLength(2);
});

test('a pod is printed with the names of Go', () => {
  const spec = { containers: [{ name: 'c', image: 'i' }], hostNetwork: false, securityContext: {} };
  const difference = internalDiff('PodSpec', spec, { ...spec, hostNetwork: true });
  expect(difference).toContain('-  "HostNetwork": false,\n');
  expect(difference).toContain(' "SecurityContext": {\n');
  expect(internalDiff('PodSpec', spec, { ...spec, volumes: [] })).toContain('"Volumes": []');
});

test('what was sent keeps its empty lists, what is stored does not', () => {
  const { schema } = registry.byResource('storage.k8s.io', 'v1', 'csinodes')!;
  const object = { metadata: { name: 'n', labels: {} }, spec: { drivers: [] } };
  expect(normalizeObject(schema, object, false)).toEqual({ metadata: { name: 'n' }, spec: { drivers: [] } });
  expect(normalizeObject(schema, object)).toEqual({ metadata: { name: 'n' }, spec: { drivers: null } });
});

test('an event of the newer form says who did what', () => {
  const { validate } = strategyOf('events');
  const event = {
    metadata: { name: 'e', namespace: 'n' },
    involvedObject: { kind: 'Pod', name: 'p', namespace: 'n' },
    eventTime: '2024-01-01T00:00:00.000000Z',
    reportingComponent: 'c.example.com',
    reportingInstance: 'i',
    reason: 'R',
    type: 'Normal',
  } as unknown as KubeObject;
  const fields = (object: KubeObject, apiVersion: string) => validate!(object, ctx(apiVersion)).map((e) => e.field);
  expect(fields(event, 'events.k8s.io/v1')).toEqual(['action']);
  expect(fields({ ...event, action: 'A' }, 'events.k8s.io/v1')).toEqual([]);
  expect(fields({ ...event, action: 'A', eventTime: undefined, count: 1 }, 'events.k8s.io/v1')).toEqual([
    'eventTime',
    'count',
  ]);
  expect(fields({ ...event, eventTime: undefined }, 'v1')).toEqual([]);
});

test('a pod that runs nowhere needs no grace', () => {
  const { gracePeriod } = strategyOf('pods');
  const pod = (spec: object, phase = 'Running') =>
    ({ metadata: { name: 'p' }, spec, status: { phase } }) as unknown as KubeObject;
  expect(gracePeriod!(pod({}))).toBe(0);
  expect(gracePeriod!(pod({ nodeName: 'n', terminationGracePeriodSeconds: 7 }))).toBe(7);
  expect(gracePeriod!(pod({ nodeName: 'n' }, 'Succeeded'))).toBe(0);
});

test('a DaemonSet counts the changes of its template in an annotation', () => {
  const { defaults, prepareForCreate, prepareForUpdate } = strategyOf('daemonsets.apps');
  const of = (image: string) =>
    ({
      metadata: { name: 'd' },
      spec: { template: { spec: { containers: [{ name: 'c', image }] } } },
    }) as unknown as KubeObject;
  const count = (object: KubeObject) => object.metadata.annotations?.['deprecated.daemonset.template.generation'];
  const [old, same, other] = [of('a'), of('a'), of('b')];
  for (const object of [old, same, other]) defaults!(object);
  expect(count(old)).toBe('0');
  prepareForCreate!(old, ctx('apps/v1'));
  prepareForUpdate!(same, old, ctx('apps/v1'));
  prepareForUpdate!(other, old, ctx('apps/v1'));
  expect([old, same, other].map(count)).toEqual(['1', '1', '2']);
});
