import { describe, expect, it, test } from 'vitest';
import { OPTIONAL_VERSIONS } from '../../src/kinds/builtin.ts';
import { createRegistry } from '../../src/kinds/registry.ts';
import { strategies } from '../../src/kinds/strategies.ts';
import type { KubeObject } from '../../src/meta/object.ts';
import { at } from '../support/at.ts';

const registry = createRegistry([...OPTIONAL_VERSIONS]);
const NOW = '2026-01-01T00:00:00Z';

test('every strategy is that of a kind that is served, or can be', () => {
  expect(Object.keys(strategies).filter((key) => !registry.storage(key))).toEqual([]);
});

describe('the first delete of what is held', () => {
  const begin = (key: string, object: object): KubeObject => {
    const given = { metadata: { name: 'a' }, ...object } as KubeObject;
    registry.storage(key)!.strategy.beginDeletion!(given, NOW);
    return given;
  };
  it('tells of a namespace that it is terminating, and leaves the rest of its status', () => {
    const { status } = begin('namespaces', { status: { phase: 'Active', conditions: [] } });
    expect(status).toEqual({ phase: 'Terminating', conditions: [] });
  });
  it('holds a definition until its objects are gone', () => {
    const cleanup = 'customresourcecleanup.apiextensions.k8s.io';
    const conditions = [
      { type: 'Established', status: 'True' },
      { type: 'Terminating', status: 'False' },
    ];
    const metadata = { name: 'a', finalizers: [cleanup, 'x.y/z'] };
    const definition = begin('customresourcedefinitions.apiextensions.k8s.io', { metadata, status: { conditions } });
    expect(definition.metadata.finalizers).toEqual(['x.y/z', cleanup]);
    expect(at(definition, 'status.conditions')).toMatchObject([
      { type: 'Established' },
      { type: 'Terminating', status: 'True', lastTransitionTime: NOW, reason: 'InstanceDeletionPending' },
    ]);
  });
  it('is that of no other kind', () => {
    const held = Object.entries(strategies).filter(([, strategy]) => strategy.beginDeletion);
    expect(held.map(([key]) => key)).toEqual(['namespaces', 'customresourcedefinitions.apiextensions.k8s.io']);
  });
});

test('system priority classes cannot be deleted, and others can', () => {
  const { refusesDelete } = registry.storage('priorityclasses.scheduling.k8s.io')!.strategy;
  expect(refusesDelete!('system-node-critical')).toBe('this is a system priority class and cannot be deleted');
  expect(refusesDelete!('mine')).toBeUndefined();
});

test('a Service holds its addresses in canonical form and each node port once, and takes its Endpoints along', () => {
  const { holds, takesAlong } = registry.storage('services')!.strategy;
  const service = (spec?: object) => ({ metadata: { name: 'a' }, ...(spec && { spec }) }) as KubeObject;
  expect(holds!.addresses(service({ clusterIPs: ['10.0.0.1', 'fd00:0::0:1'] }))).toEqual(['10.0.0.1', 'fd00::1']);
  expect(holds!.addresses(service({ clusterIPs: ['None'] }))).toEqual([]);
  const ports = [{ nodePort: 30_000 }, { nodePort: 30_000 }, {}, { nodePort: 0 }];
  expect(holds!.nodePorts(service({ ports, healthCheckNodePort: 30_001 }))).toEqual([30_000, 30_001]);
  expect([holds!.addresses(service()), holds!.nodePorts(service())]).toEqual([[], []]);
  expect(takesAlong).toBe('endpoints');
  const others = Object.entries(strategies).filter(([, strategy]) => strategy.holds ?? strategy.takesAlong);
  expect(others.map(([key]) => key)).toEqual(['services']);
});
