import { beforeEach, describe, expect, test } from 'vitest';
import { createGraphQL, type GraphQLFacade } from '../../src/resolvers/graphql.ts';
import { directTransport } from '../support/direct-transport.ts';
import { RecordingApi, asUser } from './recording-api.ts';

let fake: RecordingApi;
let graphql: GraphQLFacade;
const me = asUser('me');
const run = async (query: string, variables?: Record<string, unknown>) =>
  directTransport(graphql.as(me)).execute({ query, variables });
const subscribe = (query: string, who = me) => directTransport(graphql.as(who)).subscribe({ query });
const pod = (name: string, more: Record<string, unknown> = {}, metadata: Record<string, unknown> = {}) => ({
  metadata: { namespace: 'a', name, ...metadata },
  spec: { nodeName: 'n1', ...more },
});

beforeEach(async () => {
  fake = new RecordingApi();
  graphql = createGraphQL({ api: fake.api });
});

describe('typed queries', () => {
  test('labels come as pairs and as JSON, keys as they are', async () => {
    fake.put('pods', pod('x', {}, { labels: { 'app.kubernetes.io/name': 'web' } }));
    const { data } = await run(
      '{ pod(namespace: "a", name: "x") { kind apiVersion metadata { labels { key value } labelsJSON } } }',
    );
    expect(data!['pod']).toEqual({
      kind: 'Pod',
      apiVersion: 'v1',
      metadata: {
        labels: [{ key: 'app.kubernetes.io/name', value: 'web' }],
        labelsJSON: { 'app.kubernetes.io/name': 'web' },
      },
    });
  });

  test('pages, filters and orders', async () => {
    for (const [i, name] of ['c', 'a', 'd', 'b'].entries()) fake.put('pods', pod(name, { priority: i }));
    const page = `query ($after: String) { pods(namespace: "a", first: 2, after: $after, orderBy: { metadata: { name: ASC } }) { continue remainingItemCount items { metadata { name } } } }`;
    const names = (data: unknown) =>
      (data as { items: { metadata: { name: string } }[] }).items.map((item) => item.metadata.name);
    const first = (await run(page)).data!['pods'] as { continue: string };
    expect(names(first)).toEqual(['a', 'b']);
    expect(first).toMatchObject({ remainingItemCount: 2 });
    expect(names((await run(page, { after: first.continue })).data!['pods'])).toEqual(['c', 'd']);
    const where =
      '{ pods(where: { or: [{ spec: { priority: { gte: 3 } } }, { metadata: { name: { eq: "c" } } }] }) { items { metadata { name } } } }';
    expect(names((await run(where)).data!['pods'])).toEqual(['b', 'c']);
  });

  test('an unknown object is the whole Status', async () => {
    const { data, errors } = await run('{ pod(namespace: "a", name: "x") { kind } }');
    expect(data).toEqual({ pod: null });
    expect(errors![0]).toMatchObject({
      message: 'pods "x" not found',
      path: ['pod'],
      extensions: { code: 404, reason: 'NotFound', status: { kind: 'Status', details: { name: 'x', kind: 'pods' } } },
    });
  });

  test('what is no Status is masked and reported', async () => {
    const lines: string[] = [];
    graphql = createGraphQL({ api: fake.api, log: (line) => lines.push(line) });
    fake.get = () => Promise.reject(new Error('secret'));
    const { errors } = await run('{ pod(name: "x") { kind } }');
    expect(JSON.stringify(errors)).not.toContain('secret');
    expect(errors![0]!.extensions).toMatchObject({ code: 500, reason: 'InternalError' });
    expect(lines.join()).toContain('secret');
  });
});

describe('relations', () => {
  beforeEach(() => {
    fake.put('nodes', { metadata: { name: 'n1' } });
    fake.put('nodes', { metadata: { name: 'n2' } });
    fake.put(
      'pods',
      pod(
        'x',
        {},
        {
          labels: { app: 'web' },
          ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'rs', uid: 'u' }],
        },
      ),
    );
    fake.put('pods', pod('y', { nodeName: 'n2' }));
    fake.put('replicasets.apps', { metadata: { namespace: 'a', name: 'rs', uid: 'u' } });
    fake.put('services', { metadata: { namespace: 'a', name: 's' }, spec: { selector: { app: 'web' } } });
    fake.put('endpointslices.discovery.k8s.io', {
      metadata: { namespace: 'a', name: 's-1', labels: { 'kubernetes.io/service-name': 's' } },
    });
  });

  test('go both ways', async () => {
    const { data, errors } = await run(`{
      nodes { items { metadata { name } pods { items { metadata { name } } } } }
      pod(namespace: "a", name: "x") { node { metadata { name } } owners { kind metadata { name } ... on ReplicaSet { owned { items { metadata { name } } } } } }
      service(namespace: "a", name: "s") { pods { items { metadata { name } } } endpointSlices { items { service { metadata { name } } } } }
    }`);
    expect(errors).toBeUndefined();
    const named = (name: string) => ({ metadata: { name } });
    expect(data).toEqual({
      nodes: {
        items: [
          { ...named('n1'), pods: { items: [named('x')] } },
          { ...named('n2'), pods: { items: [named('y')] } },
        ],
      },
      pod: { node: named('n1'), owners: [{ kind: 'ReplicaSet', ...named('rs'), owned: { items: [named('x')] } }] },
      service: { pods: { items: [named('x')] }, endpointSlices: { items: [{ service: named('s') }] } },
    });
  });

  test('each edge is authorised', async () => {
    fake.denied.add('me get nodes');
    const { data, errors } = await run('{ pod(namespace: "a", name: "x") { metadata { name } node { kind } } }');
    expect(data).toEqual({ pod: { metadata: { name: 'x' }, node: null } });
    expect(errors![0]).toMatchObject({ path: ['pod', 'node'], extensions: { code: 403, reason: 'Forbidden' } });
    expect(errors![0]!.message).toBe(
      'nodes "n1" is forbidden: User "me" cannot get resource "nodes" in API group "" at the cluster scope',
    );
  });
});

describe('writes', () => {
  test('a typed input becomes the object, and warnings come with the result', async () => {
    const query = `mutation { createPod(namespace: "a", dryRun: true, input: {
      metadata: { name: "x", labels: [{ key: "a/b", value: "c" }], annotationsJSON: { d: "e" } }
      spec: { containers: [{ name: "c", resources: { limits: [{ key: "cpu", value: "1" }] }, livenessProbe: { httpGet: { port: "web" } } }] }
    }) { _json } }`;
    const result: Awaited<ReturnType<typeof run>> & { extensions?: unknown } = await run(query);
    const { data, errors, extensions } = result;
    expect(errors).toBeUndefined();
    expect((data!['createPod'] as { _json: unknown })._json).toMatchObject({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'x', namespace: 'a', labels: { 'a/b': 'c' }, annotations: { d: 'e' } },
      spec: {
        containers: [{ name: 'c', resources: { limits: { cpu: '1' } }, livenessProbe: { httpGet: { port: 'web' } } }],
      },
    });
    expect(extensions).toEqual({ warnings: ['made up'] });
    expect(fake.calls[0]).toMatchObject({ verb: 'create', options: { dryRun: ['All'] } });
  });

  test("an apply is of the connection's manager unless it names one", async () => {
    fake.put('pods', pod('x'));
    await graphql.as(me).execute({
      query: 'mutation { applyPod(namespace: "a", object: { metadata: { name: "x" } }, force: true) { kind } }',
      manager: 'loop',
    });
    expect(fake.calls[0]).toMatchObject({
      verb: 'application/apply-patch+yaml',
      options: { fieldManager: 'loop', force: true },
    });
  });

  test('impersonation is asked for and used', async () => {
    fake.put('pods', pod('x'));
    const query = '{ object(resource: "pods", namespace: "a", name: "x") }';
    await graphql.executor.execute({ query, as: { user: 'other' } });
    expect(fake.calls[0]!.context.user.name).toBe('other');
    const { errors } = await directTransport(graphql.as(me)).execute({ query, as: { user: 'other' } });
    expect(errors).toHaveLength(1);
  });
});

describe('subscriptions', () => {
  test('typed events, state first', async () => {
    fake.put('pods', pod('x'));
    const events = subscribe(
      'subscription { podsWatch(bookmarks: true) { type object { metadata { name } } initialEventsEnd } }',
    );
    const next = async () => (await events.next()).value?.data?.podsWatch as unknown;
    expect(await next()).toEqual({ type: 'ADDED', object: { metadata: { name: 'x' } }, initialEventsEnd: null });
    expect(await next()).toEqual({ type: 'BOOKMARK', object: null, initialEventsEnd: true });
    fake.put('pods', pod('y'));
    expect(await next()).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'y' } } });
    await events.return!();
    await new Promise(setImmediate);
    expect(fake.watchers.size).toBe(0);
  });

  test('one execution serves all subscribers of the same document and identity', async () => {
    const query = 'subscription { objectsWatch(resource: "pods", resourceVersion: "0") }';
    const one = subscribe(query, me);
    fake.put('pods', pod('x'));
    expect((await one.next()).value?.data?.objectsWatch).toHaveLength(1);
    const two = subscribe(query, me);
    const other = subscribe(query, asUser('other'));
    expect((await two.next()).value?.data?.objectsWatch).toHaveLength(1);
    await other.next();
    expect(fake.calls.filter((call) => call.verb === 'watch')).toHaveLength(2);
    await one.return!();
    fake.put('pods', pod('y'));
    expect((await two.next()).value?.data?.objectsWatch).toMatchObject([
      { type: 'ADDED', object: { kind: 'Pod', metadata: { name: 'y' } } },
    ]);
  });

  test('a slow subscriber is cut, the others go on', async () => {
    const query = 'subscription { objectsWatch(resource: "pods", resourceVersion: "0") }';
    const slow = subscribe(query, me);
    const quick = subscribe(query, me);
    let read = 0;
    for (let i = 0; i < 1100; i++) {
      fake.put('pods', pod(`p${i}`));
      const { value } = await quick.next();
      read += (value!.data!['objectsWatch'] as unknown[]).length;
    }
    expect(read).toBe(1100);
    await expect(slow.next()).rejects.toMatchObject({ code: 429 });
  });

  test('a refused watch is its last result', async () => {
    fake.compacted = 5;
    const events = subscribe('subscription { objectsWatch(resource: "pods", resourceVersion: "1") }');
    expect((await events.next()).value!.errors![0]!.extensions).toMatchObject({ code: 410, reason: 'Expired' });
    expect((await events.next()).done).toBe(true);
  });
});

describe('limits', () => {
  const refusal = async (query: string) => (await run(query)).errors?.[0]?.message;
  test.each([
    [
      'depth',
      `{ pods { items { ${'node { pods { items { '.repeat(12)} kind ${'} } }'.repeat(12)} } } }`,
      /deeper than 24/,
    ],
    [
      'depth of fragments',
      `{ pods { ...z } } ${'abcdefghij'
        .split('')
        .map(
          (c) => `fragment ${c} on Pod { node { pods { items { ...${String.fromCharCode(c.charCodeAt(0) + 1)} } } } }`,
        )
        .join(
          '\n',
        )} fragment k on Pod { node { pods { items { node { pods { items { kind } } } } } } } fragment y on PodConnection { items { ...a } } fragment z on PodConnection { ...y }`,
      /deeper than 24/,
    ],
    [
      'aliases',
      `{ ${Array.from({ length: 40 }, (_, i) => `a${i}: pods { b${i}: continue c${i}: continue }`).join(' ')} }`,
      /more than 100 aliases/,
    ],
    [
      'root fields',
      `{ ${Array.from({ length: 51 }, (_, i) => `a${i}: kinds { kind }`).join(' ')} }`,
      /more than 50 fields/,
    ],
    [
      'cost',
      '{ nodes(first: 5000) { items { pods { items { node { pods { items { node { pods { items { kind } } } } } } } } } } }',
      /the limit is/,
    ],
    ['tokens', `{ ${'kinds { kind } '.repeat(4000)} }`, /token/],
  ])('%s', async (_, query, message) => expect(await refusal(query)).toMatch(message));

  test('introspection stays possible', async () => {
    const { getIntrospectionQuery } = await import('graphql');
    expect((await run(getIntrospectionQuery())).errors).toBeUndefined();
    expect(
      await run('{ a: __type(name: "Pod") { name } __typename kinds { __typename } b: __type(name: "x") { name } }'),
    ).toEqual({ data: { a: { name: 'Pod' }, __typename: 'Query', kinds: expect.anything(), b: null } });
    expect(await run('query ($n: String!) { __type(name: $n) { name } }')).toMatchObject({
      errors: [{ message: 'Variable "$n" of required type "String!" was not provided.' }],
    });
  });
});

test('new kinds are there at once, and in the schema that is asked for', async () => {
  await run('{ pods { resourceVersion } }');
  const pods = fake.registry.preferred('pods')!;
  const of = { group: 'example.com', kind: 'Thing', resource: 'things', singular: 'thing', custom: true };
  const storage = { ...pods.storage, group: of.group, kind: of.kind, key: 'things.example.com' };
  fake.registry.setCustom('things.example.com', [{ ...pods, ...of, storage }]);
  expect((await run('{ kinds { kind } }')).errors).toBeUndefined();
  expect((await run('{ things { resourceVersion } }')).errors).toBeUndefined();
  expect(await run('{ __type(name: "Thing_example_com_v1") { name } }')).toEqual({
    data: { __type: { name: 'Thing_example_com_v1' } },
  });
});
