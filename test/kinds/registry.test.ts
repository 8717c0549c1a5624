import { expect, test } from 'vitest';
import { REFERENCES_ANNOTATION } from '../../src/kinds/custom/references.ts';
import { customKinds } from '../../src/kinds/custom.ts';
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

test('what leads to a kind is the same list until another definition leads there', () => {
  const own = createRegistry();
  const define = (plural: string, more: object): void => {
    const metadata = { name: `${plural}.g.io`, uid: plural, ...more };
    const versions = [{ name: 'v1', served: true, storage: true }];
    const names = { plural, kind: plural, listKind: `${plural}List` };
    const spec = { group: 'g.io', scope: 'Namespaced', names, versions };
    own.setCustom(metadata.name, customKinds({ metadata, spec } as unknown as KubeObject));
  };
  const told = (key: string, which: 'all' | 'typed'): string[] =>
    own.leadingTo(key, which).map(({ relation, declaring }) => `${declaring.storage.key} ${relation.back}`);
  const before = own.leadingTo('secrets', 'all');
  define('others', {});
  expect(own.leadingTo('secrets', 'all')).toBe(before);
  // owners, and whatever else leads to every kind
  expect(told('others.g.io', 'all')).toContain('events events');
  expect(own.leadingTo('nobody.g.io', 'all')).toEqual([]);
  const annotations = {
    [REFERENCES_ANNOTATION]: JSON.stringify([{ path: 'spec.s', resource: 'secrets', field: 's', back: 'users' }]),
  };
  define('users', { annotations });
  expect(told('secrets', 'all')).toContain('users.g.io users');
  expect(told('secrets', 'typed')).not.toContain('users.g.io users');
  own.setCustom('users.g.io', []);
  expect(own.leadingTo('secrets', 'all')).toEqual(before);
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
    { name: 'a', namespace: 'n', uid: 'u', finalizers: ['x.example.com/new'] },
    { name: 'a', namespace: 'n', uid: 'u', deletionTimestamp: 't' },
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

/** How often kube-apiserver answers: a bad label, a finalizer without a domain, one that is no name, another uid. */
const CAUSES: [counts: readonly number[], resources: string][] = [
  [
    [4, 2, 4, 2],
    `pods configmaps secrets serviceaccounts endpoints persistentvolumeclaims nodes namespaces controllerrevisions.apps
    jobs.batch ingresses.networking.k8s.io networkpolicies.networking.k8s.io ingressclasses.networking.k8s.io
    ipaddresses.networking.k8s.io roles.rbac.authorization.k8s.io clusterrolebindings.rbac.authorization.k8s.io
    storageclasses.storage.k8s.io volumeattributesclasses.storage.k8s.io csistoragecapacities.storage.k8s.io
    certificatesigningrequests.certificates.k8s.io deviceclasses.resource.k8s.io resourceclaims.resource.k8s.io`,
  ],
  [
    [3, 1, 2, 2],
    `services resourcequotas podtemplates replicationcontrollers deployments.apps daemonsets.apps replicasets.apps
    statefulsets.apps cronjobs.batch horizontalpodautoscalers.autoscaling servicecidrs.networking.k8s.io
    priorityclasses.scheduling.k8s.io csidrivers.storage.k8s.io resourceslices.resource.k8s.io`,
  ],
  [[2, 0, 1, 1], 'events poddisruptionbudgets.policy'],
  [
    [3, 1, 3, 1],
    `limitranges endpointslices.discovery.k8s.io volumeattachments.storage.k8s.io
    flowschemas.flowcontrol.apiserver.k8s.io prioritylevelconfigurations.flowcontrol.apiserver.k8s.io`,
  ],
  [[4, 2, 5, 1], 'persistentvolumes csinodes.storage.k8s.io'],
  [[3, 0, 1, 2], 'leases.coordination.k8s.io customresourcedefinitions.apiextensions.k8s.io'],
  [[4, 0, 2, 2], 'runtimeclasses.node.k8s.io apiservices.apiregistration.k8s.io'],
  [
    [3, 0, 2, 1],
    `validatingwebhookconfigurations.admissionregistration.k8s.io
    mutatingwebhookconfigurations.admissionregistration.k8s.io
    validatingadmissionpolicies.admissionregistration.k8s.io`,
  ],
];

test.each(CAUSES)('an update is answered with %j causes of metadata', (counts, resources) => {
  const bad = [{ labels: { 'a b': 'c' } }, { finalizers: ['x'] }, { finalizers: ['a b'] }, { uid: 'another' }];
  for (const resource of resources.split(/\s+/)) {
    const kind = registry.preferred(resource)!;
    const name = kind.kind === 'IPAddress' ? '10.0.0.9' : 'a';
    const old = { name, uid: 'u', ...(kind.namespaced && { namespace: 'n' }) };
    const seen = bad.map(
      (meta) =>
        validateMetaUpdate(
          kind,
          { metadata: { ...old, ...(meta as object) } } as KubeObject,
          { metadata: old } as KubeObject,
        ).length,
    );
    expect([resource, seen]).toEqual([resource, counts]);
  }
});
