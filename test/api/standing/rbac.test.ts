import { expect, it } from 'vitest';
import { Rbac, type Lessened } from '../../../src/api/authorization/rbac.ts';
import type { Store, WatchHandlers } from '../../../src/store/contract.ts';
import { FakeApi } from '../../support/fake-api.ts';

const GROUP = 'rbac.authorization.k8s.io';

it('what went while a watch was behind is forgotten, and everybody looked at', async () => {
  const fake = await FakeApi.open();
  await fake.give(
    {
      apiVersion: `${GROUP}/v1`,
      kind: 'ClusterRole',
      metadata: { name: 'r' },
      rules: [{ apiGroups: [''], resources: ['secrets'], verbs: ['get'] }],
    },
    ...['jane', 'joe'].map((name) => ({
      apiVersion: `${GROUP}/v1`,
      kind: 'RoleBinding',
      metadata: { name, namespace: 'a' },
      roleRef: { apiGroup: GROUP, kind: 'ClusterRole', name: 'r' },
      subjects: [{ apiGroup: GROUP, kind: 'User', name }],
    })),
  );
  const watches = new Map<string, WatchHandlers>();
  const { store } = fake;
  const deaf: Pick<Store, 'get' | 'list' | 'watch'> = {
    get: (key) => store.get(key),
    list: (scope) => store.list(scope),
    watch: ({ resource }, _from, handlers) => {
      watches.set(resource, handlers);
      return () => undefined;
    },
  };
  const rbac = new Rbac(deaf);
  const told: Lessened[] = [];
  rbac.onLessened((subjects) => told.push(subjects));
  const may = (name: string): boolean =>
    rbac.decide(
      { name, groups: [] },
      { verb: 'get', group: '', resource: 'secrets', subresource: '', namespace: 'a', name: '' },
    ).allowed;
  expect([may('jane'), may('joe')]).toEqual([true, true]);
  await fake.client.delete(`rolebindings.${GROUP}`, 'a', 'jane');
  watches.get(`rolebindings.${GROUP}`)?.onEnd('expired');
  expect([may('jane'), may('joe'), told]).toEqual([false, true, [undefined]]);
  await fake.client.delete(`clusterroles.${GROUP}`, '', 'r');
  watches.get(`clusterroles.${GROUP}`)?.onEnd('expired');
  expect([may('joe'), told]).toEqual([false, [undefined, undefined]]);
  rbac.close();
  await fake.close();
});
