import { expect, test } from 'vitest';
import { compareVersions, createRegistry } from '../../src/kinds/registry.ts';
import { validateMeta, validateMetaUpdate } from '../../src/kinds/validate-meta.ts';
import type { Kind, Registry } from '../../src/kinds/kind.ts';
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

test('definitions that come, change and go leave what one would have that was made of them all', () => {
  const pods = registry.preferred('pods')!;
  let state = 7;
  const next = (below: number): number => (state = (state * 48271) % 2147483647) % below;
  // names and groups that several have, of built-in kinds too
  const kindOf = (plural: number, group: string, version: string): Kind => ({
    ...pods,
    group,
    version,
    kind: `Kind${plural % 3}`,
    resource: `kinds${plural}`,
    custom: true,
    storage: { ...pods.storage, group, key: `kinds${plural}.${group}` },
  });
  const changing = createRegistry();
  const defined = new Map<string, Kind[]>();
  for (let i = 0; i < 200; i++) {
    const [plural, group] = [next(5), ['example.com', 'a.example.com', 'apps'][next(3)]!];
    const versions = ['v1', 'v2', 'v1beta1', 'v10'].filter(() => next(3) === 0);
    const name = `kinds${plural}.${group}`;
    defined.delete(name);
    if (versions.length)
      defined.set(
        name,
        versions.map((version) => kindOf(plural, group, version)),
      );
    changing.setCustom(name, defined.get(name) ?? []);
    const made = createRegistry();
    for (const [definition, kinds] of defined) made.setCustom(definition, kinds);
    const told = (of: Registry): unknown[] => [
      of.groups(),
      ...of
        .all()
        .map((kind) => [
          `${kind.group}/${kind.version}/${kind.resource}`,
          of.byResource(kind.group, kind.version, kind.resource) === kind,
          of.byKind(kind.group, kind.version, kind.kind)?.resource,
          of.preferred(kind.storage.key)?.version,
          of.ofKey(kind.storage.key).map(({ version }) => version),
        ]),
    ];
    expect(told(changing)).toEqual(told(made));
    for (const { storage } of changing.all())
      expect(changing.ofKey(storage.key)).toEqual(changing.all().filter((kind) => kind.storage.key === storage.key));
    expect(changing.ofKey(name)).toHaveLength(defined.get(name)?.length ?? 0);
    expect(changing.preferred('deployments.apps')?.version).toBe('v1');
    for (const gone of ['v1', 'v2'])
      if (!defined.get(name)?.some(({ version }) => version === gone))
        expect(changing.byResource(group, gone, `kinds${plural}`)).toBeUndefined();
  }
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
