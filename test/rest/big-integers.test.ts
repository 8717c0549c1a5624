import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createGraphQL, type GraphQLFacade } from '../../src/resolvers/graphql.ts';
import { TestServer } from './support.ts';

/** No double holds it: 2^53 + 1. */
const BIG = '9007199254740993';
const PODS = '/api/v1/namespaces/t/pods';
const WIDGETS = '/apis/example.com/v1/namespaces/t/widgets';
const WIDGET = { apiVersion: 'example.com/v1', kind: 'Widget' };
const POD = `{"metadata":{"name":"big"},"spec":{"terminationGracePeriodSeconds":${BIG},"containers":[{"name":"c","image":"i"}]}}`;
const ROUNDED = /900719925474099[^35]/;

let server: TestServer;
let graphql: GraphQLFacade;
beforeAll(async () => {
  server = await TestServer.open();
  graphql = createGraphQL({ api: server.test.api });
  const any = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  const set = { type: 'array', items: { type: 'integer', format: 'int64' }, 'x-kubernetes-list-type': 'set' };
  await server.create('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
    metadata: { name: 'widgets.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: {
              type: 'object',
              properties: {
                spec: { type: 'object', properties: { n: { type: 'integer', format: 'int64' }, any, set } },
              },
            },
          },
          additionalPrinterColumns: [
            { name: 'N', type: 'integer', jsonPath: '.spec.n' },
            { name: 'Any', type: 'string', jsonPath: '.spec.any' },
          ],
        },
      ],
    },
  });
  expect((await server.ask(PODS, { method: 'POST', body: POD })).status).toBe(201);
  const widget = await server.ask(WIDGETS, {
    method: 'POST',
    body: `{"apiVersion":"example.com/v1","kind":"Widget","metadata":{"name":"big"},"spec":{"n":${BIG},"any":{"deep":[${BIG}]},"set":[${BIG},9007199254740995]}}`,
  });
  expect(widget.text).toContain(`"n":${BIG}`);
});
afterAll(async () => {
  await graphql.close();
  await server.close();
});

const YAML = 'application/yaml';
const TABLE = 'application/json;as=Table;g=meta.k8s.io;v=v1';

describe('an integer beyond 2^53 comes back as it was sent', () => {
  test.each([
    ['a pod', `${PODS}/big`, {}, `"terminationGracePeriodSeconds":${BIG}`],
    ['a pod, indented', `${PODS}/big?pretty=1`, {}, `"terminationGracePeriodSeconds": ${BIG}`],
    ['a pod as YAML', `${PODS}/big`, { accept: YAML }, `terminationGracePeriodSeconds: ${BIG}`],
    ['pods', PODS, {}, `"terminationGracePeriodSeconds":${BIG}`],
    ['pods, indented', `${PODS}?pretty=1`, {}, `"terminationGracePeriodSeconds": ${BIG}`],
    ['pods as YAML', PODS, { accept: YAML }, `terminationGracePeriodSeconds: ${BIG}`],
    ['a custom object', `${WIDGETS}/big`, {}, `"deep":[${BIG}]`],
    ['a custom object as YAML', `${WIDGETS}/big`, { accept: YAML }, `- ${BIG}\n`],
    ['its row', `${WIDGETS}/big`, { accept: TABLE }, `"cells":["big",${BIG},"{\\"deep\\":[${BIG}]}"]`],
    ['rows', WIDGETS, { accept: TABLE }, `"cells":["big",${BIG},"{\\"deep\\":[${BIG}]}"]`],
  ])('%s', async (_, path, headers, text) => {
    const answer = await server.ask(path, { headers: headers as Record<string, string> });
    expect(answer.status).toBe(200);
    expect(answer.text).toContain(text);
    expect(answer.text).not.toMatch(ROUNDED);
  });

  test('a watch event', async () => {
    const answer = await server.ask(`${WIDGETS}?watch=1&resourceVersion=0&timeoutSeconds=1`);
    expect(answer.text).toContain(`"n":${BIG}`);
  });

  test('protobuf', async () => {
    const answer = await server.ask(`${PODS}/big`, { headers: { accept: 'application/vnd.kubernetes.protobuf' } });
    const varint: number[] = [];
    for (let rest = BigInt(BIG); rest > 0n; rest >>= 7n) varint.push(Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0));
    expect(answer.raw.includes(Buffer.from(varint))).toBe(true);
  });

  test('GraphQL, as a field and as one scalar', async () => {
    const admin = { user: { name: 'admin', groups: ['system:masters'] }, agent: 'test', warn: () => undefined };
    const query = `{ pod(namespace: "t", name: "big") { spec { terminationGracePeriodSeconds } _json } }`;
    const text = String(await graphql.executor.execute({ query }));
    expect(text.split(BIG)).toHaveLength(3);
    const widget = String(
      await graphql.executor.execute({ query: `{ widget(namespace: "t", name: "big") { spec { any } } }` }),
    );
    expect(widget).toContain(`{"deep":[${BIG}]}`);
    expect(
      String(await graphql.as(admin).execute({ query: query.replace('spec {', 'node { kind } spec {') })),
    ).toContain(BIG);
  });
});

describe('and outlives a patch', () => {
  const patch = (path: string, type: string, body: string) =>
    server.ask(`${path}?fieldManager=m${type.includes('apply') ? '&force=true' : ''}`, {
      method: 'PATCH',
      body,
      headers: { 'content-type': type },
    });
  test.each([
    [
      'application/json-patch+json',
      `[{"op":"copy","from":"/spec/any/deep","path":"/spec/any/copy"}]`,
      `"copy":[${BIG}]`,
    ],
    ['application/merge-patch+json', `{"spec":{"any":{"merged":${BIG}}}}`, `"merged":${BIG}`],
    [
      'application/apply-patch+yaml',
      JSON.stringify({ ...WIDGET, metadata: { name: 'big' }, spec: { any: { applied: 0 }, set: [1] } })
        .replace('"applied":0', `"applied":${BIG}`)
        .replace('[1]', `[${BIG}]`),
      `"applied":${BIG}`,
    ],
  ])('%s of a custom object', async (type, body, text) => {
    const answer = await patch(`${WIDGETS}/big`, type, body);
    expect([answer.status, answer.text]).toEqual([200, expect.stringContaining(text)]);
    expect(answer.text).toContain(`"n":${BIG}`);
    expect(answer.text).toContain(`"set":[${BIG},9007199254740995]`);
  });

  test('the element of a set is owned by its own digits', async () => {
    const { text } = await server.ask(`${WIDGETS}/big`);
    expect(text).toContain(`"v:${BIG}":{}`);
    expect(text).toContain(`"v:9007199254740995":{}`);
  });

  test.each([
    ['application/strategic-merge-patch+json', '{"metadata":{"labels":{"a":"b"}}}'],
    [
      'application/apply-patch+yaml',
      `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"big","labels":{"c":"d"}},"spec":{"terminationGracePeriodSeconds":${BIG},"containers":[{"name":"c","image":"i"}]}}`,
    ],
  ])('%s of a pod', async (type, body) => {
    const answer = await patch(`${PODS}/big`, type, body);
    expect([answer.status, answer.text]).toEqual([200, expect.stringContaining(`Seconds":${BIG}`)]);
  });

  test('and is told as it is where it is refused', async () => {
    const answer = await patch(`${WIDGETS}/big`, 'application/merge-patch+json', `{"spec":{"set":[${BIG},${BIG}]}}`);
    expect(answer.status).toBe(422);
    expect(answer.body.message).toContain(`Duplicate value: ${BIG}`);
  });
});
