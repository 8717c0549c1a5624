import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { PolicyAuditor } from '../../src/api/audit/auditor.ts';
import { Evaluator } from '../../src/api/audit/evaluator.ts';
import { createGraphQL, type GraphQLFacade } from '../../src/resolvers/graphql.ts';
import { TestApi } from '../api/support.ts';

interface Event {
  auditID: string;
  stage: string;
  verb: string;
  user: { username: string };
  sourceIPs: readonly string[];
  impersonatedUser?: { username: string };
  objectRef: { resource: string; namespace?: string; name?: string };
  responseStatus: { code: number };
}

let texts: string[] = [];
let test: TestApi;
let graphql: GraphQLFacade;
beforeAll(async () => {
  const sink = { push: (text: string) => void texts.push(text), close: () => Promise.resolve() };
  const policy = new Evaluator({
    omitStages: ['RequestReceived'],
    rules: [{ level: 'Metadata', resources: [{ resources: ['secrets'] }] }],
  });
  test = await TestApi.open({ auditor: new PolicyAuditor({ policy, sinks: [sink] }) });
  graphql = createGraphQL({ api: test.api });
  await test.create('secrets', { metadata: { name: 's' }, data: { key: 'aHVzaA==' } });
});
afterAll(async () => {
  await graphql.close();
  await test.close();
});
beforeEach(() => {
  texts = [];
});
const events = (): Event[] => texts.map((text) => JSON.parse(text) as Event);

it('who joins the watch of another is recorded as its reader, from its beginning to its end', async () => {
  const query = 'subscription { objectsWatch(resource: "secrets", namespace: "t") }';
  const join = async (): Promise<AsyncIterableIterator<unknown>> => {
    const reader = graphql.as(test.ctx()).subscribe({ query });
    expect((await reader.next()).done).toBe(false);
    return reader;
  };
  const first = await join();
  const second = await join();
  await expect
    .poll(() => events().map(({ verb, stage }) => [verb, stage]))
    .toEqual([
      ['watch', 'ResponseStarted'],
      ['watch', 'ResponseStarted'],
    ]);
  expect(new Set(events().map(({ auditID }) => auditID)).size).toBe(2);
  const joined = events()[1]?.auditID;
  await second.return?.();
  expect(events().at(-1)).toMatchObject({ auditID: joined, stage: 'ResponseComplete' });
  await first.return?.();
  expect(events().map(({ stage }) => stage)).toEqual([
    'ResponseStarted',
    'ResponseStarted',
    'ResponseComplete',
    'ResponseComplete',
  ]);
});

it.each([
  ['watch', 'objectsWatch(resource: "secrets", namespace: "t")', 'objectsWatch(resource: "secrets", namespace: "t")'],
  [
    'view, by another document,',
    'secretsLive(namespace: "t") { items { metadata { name } } }',
    'secretsLive(namespace: "t", first: 3) { totalCount }',
  ],
])('who joins the %s of another is recorded by its own name and address', async (_, one, other) => {
  const names = ['10.0.0.1', '10.0.0.2'].map((address) => ({
    auditId: `op-${address}`,
    requestUri: '/graphql',
    sourceIps: [address],
    userAgent: 'test',
  }));
  const readers: AsyncIterableIterator<unknown>[] = [];
  for (const [i, query] of [one, other].entries()) {
    const reader = graphql.as({ ...test.ctx(), origin: names[i] }).subscribe({ query: `subscription { ${query} }` });
    expect((await reader.next()).done).toBe(false);
    readers.push(reader);
  }
  const watches = () => events().filter(({ verb }) => verb === 'watch');
  await expect
    .poll(() => watches().map(({ stage, sourceIPs }) => [stage, ...sourceIPs]))
    .toEqual([
      ['ResponseStarted', '10.0.0.1'],
      ['ResponseStarted', '10.0.0.2'],
    ]);
  // the one who began goes, and its record ends with it
  await readers[0]?.return?.();
  expect(watches().at(-1)).toMatchObject({ stage: 'ResponseComplete', sourceIPs: ['10.0.0.1'] });
  expect(watches()).toHaveLength(3);
  await readers[1]?.return?.();
  expect(watches().at(-1)).toMatchObject({ stage: 'ResponseComplete', sourceIPs: ['10.0.0.2'] });
});

it('a watch that is refused is recorded as that', async () => {
  const reader = graphql.as(test.ctx({ name: 'nobody', groups: [] })).subscribe({
    query: 'subscription { objectsWatch(resource: "secrets", namespace: "t") }',
  });
  await reader.next();
  expect(events().map(({ verb, user, responseStatus }) => [verb, user.username, responseStatus.code])).toContainEqual([
    'watch',
    'nobody',
    403,
  ]);
  await reader.return?.();
});

it('a loop of this process is the account that it acts as', async () => {
  const as = { user: 'system:serviceaccount:kube-system:generic-garbage-collector' };
  await graphql.executor.execute({ query: '{ object(resource: "secrets", namespace: "t", name: "s") }', as });
  const [event] = events();
  expect(texts).toHaveLength(1);
  expect(event?.user.username).toBe(as.user);
  expect(event).not.toHaveProperty('impersonatedUser');
});

it('a relation that many objects share is read, and recorded, once for each namespace', async () => {
  await test.create('configmaps', { metadata: { name: 'owner' } });
  const { object } = await test.get('configmaps', 'owner');
  const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: object.metadata.uid }];
  for (const name of ['a', 'b', 'c']) await test.create('secrets', { metadata: { name, ownerReferences } });
  texts = [];
  const query =
    '{ configMap(namespace: "t", name: "owner") { owned(resource: "secrets") { items { metadata { name } } } } }';
  expect(await graphql.as(test.ctx()).execute({ query })).toContain('"c"');
  expect(events().map(({ verb, objectRef }) => [verb, objectRef.resource, objectRef.namespace])).toEqual([
    ['list', 'secrets', 't'],
  ]);
});
