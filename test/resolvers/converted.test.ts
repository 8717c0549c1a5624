import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { KubeObject } from '../../src/meta/object.ts';
import { the } from '../support/at.ts';
import { WebhookServer } from '../support/webhook-server.ts';
import { TestGraphQL } from './mutations/support.ts';

const DEFINITIONS = 'customresourcedefinitions.apiextensions.k8s.io';
const KEY = 'links.example.com';
const wait = { timeout: 60_000 };

interface Spec {
  address?: string;
  host?: string;
  port?: string;
}
type Link = KubeObject & { spec: Spec };
interface Request {
  uid: string;
  desiredAPIVersion: string;
  objects: Link[];
}

/** `host:port` in version 1 are two fields in version 2. */
function inVersion(link: Link, apiVersion: string): Link {
  const { address = ':', host = '', port = '' } = link.spec;
  const [first = '', second = ''] = address.split(':');
  const spec = apiVersion.endsWith('/v1') ? { address: `${host}:${port}` } : { host: first, port: second };
  return { ...link, apiVersion, spec: link.apiVersion === apiVersion ? link.spec : spec };
}

let g: TestGraphQL;
let webhook: WebhookServer;
let isDown = false;
let asked = 0;

const text = { type: 'string' };
const versionOf = (name: string, fields: object, storage: boolean) => ({
  name,
  served: true,
  storage,
  schema: { openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties: fields } } } },
});
const definition = (stored: string) => ({
  metadata: {
    name: KEY,
    annotations: {
      'ku7s.io/references': JSON.stringify([
        { path: 'spec.host', resource: 'configmaps', field: 'configMap', back: 'links' },
      ]),
    },
  },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'links', singular: 'link', kind: 'Link', listKind: 'LinkList' },
    versions: [
      versionOf('v1', { address: text }, stored === 'v1'),
      versionOf('v2', { host: text, port: text }, stored === 'v2'),
    ],
    conversion: {
      strategy: 'Webhook',
      webhook: { clientConfig: webhook.clientConfig, conversionReviewVersions: ['v1'] },
    },
  },
});

const create = async (version: string, name: string, spec: Spec, more: object = {}): Promise<void> => {
  const kind = the(g.t.api.registry.byResource('example.com', version, 'links'));
  const object = { apiVersion: `example.com/${version}`, kind: 'Link', metadata: { name, ...more }, spec };
  const target = { kind, namespace: 't', name: '', subresource: '' };
  await g.t.api.create(g.t.ctx(), target, { object: object as unknown as KubeObject }, {});
};

async function storeAs(version: string): Promise<void> {
  await g.t.merge(DEFINITIONS, KEY, { spec: definition(version).spec }, '');
  await vi.waitFor(() => expect(g.t.api.registry.storage(KEY)?.version).toBe(version), wait);
}

beforeAll(async () => {
  webhook = await WebhookServer.open((review) => {
    const { apiVersion, kind } = review as { apiVersion: string; kind: string };
    const { uid, desiredAPIVersion, objects } = review['request'] as Request;
    asked++;
    if (isDown) return { status: 503, body: 'down' };
    const convertedObjects = objects.map((one) => inVersion(one, desiredAPIVersion));
    return { apiVersion, kind, response: { uid, result: { status: 'Success' }, convertedObjects } };
  });
  g = await TestGraphQL.open();
  await g.t.create(DEFINITIONS, definition('v1'), '');
  await vi.waitFor(() => expect(g.t.api.registry.storage(KEY)?.version).toBe('v1'), wait);
  const owner = await g.t.create('configmaps', { metadata: { name: 'east' } });
  await g.t.create('configmaps', { metadata: { name: 'west' } });
  const { uid } = owner.object.metadata;
  const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'east', uid }];
  await g.t.create('secrets', { metadata: { name: 'beside', ownerReferences } });
  await create('v1', 'a', { address: 'east:3' }, { ownerReferences });
  await create('v1', 'b', { address: 'west:1' });
  await storeAs('v2');
  await create('v2', 'c', { host: 'east', port: '2' });
});
afterAll(async () => {
  await g.close();
  await webhook.close();
});

const NAME = 'metadata { name }';
const named = (...names: string[]): object[] => names.map((name) => ({ metadata: { name } }));

const first = (links: object): object => ({ example_com: { v1: { links } } });
const toConfigMaps = ['east', 'west', 'east'].map((name) => ({ configMap: { metadata: { name } } }));

describe('of objects in two stored versions', () => {
  test.each<[what: string, query: string, answer: object]>([
    [
      'a list, filtered',
      `{ example_com { v1 { links(namespace: "t", where: { spec: { address: { startsWith: "east" } } }) { items { spec { address } } } } }
         links(namespace: "t", where: { spec: { host: { eq: "east" } } }) { items { spec { host port } } } }`,
      {
        ...first({ items: [{ spec: { address: 'east:3' } }, { spec: { address: 'east:2' } }] }),
        links: { items: [{ spec: { host: 'east', port: '3' } }, { spec: { host: 'east', port: '2' } }] },
      },
    ],
    [
      'a list in order',
      `{ example_com { v1 { links(namespace: "t", orderBy: [{ spec: { address: ASC } }]) { items { ${NAME} } } } }
         links(namespace: "t", orderBy: [{ spec: { port: ASC } }]) { items { ${NAME} } } }`,
      { ...first({ items: named('c', 'a', 'b') }), links: { items: named('b', 'c', 'a') } },
    ],
    [
      'groups',
      '{ linksAggregate(namespace: "t", groupBy: [{ spec: { host: ASC } }]) { groups { by count } } }',
      {
        linksAggregate: {
          groups: [
            { by: ['east'], count: 2 },
            { by: ['west'], count: 1 },
          ],
        },
      },
    ],
    [
      'a relation from each',
      `{ example_com { v1 { links(namespace: "t") { items { configMap { ${NAME} } } } } }
         links(namespace: "t") { items { configMap { ${NAME} } } } }`,
      { ...first({ items: toConfigMaps }), links: { items: toConfigMaps } },
    ],
    [
      'a relation to them',
      `{ configMap(namespace: "t", name: "east") {
           usedBy(where: { metadata: { name: { eq: "a" } } }) { items { _json } } owned { items { kind ${NAME} } } } }`,
      {
        configMap: {
          usedBy: { items: [{ _json: expect.objectContaining({ spec: { host: 'east', port: '3' } }) as unknown }] },
          owned: {
            items: [
              { kind: 'Link', metadata: { name: 'a' } },
              { kind: 'Secret', metadata: { name: 'beside' } },
            ],
          },
        },
      },
    ],
    [
      'a search',
      '{ search(text: "east", kinds: ["links.example.com"]) { name field text } }',
      { search: ['a', 'c'].map((name) => ({ name, field: 'spec.host', text: 'east' })) },
    ],
  ])('%s', async (_, query, answer) => {
    expect(await g.data(query)).toEqual(answer);
  });

  test('a live query, with relations, and a watch are told in the version that is asked for', async () => {
    const subscribed = (query: string) => {
      const results = g.graphql.as(g.t.ctx()).subscribe({ query });
      return {
        next: async (): Promise<unknown> =>
          (JSON.parse(String((await results.next()).value)) as { data: unknown }).data,
        end: () => results.return?.(),
      };
    };
    const ITEM = `spec { address } configMap { ${NAME} }`;
    const where = 'namespace: "t", where: { spec: { address: { endsWith: ":2" } } }';
    const live = subscribed(
      `subscription { example_com_v1_linksLive(${where}) { items { ${ITEM} } changes { type object { ${ITEM} } } } }`,
    );
    const watch = subscribed(
      `subscription { example_com_v1_linksWatch(${where}) { type object { spec { address } } } }`,
    );
    const at = (name: string): object => ({ spec: { address: `${name}:2` }, configMap: { metadata: { name } } });
    const seen = (type: string, name: string): object => ({
      example_com_v1_linksWatch: { type, object: { spec: { address: `${name}:2` } } },
    });
    expect(await live.next()).toMatchObject({ example_com_v1_linksLive: { items: [at('east')] } });
    expect(await watch.next()).toMatchObject(seen('ADDED', 'east'));
    await g.data(
      'mutation { patchLink(namespace: "t", name: "c", patch: { spec: { host: "west" } }) { metadata { name } } }',
    );
    expect(await live.next()).toMatchObject({ example_com_v1_linksLive: { changes: [{ object: at('west') }] } });
    await live.end();
    await watch.end();
  });

  test('relations to many are asked of the webhook together', async () => {
    await storeAs('v1');
    asked = 0;
    await g.data(
      `{ configMaps(namespace: "t") { items { usedBy { items { ${NAME} } } owned { items { ${NAME} } } } } }`,
    );
    // to the stored version for the way back, and to the one that is served
    expect(asked).toBeLessThanOrEqual(4);
  });
});

interface History {
  link: { history: { items: { revision: string; changeSet: string; diff: { path: string }[]; after: Link }[] } };
}

test('history, an older state and undo are told in the version that is asked for', async () => {
  const query = `{ link(namespace: "t", name: "b") { history { items { revision changeSet after diff { path } } } } }`;
  await g.data(
    'mutation { patchLink(namespace: "t", name: "b", patch: { spec: { port: "9" } }) { metadata { name } } }',
  );
  const { link } = await g.data<History>(query);
  const [newest, oldest] = link.history.items;
  expect([newest?.after.spec, oldest?.after.spec]).toEqual([
    { host: 'west', port: '9' },
    { host: 'west', port: '1' },
  ]);
  expect(newest?.diff.map(({ path }) => path)).toContain('spec.port');
  const then = `{ link(namespace: "t", name: "b", asOf: "${oldest?.revision}") { spec { host port } } }`;
  expect(await g.data(then)).toEqual({ link: { spec: { host: 'west', port: '1' } } });
  const undo = `mutation { undo(changeSet: "${newest?.changeSet}") { done steps { object } } }`;
  expect(await g.data(undo)).toMatchObject({ undo: { done: true, steps: [{ object: { spec: { port: '1' } } }] } });
  expect(await g.data('{ link(namespace: "t", name: "b") { spec { port } } }')).toEqual({
    link: { spec: { port: '1' } },
  });
});

describe('while the webhook is down', () => {
  beforeAll(async () => {
    await create('v1', 'd', { address: 'north:4' });
    await storeAs('v2');
    isDown = true;
  });

  const FAILED = 'conversion webhook for example.com/v1, Kind=Link failed: ';

  test('what is converted is an error, and others are told', async () => {
    const { data, errors } = await g.run<object>(
      `{ links(namespace: "t") { items { ${NAME} } } configMaps(namespace: "t") { totalCount } }`,
    );
    expect(data).toMatchObject({ configMaps: { totalCount: 2 } });
    expect(errors).toMatchObject([{ path: ['links'], extensions: { code: 500 } }]);
    expect(errors?.[0]?.message).toContain(FAILED);
  });

  test('a search and a list of several kinds have the others', async () => {
    expect(await g.data('{ search(text: "beside") { name } }')).toEqual({ search: [{ name: 'beside' }] });
    const owned = `{ configMap(namespace: "t", name: "east") { owned { items { kind } } } }`;
    expect(await g.data(owned)).toEqual({ configMap: { owned: { items: [{ kind: 'Secret' }] } } });
  });

  test.each([
    ['configMapsWatch(namespace: "t", where: { metadata: { name: { eq: "east" } } }) { object', ''],
    ['configMapsLive(namespace: "t", where: { metadata: { name: { eq: "east" } } }) { items', 'changes { type }'],
  ])('a subscription says what is left out of it: %s', async (field, more) => {
    const query = `subscription { ${field} { usedBy { items { kind } } } ${more} } }`;
    const results = g.graphql.as(g.t.ctx()).subscribe({ query });
    const told = JSON.parse(String((await results.next()).value)) as object;
    expect(told).toMatchObject({ extensions: { warnings: [expect.stringContaining(FAILED)] } });
    expect(told).not.toHaveProperty('errors');
    await results.return?.();
  });

  test('of changes the objects alone are errors, where they are asked for', async () => {
    const within = 'kinds: ["links.example.com", "configmaps"], namespaces: ["t"], first: 500';
    expect(await g.data(`{ changes(${within}) { items { name user } } }`)).toMatchObject({ changes: {} });
    const { data, errors } = await g.run<{ changes: { items: { name: string; after: object | null }[] } }>(
      `{ changes(${within}) { items { name after } } }`,
    );
    const of = (name: string): unknown => data.changes.items.find((one) => one.name === name)?.after;
    expect(of('d')).toBeNull();
    expect(of('west')).toMatchObject({ kind: 'ConfigMap' });
    expect(errors?.every(({ message, path }) => message.includes(FAILED) && path?.at(-1) === 'after')).toBe(true);
  });
});
