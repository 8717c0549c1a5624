import { mkdtempSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCluster, type Cluster } from '../e2e/support/cluster.ts';
import { ask, operate, type Asked } from './support/ask.ts';

const USERS = ['editor', 'status', 'boss', 'acting'];
const TOKENS = [...USERS.map((name) => `${name},${name},${name}`), 'admin,admin,admin,system:masters'].join('\n');
const HIDDEN = 'aHVzaCBodXNo';
const GROUP = 'rbac.authorization.k8s.io';

const list = (...items: object[]): string => JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
const rbac = (kind: string, name: string, rest: object, namespace?: string): object => ({
  apiVersion: `${GROUP}/v1`,
  kind,
  metadata: { name, ...(namespace && { namespace }) },
  ...rest,
});
const bound = (user: string, role: string): object => ({
  roleRef: { apiGroup: GROUP, kind: 'ClusterRole', name: role },
  subjects: [{ kind: 'User', apiGroup: GROUP, name: user }],
});

/** What the attackers find: a namespace with a policy and a quota, a Secret, a pod; and their rights. */
const CLUSTER = list(
  {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'prod', labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
  },
  { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace: 'prod' } },
  { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'key', namespace: 'prod' }, data: { key: HIDDEN } },
  {
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { name: 'none', namespace: 'prod' },
    spec: { hard: { pods: '0' } },
  },
  // the parts of `edit`, which a controller would put together
  rbac('RoleBinding', 'editor', bound('editor', 'system:aggregate-to-edit'), 'prod'),
  rbac('RoleBinding', 'viewer', bound('editor', 'system:aggregate-to-view'), 'prod'),
  rbac('ClusterRole', 'status', { rules: [{ apiGroups: ['*'], resources: ['*/status'], verbs: ['*'] }] }),
  rbac('ClusterRoleBinding', 'status', bound('status', 'status')),
  // all of one namespace, and nothing outside of it
  rbac('RoleBinding', 'boss', bound('boss', 'cluster-admin'), 'prod'),
  rbac('ClusterRole', 'acting', { rules: [{ apiGroups: [''], resources: ['users'], verbs: ['impersonate'] }] }),
  rbac('ClusterRoleBinding', 'acting', bound('acting', 'acting')),
);

const privileged = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'stolen', namespace: 'prod' },
  spec: { hostPID: true, containers: [{ name: 'c', image: 'busybox', securityContext: { privileged: true } }] },
};
const toMasters = rbac('ClusterRoleBinding', 'stolen', bound('status', 'cluster-admin'));
const allRules = rbac('ClusterRole', 'stolen', { rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }] });

type Attack = [what: string, user: string, codes: number[], query: string, variables?: object, extensions?: object];
const create = (args: string): string => `mutation ($object: JSON!) { createObject(${args}, object: $object) }`;
const inProd = 'namespace: "prod"';

const GRAPHQL: Attack[] = [
  // writes of the whole object by way of a part
  ...['exec', 'attach', 'portforward', 'proxy', 'log', 'status', 'resize', 'ephemeralcontainers', 'nothing'].map(
    (subresource): Attack => [
      `a privileged pod by pods/${subresource}`,
      'editor',
      [403, 404, 405],
      create(`resource: "pods", ${inProd}, subresource: "${subresource}"`),
      { object: privileged },
    ],
  ),
  [
    'a privileged pod by pods/eviction',
    'editor',
    [400],
    create(`resource: "pods", ${inProd}, subresource: "eviction"`),
    { object: privileged },
  ],
  [
    'a privileged pod by pods/binding',
    'boss',
    [400, 404, 500],
    create(`resource: "pods", ${inProd}, subresource: "binding"`),
    { object: privileged },
  ],
  [
    'a privileged pod under the name of a binding',
    'boss',
    [400, 405],
    create(`resource: "bindings", ${inProd}, name: "stolen"`),
    { object: privileged },
  ],
  [
    'a privileged pod by the front door',
    'editor',
    [403],
    create(`resource: "pods", ${inProd}`),
    { object: privileged },
  ],
  ['a pod in no namespace', 'admin', [405], create('resource: "pods"'), { object: privileged }],
  [
    'a binding to cluster-admin by */status',
    'status',
    [404],
    create('resource: "clusterrolebindings.rbac.authorization.k8s.io", subresource: "status"'),
    { object: toMasters },
  ],
  [
    'a role of all rights by */status',
    'status',
    [404],
    create('resource: "clusterroles.rbac.authorization.k8s.io", subresource: "status"'),
    { object: allRules },
  ],
  [
    'the same by apply',
    'status',
    [404],
    'mutation ($object: JSON!) { applyClusterRole(object: $object, subresource: "status") { kind } }',
    { object: allRules },
  ],
  [
    'the same by a patch of its own role',
    'status',
    [404],
    'mutation ($patch: JSON!) { patchClusterRole(name: "status", subresource: "status", patch: $patch) { kind } }',
    { patch: { rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }] } },
  ],
  [
    'the same by an update',
    'status',
    [404],
    'mutation ($object: JSON!) { updateClusterRole(name: "status", subresource: "status", object: $object) { kind } }',
    { object: { ...allRules, metadata: { name: 'status' } } },
  ],
  [
    'a cluster role within a namespace',
    'boss',
    [404],
    create(`resource: "clusterroles.rbac.authorization.k8s.io", ${inProd}`),
    { object: allRules },
  ],
  [
    'a Secret changed by */status',
    'status',
    [404],
    `mutation { patchSecret(${inProd}, name: "key", subresource: "status", patch: {data: null}) { kind } }`,
  ],
  // reads of the whole object by way of a part
  [
    'a Secret by */status',
    'status',
    [404],
    `{ object(resource: "secrets", ${inProd}, name: "key", subresource: "status") }`,
  ],
  [
    'a Secret by */status of a version that is not',
    'status',
    [404],
    `{ object(resource: "secrets", version: "v2", ${inProd}, name: "key", subresource: "status") }`,
  ],
  [
    'a ConfigMap by */status',
    'status',
    [404],
    `{ object(resource: "configmaps", ${inProd}, name: "kube-root-ca.crt", subresource: "status") }`,
  ],
  [
    'a ServiceAccount by its token',
    'boss',
    [405],
    `{ object(resource: "serviceaccounts", ${inProd}, name: "default", subresource: "token") }`,
  ],
  ['a pod by its log', 'editor', [405], `{ object(resource: "pods", ${inProd}, name: "any", subresource: "log") }`],
  ['a node within a namespace', 'boss', [404], `{ object(resource: "nodes", ${inProd}, name: "any") }`],
  ['all nodes within a namespace', 'boss', [404], `{ objects(resource: "nodes", ${inProd}) { items } }`],
  [
    'nodes as the contents of a namespace',
    'boss',
    [404],
    '{ namespace(name: "prod") { contents(resource: "nodes") { items { kind } } } }',
  ],
  [
    'Secrets as the contents of a namespace',
    'status',
    [403],
    '{ namespace(name: "prod") { contents(resource: "secrets") { items { _json } } } }',
  ],
  [
    'a Secret of the past under two names',
    'status',
    [403],
    `{ secret(${inProd}, name: "other,metadata.name=key", asOf: "1") { _json } }`,
  ],
  // verbs that a kind has not
  [
    'a question that is updated',
    'boss',
    [405],
    `mutation { updateObject(resource: "localsubjectaccessreviews.authorization.k8s.io", ${inProd}, name: "x", object: {metadata: {name: "x"}}) }`,
  ],
  ['a question that is read', 'admin', [405], '{ object(resource: "tokenreviews.authentication.k8s.io", name: "x") }'],
  [
    'a question that is deleted',
    'admin',
    [405],
    'mutation { deleteObject(resource: "selfsubjectreviews.authentication.k8s.io", name: "x") }',
  ],
  [
    'a component that is deleted',
    'admin',
    [405],
    'mutation { deleteObject(resource: "componentstatuses", name: "scheduler") }',
  ],
  [
    'a component that is patched',
    'admin',
    [405],
    'mutation { patchObject(resource: "componentstatuses", name: "scheduler", patch: {}) }',
  ],
  ['bindings that are listed', 'boss', [405], `{ objects(resource: "bindings", ${inProd}) { items } }`],
  ['what is there, for who may not know', 'editor', [403], '{ object(resource: "nothing.example.com", name: "x") }'],
  // whom a request acts for
  [
    'the masters by impersonation',
    'acting',
    [403],
    '{ secret(namespace: "prod", name: "key") { _json } }',
    {},
    { as: { user: 'x', groups: ['system:masters'] } },
  ],
  [
    'another uid by impersonation',
    'acting',
    [403],
    '{ secret(namespace: "prod", name: "key") { _json } }',
    {},
    { as: { user: 'boss', uid: 'x' } },
  ],
  [
    'extra by impersonation',
    'acting',
    [403],
    '{ secret(namespace: "prod", name: "key") { _json } }',
    {},
    { as: { user: 'boss', extra: { scopes: ['all'] } } },
  ],
  [
    'an impersonation that is not understood',
    'acting',
    [400],
    '{ secret(namespace: "prod", name: "key") { _json } }',
    {},
    { as: { user: 'boss', scope: 'none' } },
  ],
];

const post = (body: object): Asked => ({ method: 'POST', body });
const REST: [what: string, user: string, codes: number[], path: string, asked?: Asked][] = [
  ['a privileged pod by pods/exec', 'editor', [400, 404], '/api/v1/namespaces/prod/pods/stolen/exec', post(privileged)],
  ['a privileged pod by pods/status', 'boss', [405], '/api/v1/namespaces/prod/pods/stolen/status', post(privileged)],
  [
    'a privileged pod put at pods/status',
    'boss',
    [404],
    '/api/v1/namespaces/prod/pods/stolen/status',
    { method: 'PUT', body: privileged },
  ],
  ['a pod in no namespace', 'admin', [405], '/api/v1/pods', post(privileged)],
  ['a Secret by */status', 'status', [404], '/api/v1/namespaces/prod/secrets/key/status'],
  [
    'a binding to cluster-admin by */status',
    'status',
    [404],
    `/apis/${GROUP}/v1/clusterrolebindings/stolen/status`,
    post(toMasters),
  ],
  ['a node within a namespace', 'boss', [404], '/api/v1/namespaces/prod/nodes/any'],
  [
    'a deleted collection of statuses',
    'status',
    [405],
    '/api/v1/namespaces/prod/pods/any/status',
    { method: 'DELETE' },
  ],
  ['what is there, for who may not know', 'editor', [403], '/apis/example.com/v1/nothing/x'],
  ['a question that is listed', 'admin', [405], '/apis/authentication.k8s.io/v1/tokenreviews'],
];

describe('the gate', () => {
  let cluster: Cluster;
  const as = (user: string): Record<string, string> => (user ? { authorization: `Bearer ${user}` } : {});

  beforeAll(async () => {
    const tokens = path.join(mkdtempSync(path.join(os.tmpdir(), 'ku7s-gate-')), 'tokens.csv');
    writeFileSync(tokens, TOKENS);
    cluster = await startCluster(['--roles', 'api', '--token-auth-file', tokens]);
    expect((await cluster.kubectl('create -f -', CLUSTER)).stderr).toBe('');
  });
  afterAll(() => cluster?.remove());

  it.each(GRAPHQL)('GraphQL gives no %s to %s', async (_, user, codes, query, variables, extensions) => {
    const { code, text } = await operate(
      cluster,
      { query, ...(variables && { variables }), ...(extensions && { extensions }) },
      as(user),
    );
    expect(codes, text).toContain(code);
    expect(text).not.toContain(HIDDEN);
    const anonymous = await operate(cluster, { query, ...(variables && { variables }) });
    expect([400, 403], anonymous.text).toContain(anonymous.code);
  });

  it.each(REST)('REST gives no %s to %s', async (_, user, codes, url, asked = {}) => {
    const { code, text } = await ask(cluster, url, { ...asked, headers: as(user) });
    expect(codes, text).toContain(code);
    expect(text).not.toContain(HIDDEN);
    expect((await ask(cluster, url, asked)).code).toBe(403);
  });

  it('nothing of it has happened', async () => {
    const { stdout } = await cluster.kubectl('get pods,clusterroles,clusterrolebindings,secrets -A -o name');
    expect(stdout).not.toContain('stolen');
    const key = await cluster.kubectl('get secret key -n prod -o jsonpath={.data.key}');
    expect(key.stdout).toBe(HIDDEN);
    const rules = await cluster.kubectl('get clusterrole status -o jsonpath={.rules[*].resources}');
    expect(rules.stdout).toBe('["*/status"]');
  });
});
