import { expect, test } from 'vitest';
import { changeRefusals, created, refusals } from './refusals.ts';
import { at } from '../../support/at.ts';

const HOOKS = 'validatingwebhookconfigurations.admissionregistration.k8s.io';
const POLICIES = 'validatingadmissionpolicies.admissionregistration.k8s.io';
const BINDINGS = 'validatingadmissionpolicybindings.admissionregistration.k8s.io';
const hook = {
  name: 'a.example.com',
  admissionReviewVersions: ['v1'],
  sideEffects: 'None',
  clientConfig: { url: 'https://h/p' },
};
const rule = { operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] };

test.each([
  [{}, []],
  [{ name: 'a.b' }, ['name: Invalid value: "a.b": should be a domain with at least three segments separated by dots']],
  [{ name: '' }, ['name: Required value']],
  [{ sideEffects: undefined }, ['sideEffects: Required value: must specify one of None, NoneOnDryRun']],
  [{ sideEffects: 'Some' }, ['sideEffects: Unsupported value: "Some": supported values: "None", "NoneOnDryRun"']],
  [{ admissionReviewVersions: [] }, ['admissionReviewVersions: Required value: must specify one of v1, v1beta1']],
  [
    { admissionReviewVersions: ['v2', 'v2'] },
    [
      'admissionReviewVersions: Invalid value: ["v2","v2"]: must include at least one of v1, v1beta1',
      'admissionReviewVersions[1]: Invalid value: "v2": duplicate version',
    ],
  ],
  [{ timeoutSeconds: 31 }, ['timeoutSeconds: Invalid value: 31: the timeout value must be between 1 and 30 seconds']],
  [
    { failurePolicy: 'Maybe', matchPolicy: 'Near' },
    [
      'failurePolicy: Unsupported value: "Maybe": supported values: "Fail", "Ignore"',
      'matchPolicy: Unsupported value: "Near": supported values: "Equivalent", "Exact"',
    ],
  ],
  [{ clientConfig: {} }, ['clientConfig: Required value: exactly one of url or service is required']],
  [
    { clientConfig: { url: 'http://u@h?a#b' } },
    [
      'clientConfig.url: Invalid value: "a": query parameters are not permitted in the URL',
      'clientConfig.url: Invalid value: "b": fragments are not permitted in the URL',
      `clientConfig.url: Invalid value: "http": 'https' is the only allowed URL scheme; desired format: https://host[/path]`,
      'clientConfig.url: Invalid value: "u": user information is not permitted in the URL',
    ],
  ],
  // Kubernetes mixes up name and namespace
  [
    { clientConfig: { service: { namespace: 'n', path: 'x', port: 0 } } },
    [
      'clientConfig.service.namespace: Required value',
      'clientConfig.service.path: Invalid value: "x": must start with a \'/\'',
      'clientConfig.service.path: Invalid value: "x": segment[0] may not be empty',
      'clientConfig.service.port: Invalid value: 0: port is not valid: must be between 1 and 65535, inclusive',
    ],
  ],
  [
    { rules: [{ operations: ['*', 'CREATE', 'READ'], apiGroups: ['*', 'a'], apiVersions: [''], resources: [] }] },
    [
      `rules[0].apiGroups: Invalid value: ["*","a"]: if '*' is present, must not specify other API groups`,
      'rules[0].apiVersions[0]: Required value',
      `rules[0].operations: Invalid value: ["*","CREATE","READ"]: if '*' is present, must not specify other operations`,
      'rules[0].operations[2]: Unsupported value: "READ": supported values: "*", "CONNECT", "CREATE", "DELETE", "UPDATE"',
      'rules[0].resources: Required value',
    ],
  ],
  [
    { rules: [{ ...rule, scope: 'All', resources: ['*', 'pods', 'a/*', 'a/b', '*/*'] }] },
    [
      `rules[0].resources: Invalid value: ["*","pods","a/*","a/b","*/*"]: if '*' is present, must not specify other resources without subresources`,
      `rules[0].resources: Invalid value: ["*","pods","a/*","a/b","*/*"]: if '*/*' is present, must not specify other resources`,
      `rules[0].resources[3]: Invalid value: "a/b": if 'a/*' is present, must not specify a/b`,
      'rules[0].scope: Unsupported value: "All": supported values: "*", "Cluster", "Namespaced"',
    ],
  ],
  [
    {
      matchConditions: [
        { name: 'a', expression: 'params.x' },
        { name: 'a', expression: ' ' },
      ],
    },
    [
      "matchConditions[0].expression: Invalid value: \"params.x\": compilation failed: ERROR: <input>:1:1: undeclared reference to 'params' (in container '')\n | params.x\n | ^",
      'matchConditions[1].expression: Required value',
      'matchConditions[1].name: Duplicate value: "a"',
    ],
  ],
])('a webhook %#', (change, wanted) => {
  expect(refusals(HOOKS, { webhooks: [{ ...hook, ...change }] })).toEqual(wanted.map((line) => `webhooks[0].${line}`));
});

test('names of webhooks are their own', () => {
  expect(refusals(HOOKS, { webhooks: [hook, hook] })).toEqual(['webhooks[1].name: Duplicate value: "a.example.com"']);
});

test('a webhook from before a rule was made may keep what it has', () => {
  const old = { webhooks: [{ ...hook, sideEffects: 'Some' }] };
  expect(changeRefusals(HOOKS, old, old)).toEqual([]);
  expect(changeRefusals(HOOKS, { webhooks: [hook] }, old)).toEqual([
    'webhooks[0].sideEffects: Unsupported value: "Some": supported values: "None", "NoneOnDryRun"',
  ]);
});

const matchConstraints = { resourceRules: [rule] };
const policy = { matchConstraints, validations: [{ expression: 'true' }] };
const error = (words: string, expression: string, column: number) =>
  `compilation failed: ERROR: <input>:1:${column}: ${words}\n | ${expression}\n | ${'.'.repeat(column - 1)}^`;
test.each([
  [{}, []],
  [
    { validations: [] },
    [
      'auditAnnotations: Required value: validations or auditAnnotations must contain at least one item',
      'validations: Required value: validations or auditAnnotations must contain at least one item',
    ],
  ],
  [{ matchConstraints: undefined }, ['matchConstraints: Required value']],
  [{ matchConstraints: {} }, ['matchConstraints.resourceRules: Required value']],
  [{ failurePolicy: 'X' }, ['failurePolicy: Unsupported value: "X": supported values: "Fail", "Ignore"']],
  [
    { paramKind: { apiVersion: 'a/b/c', kind: 'A B' } },
    [
      'paramKind.apiVersion: Invalid value: "a/b/c": unexpected GroupVersion string: a/b/c',
      `paramKind.kind: Invalid value: "A B": may have mixed case, but should otherwise match: a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')`,
    ],
  ],
  [
    { validations: [{ expression: 'object.x' }] },
    ['validations[0].expression: Invalid value: "object.x": must evaluate to bool but got dyn'],
  ],
  [
    { validations: [{ expression: 'foo == 1' }] },
    [
      `validations[0].expression: Invalid value: "foo == 1": ${error("undeclared reference to 'foo' (in container '')", 'foo == 1', 1)}`,
    ],
  ],
  [
    { validations: [{ expression: 'true', messageExpression: '1', message: 'a\nb', reason: 'Because' }] },
    [
      'validations[0].message: Invalid value: "a\\nb": must not contain line breaks',
      'validations[0].messageExpression: Invalid value: "1": must evaluate to string but got int',
      'validations[0].reason: Unsupported value: "Because": supported values: "Forbidden", "Invalid", "RequestEntityTooLarge"',
    ],
  ],
  [
    {
      variables: [{ name: 'v', expression: '1' }],
      validations: [{ expression: 'variables.v == "a"' }, { expression: 'variables.w' }],
    },
    [
      `validations[0].expression: Invalid value: "variables.v == \\"a\\"": ${error("found no matching overload for '_==_' applied to '(int, string)'", 'variables.v == "a"', 13)}`,
      `validations[1].expression: Invalid value: "variables.w": ${error("undefined field 'w'", 'variables.w', 10)}`,
    ],
  ],
  [
    { variables: [{ name: 'if', expression: '' }] },
    [
      'variables[0].expression: Required value: expression is not specified',
      'variables[0].name: Invalid value: "if": must be a valid CEL identifier',
    ],
  ],
  [
    {
      auditAnnotations: [
        { key: 'k', valueExpression: '1' },
        { key: 'k', valueExpression: '' },
      ],
    },
    [
      'auditAnnotations[0].valueExpression: Invalid value: "1": must evaluate to one of [string null_type] but got int',
      'auditAnnotations[1].key: Duplicate value: "k"',
      'auditAnnotations[1].valueExpression: Required value: valueExpression is not specified',
    ],
  ],
])('a policy %#', (change, wanted) => {
  expect(refusals(POLICIES, { spec: { ...policy, ...change } })).toEqual(wanted.map((line) => `spec.${line}`));
});

test.each([
  [{ policyName: 'p', validationActions: ['Deny'] }, []],
  [{}, ['policyName: Required value', 'validationActions: Required value: at least one validation action is required']],
  [
    { policyName: 'p', validationActions: ['Deny', 'Warn', 'Warn', 'Cry'] },
    [
      'validationActions: Invalid value: ["Deny","Warn","Warn","Cry"]: must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)',
      'validationActions[2]: Duplicate value: "Warn"',
      'validationActions[3]: Unsupported value: "Cry": supported values: "Audit", "Deny", "Warn"',
    ],
  ],
  [
    { policyName: 'p', validationActions: ['Deny'], paramRef: { name: 'x', selector: {} } },
    [
      'paramRef.name: Forbidden: name and selector are mutually exclusive',
      'paramRef.parameterNotFoundAction: Required value',
      'paramRef.selector: Forbidden: name and selector are mutually exclusive',
    ],
  ],
])('a binding of a policy %#', (spec, wanted) => {
  expect(refusals(BINDINGS, { spec })).toEqual(wanted.map((line) => `spec.${line}`));
});

test('what is left out of a match is everything', () => {
  expect(
    at(created(BINDINGS, { spec: { matchResources: { resourceRules: [{ ...rule }] } } }), 'spec.matchResources'),
  ).toEqual({
    matchPolicy: 'Equivalent',
    namespaceSelector: {},
    objectSelector: {},
    resourceRules: [{ ...rule, scope: '*' }],
  });
});
