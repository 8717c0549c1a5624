import { expect, test } from 'vitest';
import { compareVersions, createRegistry } from '../../src/kinds/registry.ts';
import { validateMeta, validateMetaUpdate } from '../../src/kinds/validate-meta.ts';
import type { Kind } from '../../src/kinds/kind.ts';
import type { KubeObject } from '../../src/meta/object.ts';

const registry = createRegistry();

test('resources that several versions share have one store key and one preferred kind', () => {
  expect(registry.preferred('horizontalpodautoscalers.autoscaling')?.version).toBe('v2');
  expect(registry.preferred('events')?.group).toBe('');
  expect(registry.storage('deployments.apps')?.head.toString()).toBe('{"kind":"Deployment","apiVersion":"apps/v1",');
  expect(registry.byResource('authorization.k8s.io', 'v1', 'subjectaccessreviews')?.storage.persisted).toBe(false);
});

test('versions are ordered by maturity, then by number', () => {
  expect(['v1beta1', 'foo', 'v1', 'v2', 'v1alpha1', 'v1beta2'].sort(compareVersions)).toEqual([
    'v2',
    'v1',
    'v1beta2',
    'v1beta1',
    'v1alpha1',
    'foo',
  ]);
});

test('metadata is validated with the words of the API server', () => {
  const kind = registry.byKind('', 'v1', 'ConfigMap') as Kind;
  const errors = (metadata: object): string[] =>
    validateMeta(kind, { metadata: { namespace: 'n', ...metadata } } as KubeObject).map((e) => `${e.field}: ${e.body}`);
  expect(errors({})).toEqual(['metadata.name: Required value: name or generateName is required']);
  expect(errors({ name: 'a', generateName: 'a-' })).toEqual([]);
  expect(errors({ name: 'a', labels: { 'bad key!': 'x' } })[0]).toMatch(
    /^metadata.labels: Invalid value: "bad key!": name part must consist of/,
  );
  expect(errors({ name: 'a', finalizers: ['x'] })).toEqual([
    'metadata.finalizers[0]: Invalid value: "x": name is neither a standard finalizer name nor is it fully qualified',
  ]);
  const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'o', uid: '', controller: true };
  expect(errors({ name: 'a', ownerReferences: [owner] })).toEqual([
    'metadata.ownerReferences.uid: Invalid value: "": must not be empty',
  ]);
  const [now, old] = [
    { name: 'a', uid: 'u', finalizers: ['x.example.com/new'] },
    { name: 'a', uid: 'u', deletionTimestamp: 't' },
  ];
  // once for all kinds, and once with the rules of the kind
  const why =
    'Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"x.example.com/new"}';
  expect(
    validateMetaUpdate(kind, { metadata: { ...now, deletionTimestamp: 't' } } as never, { metadata: old } as never).map(
      (e) => e.body,
    ),
  ).toEqual([why, why]);
});
