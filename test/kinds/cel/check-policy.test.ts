import { expect, test } from 'vitest';
import type { CustomResourceDefinition, ValidatingAdmissionPolicy } from '../../../schema/types.ts';
import { checkedKinds } from '../../../src/kinds/cel/checked-kinds.ts';
import { policyWarnings } from '../../../src/kinds/cel/check-policy.ts';
import { atOnce } from '../../../src/meta/steps.ts';

type Spec = NonNullable<ValidatingAdmissionPolicy['spec']>;

const properties = {
  size: { type: 'integer' },
  when: { type: 'string', format: 'date-time' },
  port: { 'x-kubernetes-int-or-string': true },
  any: { 'x-kubernetes-preserve-unknown-fields': true },
  list: { type: 'array', items: { type: 'object', properties: { 'a-b': { type: 'string' } } } },
};
const gadgets = {
  metadata: { name: 'gadgets.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { kind: 'Gadget', plural: 'gadgets', singular: 'gadget' },
    versions: ['v0', 'v1', 'v2'].map((name) => ({
      name,
      served: name !== 'v0',
      storage: name === 'v1',
      schema: { openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties } } } },
    })),
  },
  status: { conditions: [{ type: 'Established', status: 'True' }] },
} as unknown as CustomResourceDefinition;

const rule = (group: string, version: string, ...resources: string[]) => ({
  apiGroups: [group],
  apiVersions: [version],
  operations: ['CREATE' as const],
  resources,
});

/** What is said of each expression, without the lines that show it. */
function warnings(rules: object[], expressions: string[], more: Partial<Spec> = {}): string[] {
  const validations = expressions.map((expression) => ({ expression }));
  const spec = { matchConstraints: { resourceRules: rules }, validations, ...more } as Spec;
  const policy: ValidatingAdmissionPolicy = {
    metadata: { name: 'p', uid: '', resourceVersion: '', creationTimestamp: '' },
    spec,
  };
  const found = atOnce(policyWarnings(policy, checkedKinds([], [gadgets]), () => 7));
  return found.map(({ warning }) => warning.replaceAll(/\n \| .*/g, '').trim());
}
const DEPLOYMENTS = [rule('apps', 'v1', 'deployments')];
const head = 'apps/v1, Kind=Deployment: ERROR: <input>:1:';
const none = (field: string): string => `undefined field '${field}'`;
const compared = (a: string, b: string): string => `found no matching overload for '_==_' applied to '(${a}, ${b})'`;

test.each<[expression: string, column: number, problem: string]>([
  ['object.nope == 1', 7, none('nope')],
  ['oldObject.spec.nope == 1', 15, none('nope')],
  ['object.spec.replicas == ""', 22, compared('int', 'string')],
  ['object.metadata.labels["x"] == 1', 29, compared('string', 'int')],
  ['object.metadata.creationTimestamp == ""', 35, compared('timestamp', 'string')],
  ['object.spec == 1', 13, compared('Deployment7.spec', 'int')],
  ['object.spec.template.spec.containers.all(c, c.img == "")', 46, none('img')],
  // what may be of several types is not there: Quantity, IntOrString
  ['object.spec.strategy.rollingUpdate.maxSurge == 1', 35, none('maxSurge')],
  ['object.metadata.managedFields[0].fieldsV1.x == 1', 42, none('x')],
  ['request.nope == 1', 8, none('nope')],
  ['namespaceObject.nope == 1', 16, none('nope')],
  ['params.x == 1', 1, "undeclared reference to 'params' (in container '')"],
  ['variables.x == 1', 10, none('x')],
])('%s does not fit a Deployment', (expression, column, problem) => {
  expect(warnings(DEPLOYMENTS, [expression])).toEqual([`${head}${column}: ${problem}`]);
});

test.each([
  'object.spec.replicas > 1 && object.metadata.labels.x == "y"',
  'object.metadata.creationTimestamp > timestamp("2020-01-01T00:00:00Z")',
  'dyn(object).nope == 1',
  'has(object.spec.replicas) && request.name == "" && authorizer.group("").resource("pods").check("get").allowed()',
])('%s fits a Deployment', (expression) => {
  expect(warnings(DEPLOYMENTS, [expression])).toEqual([]);
});

test.each<[expression: string, problem: string | undefined]>([
  ['object.spec.size == 1 && object.spec.when > timestamp("2020-01-01T00:00:00Z")', undefined],
  ['object.spec.port == 1 || object.spec.port == "x"', undefined],
  ['object.spec.list.all(l, l.a__dash__b == "")', undefined],
  ['object.metadata.labels["x"] == "y" && object.kind == ""', undefined],
  ['object.spec.any == 1', none('any')],
  ['object.spec.list.all(l, l.a__dash__b == 1)', compared('string', 'int')],
  ['object.status == 1', none('status')],
])('%s of a custom resource', (expression, problem) => {
  const found = warnings([rule('example.com', 'v1', 'gadgets')], [expression]);
  expect(found.map((text) => text.replace(/^.*ERROR: <input>:\d+:\d+: /, ''))).toEqual(problem ? [problem] : []);
});

/** The kinds for which an unknown field is told. */
const kindsOf = (...rules: object[]): string[] =>
  warnings(rules, ['object.nope == 1']).flatMap((text) =>
    [...text.matchAll(/^(.*), Kind=(\w+): /gm)].map(([, gv, kind]) => `${gv} ${kind}`),
  );

test.each<[what: string, rules: object[], kinds: string[]]>([
  ['any group', [rule('*', 'v1', 'deployments')], []],
  ['any version', [rule('apps', '*', 'deployments')], []],
  ['any resource, and subresources', [rule('apps', 'v1', '*', 'deployments/status', 'deployments/*')], []],
  ['one beside any', [rule('apps', 'v1', '*', 'deployments')], ['apps/v1 Deployment']],
  ['the core group, as any group', [rule('', 'v1', 'deployments')], ['apps/v1 Deployment']],
  [
    'singular and upper case',
    [rule('apps', 'v1', 'deployment', 'StatefulSets')],
    ['apps/v1 Deployment', 'apps/v1 StatefulSet'],
  ],
  ['what is not served', [rule('example.com', 'v0', 'gadgets'), rule('nope', 'v1', 'gadgets')], []],
  [
    'several versions',
    [{ ...rule('example.com', 'v2', 'gadgets'), apiVersions: ['v2', 'v1'] }],
    ['example.com/v1 Gadget', 'example.com/v2 Gadget'],
  ],
  [
    'in order',
    [rule('apps', 'v1', 'replicasets', 'daemonsets'), rule('', 'v1', 'pods')],
    ['/v1 Pod', 'apps/v1 DaemonSet', 'apps/v1 ReplicaSet'],
  ],
])('a rule for %s', (_, rules, kinds) => {
  expect(kindsOf(...rules)).toEqual(kinds);
});

test('a rule finds ten kinds, and then no other rule is looked at', () => {
  const resources =
    'configmaps endpoints limitranges namespaces nodes persistentvolumes pods secrets serviceaccounts services resourcequotas';
  expect(kindsOf(rule('', 'v1', ...resources.split(' ')), ...DEPLOYMENTS)).toHaveLength(10);
});

test('parameters have the type of their kind', () => {
  const paramKind = { apiVersion: 'v1', kind: 'ConfigMap' };
  const [said, ...others] = warnings(DEPLOYMENTS, ['params.data["a"] == "x"', 'params.nope == 1'], { paramKind });
  expect(said).toContain(none('nope'));
  expect(others).toEqual([]);
});

test('variables have the types of their values, and those that have none any', () => {
  const variables = [
    { name: 'a', expression: 'object.spec.replicas' },
    { name: 'b', expression: 'object.nope' },
    { name: 'c', expression: 'object.spec' },
  ];
  const [said, ...others] = warnings(
    DEPLOYMENTS,
    ['variables.a == ""', 'variables.b.x == 1', 'variables.c.nope == 1'],
    { variables },
  );
  expect(said).toContain(compared('int', 'string'));
  expect(others).toEqual([]);
});
