import { expect, it } from 'vitest';
import { planDeletion } from '../../../src/api/deletion/marks.ts';
import { createRegistry } from '../../../src/kinds/registry.ts';
import type { KubeObject } from '../../../src/meta/object.ts';
import type { Stored } from '../../../src/store/contract.ts';

const registry = createRegistry();
const NOW = Date.parse('2026-01-02T03:04:05Z');

/** What is stored, and how often it has been read anew. */
function stored(metadata: object, more: object = {}) {
  const object = { metadata: { name: 'a', uid: 'u', ...metadata }, ...more } as KubeObject;
  const read = { times: 0 };
  const copy = (): KubeObject => (read.times++, structuredClone(object));
  return { item: { object, copy } as unknown as Stored, object, read };
}
const plan = (resource: string, item: Stored, options = {}) => {
  const kind = registry.preferred(resource);
  if (!kind) throw new Error(resource);
  return planDeletion(kind.storage, item, options, NOW);
};

it('what goes is not read anew', () => {
  const { item, object, read } = stored({}, { data: { a: 'b' } });
  const before = structuredClone(object);
  expect(plan('configmaps', item)).toEqual({ do: 'remove' });
  expect([read.times, object]).toEqual([0, before]);
});

it('what is marked is not read anew, shares what a mark does not change, and is itself left as it was', () => {
  const { item, object, read } = stored({ finalizers: ['a.io/x'] }, { data: { a: 'b' } });
  const before = structuredClone(object);
  const marked = plan('configmaps', item, { propagationPolicy: 'Foreground' });
  expect(marked).toMatchObject({
    do: 'mark',
    object: { metadata: { finalizers: ['a.io/x', 'foregroundDeletion'], deletionTimestamp: '2026-01-02T03:04:05Z' } },
  });
  expect(marked.do === 'mark' && marked.object['data']).toBe(object['data']);
  expect([read.times, object]).toEqual([0, before]);
});

it('a kind whose deletion begins with more than its metadata is given a copy', () => {
  const { item, object, read } = stored({}, { spec: { finalizers: ['kubernetes'] }, status: { phase: 'Active' } });
  const before = structuredClone(object);
  expect(plan('namespaces', item)).toMatchObject({ do: 'mark', object: { status: { phase: 'Terminating' } } });
  expect([read.times, object]).toEqual([1, before]);
});
