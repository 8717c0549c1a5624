import { describe, expect, test } from 'vitest';
import { evaluate, isAbout, type Expressions } from '../../../../src/api/admission/policies/evaluate.ts';
import { authorizerValue, resourceCheck, type Question } from '../../../../src/cel/library/authorizer.ts';

const asked: Question[] = [];
const ask = (question: Question) => {
  asked.push(question);
  return { allowed: question.verb === 'get', reason: `may ${question.verb}` };
};
const about = { group: 'apps', resource: 'deployments', subresource: '', namespace: 'n', name: 'd' };
const bindings = {
  object: { metadata: { name: 'd', labels: { team: 'a' } }, spec: { replicas: 5, image: 'x:1' } },
  oldObject: null,
  params: { data: { most: 3 } },
  request: { operation: 'CREATE', userInfo: { username: 'u', groups: ['g'] }, name: 'd', namespace: 'n' },
  namespaceObject: { metadata: { name: 'n', labels: { env: 'prod' } } },
  authorizer: authorizerValue(ask),
  'authorizer.requestResource': resourceCheck(ask, about),
};
const paramKind = { apiVersion: 'v1', kind: 'ConfigMap' };
const validation = (expression: string, more: object = {}) => ({ expression, ...more });
const messages = async (policy: Partial<Expressions>): Promise<string[]> =>
  (await evaluate({ paramKind, ...policy } as Expressions, bindings)).map(({ message }) => message);

describe('a validation', () => {
  test.each([
    'object.spec.replicas == 5',
    'oldObject == null',
    'object.spec.replicas > params.data.most',
    'request.operation == "CREATE" && "g" in request.userInfo.groups',
    '!has(request.dryRun)',
    'namespaceObject.metadata.labels["env"] == "prod"',
    'authorizer.group("").resource("pods").namespace("n").check("get").allowed()',
    '!authorizer.group("").resource("pods").check("delete").allowed()',
    'authorizer.requestResource.check("get").reason() == "may get"',
    'authorizer.path("/healthz").check("get").allowed()',
    'authorizer.serviceAccount("n", "default").group("").resource("pods").check("get").allowed()',
    '"%s-%d".format([object.metadata.name, 5]) == "d-5"',
    'object.?spec.?missing.orValue(1) == 1',
    'has(object.metadata.labels) && object.metadata.labels.team.matches("^[a-z]$")',
    'object.spec.image.split(":")[0].size() == 1',
  ])('holds: %s', async (expression) => {
    expect(await messages({ validations: [validation(expression)] })).toEqual([]);
  });

  test('asks for the one whose request it is, about what it says', () => {
    expect(asked).toContainEqual({ ...about, verb: 'get' });
    expect(asked).toContainEqual({
      group: '',
      resource: 'pods',
      subresource: '',
      namespace: 'n',
      name: '',
      verb: 'get',
    });
  });

  test.each<[object, string]>([
    [validation('object.spec.replicas < 5'), 'failed expression: object.spec.replicas < 5'],
    [validation('false', { message: ' too many ' }), 'too many'],
    [validation('false', { messageExpression: '"at most " + string(params.data.most)' }), 'at most 3'],
    [validation('false', { message: 'plain', messageExpression: 'string(object.missing)' }), 'plain'],
    [validation('false', { message: 'plain', messageExpression: '"two\\nlines"' }), 'plain'],
    [validation('object.missing == 1'), "expression 'object.missing == 1' resulted in error: no such key: missing"],
    [
      validation('authorizer.path(" ").check("get").allowed()'),
      `expression 'authorizer.path(" ").check("get").allowed()' resulted in error: path must not be empty`,
    ],
  ])('%j refuses', async (one, message) => {
    expect(await messages({ validations: [one as never] })).toEqual([message]);
  });

  test('that fails refuses nothing where failures are ignored', async () => {
    const policy = { failurePolicy: 'Ignore' as const, validations: [validation('object.missing == 1')] };
    expect(await messages(policy)).toEqual([]);
  });
});

describe('variables', () => {
  const variables = [
    { name: 'most', expression: 'params.data.most' },
    { name: 'twice', expression: 'variables.most * 2' },
    { name: 'wrong', expression: 'object.missing.deep' },
    { name: 'names', expression: 'object.metadata.labels.map(k, k)' },
  ];
  test.each([
    'variables.twice == 6',
    'variables.names == ["team"]',
    'true || variables.wrong == 1',
    'has(variables.twice)',
  ])('are known: %s', async (expression) => {
    expect(await messages({ variables, validations: [validation(expression)] })).toEqual([]);
  });
  test('say which of them failed', async () => {
    expect(await messages({ variables, validations: [validation('variables.wrong == 1')] })).toEqual([
      `expression 'variables.wrong == 1' resulted in error: composited variable "wrong" fails to evaluate: no such key: missing`,
    ]);
  });
});

describe('what expressions cost', () => {
  const long = Array.from({ length: 400 }, (_, i) => i);
  const heavy = { ...bindings, object: { long } };
  const pairs = 'object.long.all(x, object.long.all(y, x + y >= 0))';
  const some = 'object.long.all(x, object.long.all(y, x == -1 || x + 1 > 0 || y > 0) || x > 399)';
  const SPENT = 'validation failed due to running out of cost budget, no further validation rules will be run';
  const of = async (policy: object, object: object = heavy): Promise<string[]> =>
    (await evaluate(policy as Expressions, object as typeof bindings)).map(({ message }) => message);

  test('is bounded for each', async () => {
    expect(await of({ validations: [validation(pairs)] })).toEqual([
      `expression '${pairs}' resulted in error: operation cancelled: actual cost limit exceeded`,
    ]);
  });
  test('is bounded for all together, with their variables', async () => {
    const object = { ...bindings, object: { long: long.slice(0, 270) } };
    const many = Array.from({ length: 25 }, () => validation(some));
    expect(await of({ validations: many }, object)).toEqual([SPENT]);
    const variables = Array.from({ length: 25 }, (_, i) => ({ name: `v${i}`, expression: some }));
    const use = variables.map(({ name }) => validation(`variables.${name}`));
    expect(await of({ variables, validations: use }, object)).toEqual([SPENT]);
    expect(await of({ failurePolicy: 'Ignore', validations: many }, object)).toEqual([]);
  });
  test('is bounded more tightly for conditions', async () => {
    const object = { ...bindings, object: { long: long.slice(0, 270) } };
    const conditions = Array.from({ length: 8 }, (_, i) => ({ name: `c${i}`, expression: some }));
    expect(await isAbout(conditions, object)).toEqual(new Error(SPENT));
  });
});

describe('conditions', () => {
  test.each<[string, boolean | string]>([
    ['object.spec.replicas == 5', true],
    ['object.spec.replicas == 6', false],
    ['object.missing == 1', "expression 'object.missing == 1' resulted in error: no such key: missing"],
    // conditions are not told of the namespace
    ['namespaceObject == null', true],
  ])('%s', async (expression, expected) => {
    const result = await isAbout([{ name: 'c', expression }], bindings);
    expect(result instanceof Error ? result.message : result).toBe(expected);
  });
  test('that are false decide, whatever fails', async () => {
    const conditions = ['object.missing == 1', 'false'].map((expression, i) => ({ name: `c${i}`, expression }));
    expect(await isAbout(conditions, bindings)).toBe(false);
  });
});
