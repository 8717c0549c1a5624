import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { User } from '../../src/api/contract.ts';
import type { StatusError } from '../../src/meta/status.ts';
import { admin, TestApi } from './support.ts';

const RBAC = 'rbac.authorization.k8s.io';
const POLICIES = 'validatingadmissionpolicies.admissionregistration.k8s.io';
const BINDINGS = 'validatingadmissionpolicybindings.admissionregistration.k8s.io';
const writer: User = { name: 'writer', uid: '7', groups: ['system:authenticated'] };
const WHO = 'user &{writer 7 [system:authenticated] map[]}';

let t: TestApi;
beforeAll(async () => {
  t = await TestApi.open();
  const rules = [
    { apiGroups: ['admissionregistration.k8s.io'], resources: ['*'], verbs: ['*'] },
    { apiGroups: [''], resources: ['configmaps'], verbs: ['get'] },
    { apiGroups: [''], resources: ['secrets'], verbs: ['get'], resourceNames: ['mine'] },
  ];
  await t.create(`clusterroles.${RBAC}`, { metadata: { name: 'writer' }, rules }, '');
  await t.create(
    `clusterrolebindings.${RBAC}`,
    {
      metadata: { name: 'writer' },
      roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: 'writer' },
      subjects: [{ kind: 'User', name: 'writer', apiGroup: RBAC }],
    },
    '',
  );
  for (const [name, kind] of [
    ['of-secrets', 'Secret'],
    ['of-configmaps', 'ConfigMap'],
    ['of-unknown', 'Gadget'],
  ] as const)
    await t.create(POLICIES, policy(name, kind), '');
});
afterAll(() => t.close());

const policy = (name: string, kind?: string, more: object = {}) => ({
  metadata: { name },
  spec: {
    ...(kind && { paramKind: { apiVersion: 'v1', kind } }),
    matchConstraints: {
      resourceRules: [{ apiGroups: ['apps'], apiVersions: ['v1'], resources: ['deployments'], operations: ['CREATE'] }],
    },
    validations: [{ expression: 'true' }],
    ...more,
  },
});
const binding = (name: string, policyName: string, paramRef?: object) => ({
  metadata: { name },
  spec: {
    policyName,
    validationActions: ['Deny'],
    ...(paramRef && { paramRef: { parameterNotFoundAction: 'Deny', ...paramRef } }),
  },
});
let made = 0;
/** undefined where the write is done */
const outcome = (call: Promise<unknown>): Promise<string | undefined> =>
  call.then(
    () => undefined,
    ({ status: { code, message } }: StatusError) => `${code} ${(message ?? '').replace(/^.*is invalid: /, '')}`,
  );

describe('parameters of a policy are what its writer may read', () => {
  it.each([
    [undefined, undefined],
    ['ConfigMap', undefined],
    [
      'Secret',
      `422 spec.paramKind: Forbidden: ${WHO} must have "get" permission on all objects of the referenced paramKind (kind=Secret, apiVersion=v1)`,
    ],
    [
      'Gadget',
      `422 spec.paramKind: Forbidden: ${WHO} must have "get" permission on all objects of the referenced paramKind (kind=Gadget, apiVersion=v1)`,
    ],
  ])('paramKind %s', async (kind, refused) => {
    const name = `p${++made}`;
    expect(await outcome(t.create(POLICIES, policy(name, kind), '', writer))).toBe(refused);
    const other = `q${made}`;
    await t.create(POLICIES, policy(other), '');
    const change = (patch: object) =>
      outcome(
        t.api.patch(
          t.ctx(writer),
          t.target(POLICIES, '', other),
          'application/merge-patch+json',
          { value: patch as never },
          {},
        ),
      );
    expect(await change({ spec: policy(other, kind).spec })).toBe(refused);
    expect(
      await outcome(
        t.api.patch(
          t.ctx(writer),
          t.target(POLICIES, '', `r${made}`),
          'application/apply-patch+yaml',
          {
            value: {
              apiVersion: 'admissionregistration.k8s.io/v1',
              kind: 'ValidatingAdmissionPolicy',
              ...policy(`r${made}`, kind),
            } as never,
          },
          { fieldManager: 'test' },
        ),
      ),
    ).toBe(refused);
  });

  it('a change that leaves paramKind as it was needs no such right', async () => {
    const target = t.target(POLICIES, '', 'of-secrets');
    const patch = { spec: { validations: [{ expression: 'false' }] } };
    const call = t.api.patch(t.ctx(writer), target, 'application/merge-patch+json', { value: patch }, {});
    expect(await outcome(call)).toBeUndefined();
  });
});

describe('parameters of a binding are what its writer may read', () => {
  const mayNot = (verb: string) =>
    `422 spec.paramRef: Forbidden: ${WHO} does not have "${verb}" permission on the object referenced by paramRef`;
  it.each([
    ['of-secrets', undefined, undefined],
    ['of-configmaps', { name: 'any', namespace: 't' }, undefined],
    ['of-configmaps', { name: 'any' }, undefined],
    ['of-configmaps', { selector: {} }, mayNot('list')],
    ['of-secrets', { name: 'other', namespace: 't' }, mayNot('get')],
    ['of-secrets', { name: 'other' }, mayNot('get')],
    ['of-secrets', { name: 'mine', namespace: 't' }, undefined],
    ['of-secrets', { selector: { matchLabels: { a: 'b' } }, namespace: 't' }, mayNot('list')],
    [
      'not-there',
      { name: 'mine', namespace: 't' },
      `422 spec.paramRef: Forbidden: unable to get policy not-there to determine minimum required permissions and ${WHO} does not have "get" permission for all groups, versions and resources`,
    ],
  ])('%s %j', async (policyName, paramRef, refused) => {
    const name = `b${++made}`;
    expect(await outcome(t.create(BINDINGS, binding(name, policyName, paramRef), '', writer))).toBe(refused);
    await t.create(BINDINGS, binding(`c${made}`, policyName), '');
    const value = { spec: binding('', policyName, paramRef).spec };
    const target = t.target(BINDINGS, '', `c${made}`);
    const call = t.api.patch(t.ctx(writer), target, 'application/merge-patch+json', { value: value as never }, {});
    expect(await outcome(call)).toBe(refused);
  });

  it('administrators are not asked', async () => {
    const call = t.create(BINDINGS, binding('admins', 'not-there', { name: 'mine' }), '', admin);
    expect(await outcome(call)).toBeUndefined();
  });
});
