import { applyDefaults } from '../../../src/api/write/defaults.ts';
import { writeOf } from '../../../src/api/write/stored-write.ts';
import { storedForm } from '../../../src/kinds/encode.ts';
import type { KubeObject } from '../../../src/meta/object.ts';
import type { TestApi } from '../support.ts';

const GROUP = 'rbac.authorization.k8s.io';
const DEFINITIONS = 'customresourcedefinitions.apiextensions.k8s.io';

/** Roles of the users; those of `view` and `edit` are the parts that a controller would put together. */
const RIGHTS: readonly [user: string, ...roles: string[]][] = [
  ['view', 'system:aggregate-to-view'],
  ['edit', 'system:aggregate-to-view', 'system:aggregate-to-edit'],
  ['status', 'status'],
];

/** A definition whose first version has status and scale, and whose second has neither. */
const definition = (plural: string, kind: string, scope: 'Namespaced' | 'Cluster'): object => ({
  metadata: { name: `${plural}.gate.example.com` },
  spec: {
    group: 'gate.example.com',
    scope,
    names: { plural, singular: kind.toLowerCase(), kind, listKind: `${kind}List` },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
        subresources: { status: {}, scale: { specReplicasPath: '.spec.size', statusReplicasPath: '.status.size' } },
      },
      {
        name: 'v2',
        served: true,
        storage: false,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
      {
        name: 'v3',
        served: false,
        storage: false,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
        subresources: { status: {} },
      },
    ],
  },
});

const served = (t: TestApi, resource: string): Promise<void> =>
  new Promise((resolve) => {
    const look = (): void => {
      if (!t.api.registry.preferred(resource)) return;
      stop();
      resolve();
    };
    const stop = t.api.registry.onChange(look);
    look();
  });

/** Custom kinds of both scopes, rights for the users, and an object `x` of every kind, as bare as it can be. */
export async function seed(t: TestApi): Promise<void> {
  await t.create(DEFINITIONS, definition('widgets', 'Widget', 'Namespaced'), '');
  await t.create(DEFINITIONS, definition('gadgets', 'Gadget', 'Cluster'), '');
  await Promise.all(['widgets', 'gadgets'].map((plural) => served(t, `${plural}.gate.example.com`)));
  const rules = [{ apiGroups: ['*'], resources: ['*/status'], verbs: ['*'] }];
  await t.create(`clusterroles.${GROUP}`, { metadata: { name: 'status' }, rules }, '');
  for (const [user, ...roles] of RIGHTS)
    for (const name of roles)
      await t.create(
        `clusterrolebindings.${GROUP}`,
        {
          metadata: { name: `${user}-${name}` },
          roleRef: { apiGroup: GROUP, kind: 'ClusterRole', name },
          subjects: [{ kind: 'User', apiGroup: GROUP, name: user }],
        },
        '',
      );
  const { registry, store } = t.api;
  for (const resource of new Set(registry.all().map(({ storage }) => storage.key))) {
    const kind = registry.preferred(resource)!;
    if (!kind.storage.persisted || resource === DEFINITIONS) continue;
    const target = t.target(resource, 't', 'x');
    const { namespace } = target;
    const object = {
      metadata: { name: 'x', ...(namespace && { namespace }), uid: `uid-${resource}`, creationTimestamp: NOW },
    } as unknown as KubeObject;
    applyDefaults(kind, object);
    const by = { user: 'test', manager: 'test', verb: 'create' };
    await store.commit(writeOf({ target, by }, storedForm(kind.storage, kind.custom, object), undefined));
  }
}
const NOW = '2026-01-01T00:00:00Z';
