import { describe, expect, test } from 'vitest';
import {
  fromStorage,
  itemBytes,
  listBytes,
  objectBytes,
  serializeBody,
  storedForm,
  toStorage,
} from '../../src/kinds/encode.ts';
import type { Kind } from '../../src/kinds/kind.ts';
import { createRegistry } from '../../src/kinds/registry.ts';
import type { KubeObject } from '../../src/meta/object.ts';
import { at } from '../support/at.ts';

const registry = createRegistry();
const kind = (group: string, version: string, name: string): Kind => registry.byKind(group, version, name) as Kind;
const bodyOf = (k: Kind, object: KubeObject): Buffer => serializeBody(storedForm(k.storage, k.custom, object)).body;
const text = (value: Buffer): unknown => JSON.parse(value.toString());
const body = (k: Kind, object: object): unknown =>
  text(bodyOf(k, { metadata: { name: 'a' }, ...object } as KubeObject));
const stored = (object: object): { bytes: Buffer; object: never } => ({
  bytes: Buffer.from(JSON.stringify(object)),
  object: object as never,
});

describe('the stored form', () => {
  test('has metadata first, and neither kind nor resourceVersion', () => {
    const object = {
      data: { a: '1' },
      kind: 'ConfigMap',
      apiVersion: 'v1',
      metadata: { resourceVersion: '5', name: 'a' },
    };
    expect(bodyOf(kind('', 'v1', 'ConfigMap'), object as never).toString()).toBe(
      '{"metadata":{"name":"a"},"data":{"a":"1"}}',
    );
  });
  test('leaves out zero values where Go does, and writes them where Go does', () => {
    expect(body(kind('', 'v1', 'Event'), { type: '', count: 0 })).toEqual({
      metadata: { name: 'a' },
      involvedObject: {},
      source: {},
      firstTimestamp: null,
      lastTimestamp: null,
      eventTime: null,
      reportingComponent: '',
      reportingInstance: '',
    });
    expect(body(kind('rbac.authorization.k8s.io', 'v1', 'Role'), {})).toEqual({ metadata: { name: 'a' }, rules: null });
    expect(body(kind('', 'v1', 'Service'), { spec: { ports: [{ port: 1 }] } })).toEqual({
      metadata: { name: 'a' },
      spec: { ports: [{ port: 1, targetPort: 0 }] },
      status: { loadBalancer: {} },
    });
  });
  test('keeps zero values of pointers', () => {
    const kept = body(kind('apps', 'v1', 'Deployment'), { spec: { replicas: 0, paused: false } });
    expect([at(kept, 'spec.replicas'), at(kept, 'spec.paused')]).toEqual([0, undefined]);
  });
});

describe('writing', () => {
  const pods = kind('', 'v1', 'Pod');
  const item = { metadata: { resourceVersion: '7', name: 'a' }, spec: {}, status: {} };
  test('an object is its head and the bytes of the store', () => {
    expect(objectBytes(pods, stored(item)).toString()).toBe(
      `{"kind":"Pod","apiVersion":"v1",${JSON.stringify(item).slice(1)}`,
    );
    expect(itemBytes(pods, stored(item)).toString()).toBe(JSON.stringify(item));
  });
  test('a list is a concatenation', () => {
    const list = Buffer.concat([...listBytes(pods, { resourceVersion: '9' }, [stored(item), stored(item)])]);
    expect(text(list)).toEqual({
      kind: 'PodList',
      apiVersion: 'v1',
      metadata: { resourceVersion: '9' },
      items: [item, item],
    });
  });
});

describe('versions that share a resource', () => {
  test('events have other names for some fields', () => {
    const events = kind('events.k8s.io', 'v1', 'Event');
    const object = {
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { name: 'e' },
      note: 'n',
      regarding: { name: 'p' },
      reportingController: 'c',
    };
    const core = toStorage(events, object as never);
    expect(core).toMatchObject({
      apiVersion: 'v1',
      message: 'n',
      involvedObject: { name: 'p' },
      reportingComponent: 'c',
    });
    expect(fromStorage(events, core)).toMatchObject(object);
    expect(events.storage).toBe(kind('', 'v1', 'Event').storage);
  });
  test('autoscaling/v1 carries what it has no field for in annotations', () => {
    const v1 = kind('autoscaling', 'v1', 'HorizontalPodAutoscaler');
    const cpu = {
      type: 'Resource',
      resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } },
    };
    const memory = {
      type: 'Resource',
      resource: { name: 'memory', target: { type: 'Utilization', averageUtilization: 70 } },
    };
    const object = {
      metadata: { name: 'h' },
      spec: { maxReplicas: 3, metrics: [cpu, memory], behavior: { scaleDown: {} } },
      status: { desiredReplicas: 0 },
    };
    const old = fromStorage(v1, object as never);
    expect(at(old, 'spec.targetCPUUtilizationPercentage')).toBe(50);
    expect(old.metadata.annotations?.['autoscaling.alpha.kubernetes.io/metrics']).toBe(
      '[{"type":"Resource","resource":{"name":"memory","targetAverageUtilization":70}}]',
    );
    // the one metric that v1 has a field for comes last
    expect(toStorage(v1, old).spec).toMatchObject({ ...object.spec, metrics: [memory, cpu] });
    expect(toStorage(v1, old).metadata.annotations).toBeUndefined();
  });
  test.each([
    ['metrics', '[{"type":"Resource","resource":{"name":5,"targetAverageValue":"1"}}]'],
    ['metrics', '[{"type":"Pods","pods":{"targetAverageValue":"many"}}]'],
    ['metrics', '[null]'],
    ['metrics', '{'],
    ['behavior', '[1]'],
    ['behavior', '{"scaleUp":{"policies":5}}'],
    ['conditions', '"x"'],
    ['current-metrics', '[{"type":{}}]'],
  ])('an annotation %s that says %s says nothing', (name, text) => {
    const v1 = kind('autoscaling', 'v1', 'HorizontalPodAutoscaler');
    const object = {
      metadata: { name: 'h', annotations: { [`autoscaling.alpha.kubernetes.io/${name}`]: text } },
      spec: { maxReplicas: 3 },
    };
    const { spec, status, metadata } = toStorage(v1, object as never);
    expect({ spec, status, metadata }).toEqual({
      spec: {
        maxReplicas: 3,
        metrics: [
          { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } },
        ],
      },
      status: {},
      metadata: { name: 'h' },
    });
  });
});
