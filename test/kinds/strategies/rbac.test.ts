import { expect, test } from 'vitest';
import { changeRefusals, refusals, strategyOf } from './refusals.ts';

const GROUP = 'rbac.authorization.k8s.io';
const LABEL_WORDS =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

test.each([
  [
    'roles',
    [{ apiGroups: [''], resources: ['pods'] }],
    ['rules[0].verbs: Required value: verbs must contain at least one value'],
  ],
  [
    'roles',
    [{ verbs: ['get'] }],
    [
      'rules[0].apiGroups: Required value: resource rules must supply at least one api group',
      'rules[0].resources: Required value: resource rules must supply at least one resource',
    ],
  ],
  [
    'roles',
    [{ verbs: ['get'], nonResourceURLs: ['/a'] }],
    ['rules[0].nonResourceURLs: Invalid value: ["/a"]: namespaced rules cannot apply to non-resource URLs'],
  ],
  ['clusterroles', [{ verbs: ['get'], nonResourceURLs: ['/a'] }], []],
  [
    'clusterroles',
    [{ verbs: ['get'], nonResourceURLs: ['/a'], resourceNames: ['x'] }],
    [
      'rules[0].nonResourceURLs: Invalid value: ["/a"]: rules cannot apply to both regular resources and non-resource URLs',
    ],
  ],
])('rules of %s %#', (resource, rules, wanted) => {
  expect(refusals(`${resource}.${GROUP}`, { rules })).toEqual(wanted);
});

test.each([
  [
    {},
    [
      'aggregationRule.clusterRoleSelectors: Required value: at least one clusterRoleSelector required if aggregationRule is non-nil',
    ],
  ],
  [
    { clusterRoleSelectors: [{ matchLabels: { 'a b': 'c' } }] },
    [
      `aggregationRule.clusterRoleSelectors[0].matchLabels: Invalid value: "a b": ${LABEL_WORDS}`,
      'aggregationRule.clusterRoleSelectors[0]: Invalid value: null: invalid label selector.',
    ],
  ],
  [{ clusterRoleSelectors: [{ matchLabels: { a: 'b' } }] }, []],
])('what a ClusterRole gathers %#', (aggregationRule, wanted) => {
  expect(refusals(`clusterroles.${GROUP}`, { aggregationRule })).toEqual(wanted);
});

const roleRef = { kind: 'Role', name: 'r' };
test.each([
  [
    'rolebindings',
    {
      roleRef,
      subjects: [
        { kind: 'ServiceAccount', name: 'x' },
        { kind: 'User', name: 'u' },
      ],
    },
    [],
  ],
  [
    'rolebindings',
    { roleRef: { apiGroup: 'x', kind: 'Role', name: 'a/b' } },
    [
      'roleRef.apiGroup: Unsupported value: "x": supported values: "rbac.authorization.k8s.io"',
      `roleRef.name: Invalid value: "a/b": may not contain '/'`,
    ],
  ],
  [
    'clusterrolebindings',
    { roleRef, subjects: [{ kind: 'ServiceAccount', name: 'x' }] },
    [
      'roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"',
      'subjects[0].namespace: Required value',
    ],
  ],
  [
    'rolebindings',
    { roleRef: { kind: 'Role' }, subjects: [{ kind: 'Group', name: 'g', apiGroup: 'y' }, { kind: 'Alien' }] },
    [
      'roleRef.name: Required value',
      'subjects[0].apiGroup: Unsupported value: "y": supported values: "rbac.authorization.k8s.io"',
      'subjects[1].kind: Unsupported value: "Alien": supported values: "ServiceAccount", "User", "Group"',
      'subjects[1].name: Required value',
    ],
  ],
])('%s %#', (resource, fields, wanted) => {
  expect(refusals(`${resource}.${GROUP}`, fields)).toEqual(wanted);
});

test('the role of a binding stays', () => {
  const other = { roleRef: { kind: 'Role', name: 'other' } };
  const shown = '{"APIGroup":"rbac.authorization.k8s.io","Kind":"Role","Name":"other"}';
  expect(changeRefusals(`rolebindings.${GROUP}`, { roleRef }, other)).toEqual([
    `roleRef: Invalid value: ${shown}: cannot change roleRef`,
  ]);
  expect(
    changeRefusals(`rolebindings.${GROUP}`, { roleRef }, { roleRef, subjects: [{ kind: 'User', name: 'u' }] }),
  ).toEqual([]);
});

test('a role may be made by a PUT, under any name that a path can have', () => {
  const { name, createOnUpdate } = strategyOf(`clusterroles.${GROUP}`);
  expect(createOnUpdate).toBe(true);
  expect(name!('system:node', false)).toEqual([]);
  expect(name!('a%', false)).toEqual(["may not contain '%'"]);
});
