import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { deleteOptionsOfBody } from '../../src/rest/resources/delete-body.ts';
import { refusal, TestApi } from './support.ts';

const JSON_PATCH = 'application/json-patch+json';
const MERGE = 'application/merge-patch+json';
const STRATEGIC = 'application/strategic-merge-patch+json';
const APPLY = 'application/apply-patch+yaml';

let t: TestApi;
beforeAll(async () => {
  t = await TestApi.open();
  await t.create('configmaps', { metadata: { name: 'a', annotations: { z: '1', y: '<' } }, data: { a: '1' } });
});
afterAll(() => t.close());

const patch = (type: string, body: string, options: object = {}, name = 'a') =>
  t.api.patch(t.ctx(), t.target('configmaps', 't', name), type, { bytes: Buffer.from(body) }, options);
const told = async (run: () => Promise<unknown>): Promise<string[]> => {
  t.warnings.length = 0;
  await run();
  return [...t.warnings];
};

describe('a patch that cannot be read or applied', () => {
  const strict = { fieldValidation: 'Strict' };
  const manager = { fieldManager: 'm' };
  test.each<[string, string, string, object, number, string]>([
    [
      'bad JSON',
      JSON_PATCH,
      'not json',
      {},
      400,
      "error decoding patch: invalid character 'o' in literal null (expecting 'u')",
    ],
    [
      'no list',
      JSON_PATCH,
      '{}',
      {},
      400,
      'error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp',
    ],
    [
      'no operation',
      JSON_PATCH,
      '[1]',
      {},
      400,
      'error decoding patch: json: cannot unmarshal number into Go value of type handlers.jsonPatchOp',
    ],
    [
      'no name of one',
      JSON_PATCH,
      '[{"op":1}]',
      {},
      400,
      'error decoding patch: json: cannot unmarshal number into Go struct field jsonPatchOp.op of type string',
    ],
    [
      'a test that fails',
      JSON_PATCH,
      '[{"op":"test","path":"/data/a","value":"2"}]',
      {},
      422,
      'the server rejected our request due to an error in our request',
    ],
    ['an empty body', MERGE, '', {}, 400, 'error decoding patch: unexpected end of JSON input'],
    [
      'a list',
      MERGE,
      '[]',
      {},
      400,
      'error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}',
    ],
    ['null', MERGE, 'null', {}, 400, 'Invalid JSON Patch'],
    ['an empty body', MERGE, '', { fieldValidation: 'Ignore' }, 400, 'Invalid JSON Patch'],
    [
      'a list, strategic',
      STRATEGIC,
      '[]',
      {},
      400,
      'json: cannot unmarshal array into Go value of type map[string]interface {}',
    ],
    [
      'a wrong type, strategic',
      STRATEGIC,
      '{"data":{"a":1}}',
      {},
      422,
      ' "" is invalid: patch: Invalid value: "map[data:map[a:1]]": cannot convert int64 to string',
    ],
    [
      'an unknown field, strategic',
      STRATEGIC,
      '{"x":1}',
      strict,
      422,
      ' "" is invalid: patch: Invalid value: "map[x:1]": strict decoding error: unknown field "x"',
    ],
    [
      'a repeated field, strategic',
      STRATEGIC,
      '{"data":{"a":"1","a":"1"}}',
      strict,
      422,
      ' "" is invalid: patch: Invalid value: "map[data:map[a:1]]": strict decoding error: duplicate field "data.a"',
    ],
    [
      'no configuration',
      APPLY,
      'x',
      manager,
      400,
      'error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal string into Go value of type map[string]interface {}',
    ],
    [
      'bad YAML',
      APPLY,
      'a: b: c',
      manager,
      400,
      'error decoding YAML: error converting YAML to JSON: yaml: mapping values are not allowed in this context',
    ],
    ['an empty configuration', APPLY, '', manager, 400, 'invalid object type: /, Kind='],
    ['another kind', APPLY, '{"apiVersion":"v1","kind":"Pod"}', manager, 400, 'invalid object type: /v1, Kind=Pod'],
    [
      'repeated keys',
      APPLY,
      'apiVersion: v1\nkind: ConfigMap\ndata:\n  q: w\n  q: w\n',
      { ...manager, ...strict },
      400,
      'error strict decoding YAML: error converting YAML to JSON: yaml: unmarshal errors:\n  line 5: key "q" already set in map',
    ],
    [
      'a time that is none',
      APPLY,
      '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"creationTimestamp":"x"}}',
      manager,
      500,
      'failed to convert new object (/; /v1, Kind=ConfigMap) to proper version: unable to convert unstructured object to /v1, Kind=ConfigMap: parsing time "x" as "2006-01-02T15:04:05Z07:00": cannot parse "x" as "2006"',
    ],
    [
      'another uid',
      MERGE,
      '{"metadata":{"uid":"x"}}',
      {},
      422,
      'ConfigMap "a" is invalid: metadata.uid: Invalid value: "x": field is immutable',
    ],
    [
      'no name',
      MERGE,
      '{"metadata":{"name":null}}',
      {},
      400,
      'the name of the object (a based on URL) was undeterminable: name must be provided',
    ],
    [
      'no apiVersion',
      JSON_PATCH,
      '[{"op":"remove","path":"/apiVersion"}]',
      {},
      400,
      'the name of the object (a based on URL) was undeterminable: name must be provided',
    ],
    [
      'an empty apiVersion',
      MERGE,
      '{"apiVersion":""}',
      { fieldValidation: 'Ignore' },
      400,
      'the name of the object (a based on URL) was undeterminable: name must be provided',
    ],
    [
      'a number that is too large',
      JSON_PATCH,
      '[{"op":"test","path":"/data/q","value":[1e400]}]',
      {},
      400,
      'error decoding patch: json: cannot unmarshal number 1e400 into Go struct field jsonPatchOp.value of type float64',
    ],
    [
      'a number that is too large',
      MERGE,
      '{"data":{"q":1e400}}',
      {},
      400,
      'error decoding patch: json: cannot unmarshal number 1e400 into Go value of type float64',
    ],
    [
      'a number that is too large',
      STRATEGIC,
      '{"data":{"q":1e400}}',
      { fieldValidation: 'Ignore' },
      400,
      'json: cannot unmarshal number 1e400 into Go value of type float64',
    ],
    [
      'a number that is none',
      MERGE,
      '{"q":1.2.3}',
      {},
      400,
      "error decoding patch: invalid character '.' after object key:value pair",
    ],
    [
      'a version that is no number',
      MERGE,
      '{"metadata":{"resourceVersion":"x"}}',
      {},
      500,
      'strconv.ParseUint: parsing "x": invalid syntax',
    ],
    [
      'a time of deletion',
      MERGE,
      '{"metadata":{"deletionTimestamp":"2020-01-01T00:00:00Z"}}',
      {},
      422,
      'ConfigMap "a" is invalid: metadata.deletionTimestamp: Invalid value: "2020-01-01T00:00:00Z": field is immutable',
    ],
  ])('%s (%s)', async (_, type, body, options, code, message) => {
    expect(await refusal(patch(type, body, options))).toMatchObject({ code, message });
  });

  test('shows the object as the patch has left it: structs in the order of their fields, maps of their keys', async () => {
    const { message, details } = await refusal(
      patch(JSON_PATCH, '[{"op":"add","path":"/data/b","value":{"q":1,"p":2}}]'),
    );
    expect(message).toMatch(
      /^ "" is invalid: patch: Invalid value: "\{\\"apiVersion\\":\\"v1\\",\\"data\\":\{\\"a\\":\\"1\\",\\"b\\":\{\\"q\\":1,\\"p\\":2\}\},\\"kind\\":\\"ConfigMap\\",\\"metadata\\":\{\\"name\\":\\"a\\",\\"namespace\\":\\"t\\",\\"uid\\":\\"[-0-9a-f]+\\",\\"resourceVersion\\":\\"\d+\\",\\"creationTimestamp\\":\\"[^"]+\\",\\"annotations\\":\{\\"y\\":\\"\\\\u003c\\",\\"z\\":\\"1\\"\}/,
    );
    expect(details?.causes).toMatchObject([{ reason: 'FieldValueInvalid', field: 'patch' }]);
  });
});

test('what loses its apiVersion is an object without any fields', async () => {
  const body = '[{"op":"remove","path":"/apiVersion"}]';
  const warned = await told(() => refusal(patch(JSON_PATCH, body)));
  expect(warned).toEqual(['unknown field "data"', 'unknown field "metadata"']);
  const { code, message } = await refusal(patch(JSON_PATCH, body, { fieldValidation: 'Strict' }));
  expect(code).toBe(422);
  expect(message).toMatch(/: strict decoding error: unknown field "data", unknown field "metadata"$/);
});

test('an integer is no number with a point, unless the patch is strategic', async () => {
  const container = { name: 'c', image: 'i' };
  const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [container] } };
  await t.create('replicasets.apps', {
    metadata: { name: 'r' },
    spec: { selector: { matchLabels: { a: 'b' } }, template },
  });
  const scaled = (type: string, body: string) =>
    t.api.patch(t.ctx(), t.target('replicasets.apps', 't', 'r'), type, { bytes: Buffer.from(body) }, {});
  const why = /json: cannot unmarshal number 2\.0 into Go struct field ReplicaSetSpec\.spec\.replicas of type int32$/;
  expect((await refusal(scaled(MERGE, '{"spec":{"replicas":2.0}}'))).message).toMatch(why);
  const json = '[{"op":"add","path":"/spec/replicas","value":2.0}]';
  expect((await refusal(scaled(JSON_PATCH, json))).message).toMatch(why);
  expect((await scaled(STRATEGIC, '{"spec":{"replicas":2.0}}')).object).toMatchObject({ spec: { replicas: 2 } });
});

test.each([
  ['daemonsets.apps', { selector: { matchLabels: { a: 'c' } } }, ['spec.selector', 'spec.template.metadata.labels']],
  [
    'daemonsets.apps',
    { updateStrategy: { rollingUpdate: { maxUnavailable: 0 } } },
    ['spec.updateStrategy.rollingUpdate.maxUnavailable'],
  ],
  ['replicationcontrollers', { replicas: -1 }, ['spec.replicas']],
])('what is wrong with an update of %s is told once: %j', async (resource, spec, fields) => {
  const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } };
  const selector = resource.startsWith('daemonsets') ? { matchLabels: { a: 'b' } } : { a: 'b' };
  await t.create(resource, { metadata: { name: 'once' }, spec: { selector, template } });
  const { details } = await refusal(t.merge(resource, 'once', { spec }));
  expect(details?.causes?.map(({ field }) => field)).toEqual(fields);
  await t.delete(resource, 'once');
});

test('an object that is not there comes before a patch that cannot be read, but after a configuration', async () => {
  for (const type of [JSON_PATCH, MERGE, STRATEGIC])
    expect(await refusal(patch(type, 'x', {}, 'nope'))).toMatchObject({ code: 404 });
  expect(await refusal(patch(APPLY, 'x', { fieldManager: 'm' }, 'nope'))).toMatchObject({ code: 400 });
  const uid = '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"nope","uid":"u"}}';
  expect(await refusal(patch(APPLY, uid, { fieldManager: 'm' }, 'nope'))).toMatchObject({
    code: 409,
    message:
      'Operation cannot be fulfilled on configmaps "nope": uid mismatch: the provided object specified uid u, and no existing object was found',
  });
});

test('mistakes without effect are told', async () => {
  expect(await told(() => patch(JSON_PATCH, '[{"op":"add","path":"/data/c","value":"1","x":1}]'))).toEqual([
    'json patch unknown field "[0].x"',
  ]);
  expect(await told(() => patch(MERGE, '{"data":{"a":"1","a":"1"},"y":1,"x":1}'))).toEqual([
    'duplicate field "data.a"',
    'unknown field "x"',
    'unknown field "y"',
  ]);
  expect(await told(() => patch(STRATEGIC, '{"y":1,"x":1}'))).toEqual(['unknown field "x"', 'unknown field "y"']);
  expect(await told(() => patch(MERGE, '{"y":1,"y":1}', { fieldValidation: 'Ignore' }))).toEqual([]);
});

test('an empty list or entry takes all field owners away', async () => {
  for (const entries of ['[]', '[{}]']) {
    await t.merge('configmaps', 'a', { data: { n: entries } });
    await patch(APPLY, '{"apiVersion":"v1","kind":"ConfigMap","data":{"o":"1"}}', { fieldManager: 'm', force: true });
    expect((await t.get('configmaps', 'a')).object.metadata.managedFields).not.toBeUndefined();
    const { object } = await patch(
      JSON_PATCH,
      `[{"op":"replace","path":"/metadata/managedFields","value":${entries}}]`,
    );
    expect(object.metadata.managedFields).toBeUndefined();
  }
});

test('an integer of 64 bits outlives patches', async () => {
  const body =
    '{"metadata":{"name":"big"},"spec":{"terminationGracePeriodSeconds":9223372036854775807,"containers":[{"name":"c","image":"i"}]}}';
  const { stored } = await t.api.create(
    t.ctx(),
    t.target('pods'),
    { bytes: Buffer.from(body), contentType: 'application/json' },
    {},
  );
  expect(stored!.bytes.toString()).toContain('"terminationGracePeriodSeconds":9223372036854775807');
  const patched = await t.merge('pods', 'big', { metadata: { labels: { a: 'b' } } });
  expect(patched.stored!.bytes.toString()).toContain('"terminationGracePeriodSeconds":9223372036854775807');
  expect((await t.delete('pods', 'big')).code).toBe(200);
});

describe('a delete', () => {
  test('that waits leaves the name to nobody else', async () => {
    await t.create('configmaps', { metadata: { name: 'leaving', finalizers: ['a/b'] } });
    await t.delete('configmaps', 'leaving');
    expect(await refusal(t.create('configmaps', { metadata: { name: 'leaving' } }))).toMatchObject({
      reason: 'AlreadyExists',
      message: 'object is being deleted: configmaps "leaving" already exists',
    });
    await t.merge('configmaps', 'leaving', { metadata: { finalizers: null } });
    await t.create('configmaps', { metadata: { name: 'leaving' } });
  });

  test.each([
    [
      '{"gracePeriodSeconds":"x"}',
      'json: cannot unmarshal string into Go struct field DeleteOptions.gracePeriodSeconds of type int64',
    ],
    ['{"kind":"Foo"}', 'no kind "Foo" is registered for version "v1" in scheme "pkg/runtime/scheme.go:111"'],
    ['nope', "couldn't get version/kind; json parse error: invalid character 'o' in literal null (expecting 'u')"],
    [
      '{"preconditions":{"uid":5}}',
      'json: cannot unmarshal number into Go struct field Preconditions.preconditions.uid of type types.UID',
    ],
  ])('refuses options %s', (body, message) => {
    expect(() => deleteOptionsOfBody(Buffer.from(body), '')).toThrow(message);
  });
  test('of a group and version of its own, and with more than it knows, is read', () => {
    const body = '{"kind":"DeleteOptions","apiVersion":"apps/v1","gracePeriodSeconds":0,"more":1}';
    expect(deleteOptionsOfBody(Buffer.from(body), 'application/json')).toMatchObject({ gracePeriodSeconds: 0 });
    expect(deleteOptionsOfBody(Buffer.from('propagationPolicy: Orphan'), 'application/yaml')).toMatchObject({
      propagationPolicy: 'Orphan',
    });
  });
  test('of a job says what becomes of its pods', async () => {
    const spec = { template: { spec: { containers: [{ name: 'c', image: 'i' }], restartPolicy: 'Never' } } };
    await t.create('jobs.batch', { metadata: { name: 'j' }, spec });
    const of = (options: object) => told(() => t.delete('jobs.batch', 'j', { ...options, dryRun: ['All'] }));
    expect(await of({})).toEqual([expect.stringContaining('child pods are preserved by default')]);
    expect(await of({ propagationPolicy: 'Orphan' })).toEqual([]);
  });
  test('of what is being deleted may shorten the time, but not into the past', async () => {
    await t.create('pods', {
      metadata: { name: 'late' },
      spec: { containers: [{ name: 'c', image: 'i' }], nodeName: 'n' },
    });
    await t.delete('pods', 'late', { gracePeriodSeconds: 1000 });
    const { object } = await t.delete('pods', 'late', { gracePeriodSeconds: 5 });
    expect(object.metadata.deletionGracePeriodSeconds).toBe(5);
    expect(Date.parse(object.metadata.deletionTimestamp!)).toBeGreaterThan(Date.now());
  });
});
