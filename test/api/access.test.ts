import { afterAll, beforeAll, expect, test } from 'vitest';
import type { User } from '../../src/api/contract.ts';
import { admin, pod, refusal, TestApi } from './support.ts';
import { at } from '../support/at.ts';

let t: TestApi;
const GROUP = 'rbac.authorization.k8s.io';
const user = (name: string): User => ({ name, groups: ['system:authenticated'] });
const boss = user('boss');
beforeAll(async () => {
  t = await TestApi.open({ staticTokens: 'sesame,ali,7,"thieves,forty"\n# comment\nplain,bob,8' });
});
afterAll(() => t.close());

const role = (name: string, rules: unknown[]) => t.create(`roles.${GROUP}`, { metadata: { name }, rules });
const bind = (name: string, kind: string, of: string, to: string, by = admin) =>
  t.create(
    `rolebindings.${GROUP}`,
    {
      metadata: { name },
      roleRef: { apiGroup: GROUP, kind, name: of },
      subjects: [{ kind: 'User', name: to, apiGroup: GROUP }],
    },
    't',
    by,
  );
const readPods = { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] };

test('nothing is allowed that no rule allows', async () => {
  const call = t.api.list(t.ctx(boss), t.target('pods'), {});
  expect(await refusal(call)).toEqual({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    reason: 'Forbidden',
    code: 403,
    details: { kind: 'pods' },
    message: 'pods is forbidden: User "boss" cannot list resource "pods" in API group "" in the namespace "t"',
  });
  expect((await refusal(t.api.list(t.ctx(boss), t.target('nodes'), {}))).message).toContain('at the cluster scope');
});

test('a binding is in force at once, and so is its removal', async () => {
  await role('reader', [readPods]);
  await bind('reading', 'Role', 'reader', 'reading');
  await t.api.list(t.ctx(user('reading')), t.target('pods'), {});
  expect((await refusal(t.api.list(t.ctx(user('reading')), t.target('pods', 'default'), {}))).code).toBe(403);
  await t.delete(`rolebindings.${GROUP}`, 'reading');
  expect((await refusal(t.api.list(t.ctx(user('reading')), t.target('pods'), {}))).code).toBe(403);
});

test('a role that is not there is the reason', async () => {
  await bind('vain', 'Role', 'nothing', 'vain');
  const { message } = await refusal(t.api.list(t.ctx(user('vain')), t.target('pods'), {}));
  expect(message).toMatch(/in the namespace "t": RBAC: role.rbac.authorization.k8s.io "nothing" not found$/);
});

test('nobody grants what he does not have', async () => {
  await role('maker', [{ apiGroups: [GROUP], resources: ['roles', 'rolebindings'], verbs: ['create'] }, readPods]);
  await bind('making', 'Role', 'maker', 'boss');
  const small = { metadata: { name: 'small' }, rules: [readPods] };
  await t.create(`roles.${GROUP}`, small, 't', boss);
  const big = { metadata: { name: 'big' }, rules: [{ apiGroups: [''], resources: ['nodes'], verbs: ['get', 'list'] }] };
  expect((await refusal(t.create(`roles.${GROUP}`, big, 't', boss))).message).toBe(
    'roles.rbac.authorization.k8s.io "big" is forbidden: user "boss" (groups=["system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:[""], Resources:["nodes"], Verbs:["get" "list"]}',
  );
  expect((await refusal(bind('me', 'ClusterRole', 'cluster-admin', 'boss', boss))).message).toContain(
    'is attempting to grant RBAC permissions not currently held',
  );
  await bind('fine', 'Role', 'small', 'me', boss);
});

test('static tokens and certificates say who it is', async () => {
  expect(await t.api.authenticate({ token: 'sesame' })).toEqual({
    name: 'ali',
    uid: '7',
    groups: ['thieves', 'forty', 'system:authenticated'],
  });
  expect(await t.api.authenticate({ token: 'wrong' })).toBeUndefined();
  expect(await t.api.authenticate({})).toEqual({ name: 'system:anonymous', groups: ['system:unauthenticated'] });
  expect(await t.api.authenticate({ verified: { name: 'c', groups: ['o'] } })).toEqual({
    name: 'c',
    groups: ['o', 'system:authenticated'],
  });
});

test('a service account token is good as long as its pod', async () => {
  await t.create('pods', pod('holder'));
  const bound = { kind: 'Pod', apiVersion: 'v1', name: 'holder' };
  const { object } = await t.create(
    'serviceaccounts/token',
    { spec: { expirationSeconds: 600, boundObjectRef: bound } },
    't',
    admin,
    'default',
  );
  const token = object['status'].token as string;
  expect(await t.api.authenticate({ token })).toMatchObject({
    name: 'system:serviceaccount:t:default',
    groups: ['system:serviceaccounts', 'system:serviceaccounts:t', 'system:authenticated'],
    extra: { 'authentication.kubernetes.io/pod-name': ['holder'] },
  });
  await t.delete('pods', 'holder');
  expect(await t.api.authenticate({ token })).toBeUndefined();
  const short = t.create('serviceaccounts/token', { spec: { expirationSeconds: 5 } }, 't', admin, 'default');
  expect((await refusal(short)).message).toContain('may not specify a duration less than 10 minutes');
});

test('impersonation needs leave, and a user', async () => {
  const became = t.api.impersonate(admin, { user: 'system:serviceaccount:t:default', groups: [], extra: {} });
  expect(became.groups).toEqual(['system:serviceaccounts', 'system:serviceaccounts:t', 'system:authenticated']);
  expect(() => t.api.impersonate(boss, { user: 'admin', groups: [], extra: {} })).toThrow(
    'users "admin" is forbidden: User "boss" cannot impersonate resource "users" in API group "" at the cluster scope',
  );
  expect(() => t.api.impersonate(admin, { groups: ['g'], extra: {} })).toThrow(
    'requested [{Group  g    }] without impersonating a user',
  );
});

test('reviews answer what would be allowed', async () => {
  const spec = { resourceAttributes: { verb: 'get', resource: 'pods', namespace: 't' } };
  const mine = await t.create('selfsubjectaccessreviews.authorization.k8s.io', { spec }, '', boss);
  expect(mine.object['status']).toEqual({
    allowed: true,
    reason: 'RBAC: allowed by RoleBinding "making/t" of Role "maker" to User "boss"',
  });
  const other = await t.create('subjectaccessreviews.authorization.k8s.io', { spec: { ...spec, user: 'nobody' } }, '');
  expect(other.object['status']).toEqual({ allowed: false });
  const rules = await t.create('selfsubjectrulesreviews.authorization.k8s.io', { spec: { namespace: 't' } }, '', boss);
  expect(at(rules.object, 'status.resourceRules')).toContainEqual({
    verbs: ['get', 'list'],
    apiGroups: [''],
    resources: ['pods'],
  });
});

test('a node reads what its pods refer to, and no more', async () => {
  const node: User = { name: 'system:node:n1', groups: ['system:nodes', 'system:authenticated'] };
  await t.create('secrets', { metadata: { name: 'used' } });
  await t.create('secrets', { metadata: { name: 'unused' } });
  await t.create('pods', pod('mounts', { nodeName: 'n1', volumes: [{ name: 'v', secret: { secretName: 'used' } }] }));
  await t.get('secrets', 'used', 't', node);
  expect((await refusal(t.get('secrets', 'unused', 't', node))).message).toContain(
    "no relationship found between node 'n1' and this object",
  );
  await t.api.list(t.ctx(node), t.target('services', 'default'), {});
  expect((await refusal(t.create('nodes', { metadata: { name: 'n2' } }, '', node))).message).toContain(
    'node "n1" is not allowed to modify node "n2"',
  );
  expect((await refusal(t.create('pods', pod('free', { nodeName: 'n1' }), 't', node))).message).toContain(
    'can only create mirror pods',
  );
});
