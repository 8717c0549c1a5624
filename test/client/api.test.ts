import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createApi, type RunningApi } from '../../src/api/api.ts';
import { createClient } from '../../src/client/client.ts';
import type { Client } from '../../src/client/contract.ts';
import { createInformers } from '../../src/client/informers.ts';
import { directTransport } from '../support/direct-transport.ts';
import { createRegistry } from '../../src/kinds/registry.ts';
import type { KubeObject, ObjectLike } from '../../src/meta/object.ts';
import { createGraphQL, type GraphQLFacade } from '../../src/resolvers/graphql.ts';
import type { Store } from '../../src/store/contract.ts';
import { openStore } from '../../src/store/open.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
let store: Store;
let api: RunningApi;
let graphql: GraphQLFacade;
let client: Client;

beforeAll(async () => {
  database = await createDatabase();
  store = await openStore({ databaseUrl: database.url });
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  api = await createApi({ registry: createRegistry(), store, serviceAccountKeys: { privateKey, publicKey } });
  graphql = createGraphQL({ api });
  client = createClient(directTransport(graphql.executor), { manager: 'test' });
  await client.create('namespaces', { metadata: { name: 'a' } });
});
afterAll(async () => {
  await graphql?.close();
  await api?.close();
  await store?.close();
  await database?.drop();
});

const configMap = (name: string, data: Record<string, string> = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'a' },
  data,
});

describe('the client against the API', () => {
  test('creates, reads, updates, patches, applies and deletes', async () => {
    const made = await client.create('configmaps', configMap('one', { a: '1' }) as never);
    expect(made).toMatchObject({ kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'one', namespace: 'a' } });
    expect(made.metadata.managedFields).toBeUndefined();
    const managers = '{ configMap(namespace: "a", name: "one") { metadata { managedFields { manager } } } }';
    expect(await client.query(managers)).toEqual({ configMap: { metadata: { managedFields: [{ manager: 'test' }] } } });
    await expect(client.create('configmaps', configMap('one') as never)).rejects.toMatchObject({
      reason: 'AlreadyExists',
    });
    const updated = await client.update('configmaps', { ...made, data: { a: '2' } });
    await expect(client.update('configmaps', { ...made, data: { a: '3' } })).rejects.toMatchObject({
      reason: 'Conflict',
    });
    expect(await client.get('configmaps', 'a', 'one')).toEqual(updated);
    expect(await client.patch('configmaps', 'a', 'one', { data: { b: '3' } })).toMatchObject({
      data: { a: '2', b: '3' },
    });
    const json = [{ op: 'remove', path: '/data/a' }];
    expect((await client.patch('configmaps', 'a', 'one', json, { type: 'json' }))['data']).toEqual({
      b: '3',
    });
    const applied = await client.patch('configmaps', 'a', 'one', configMap('one', { c: '4' }), {
      type: 'apply',
    });
    expect(applied['data']).toEqual({ b: '3', c: '4' });
    // What was read without managedFields and written back has not lost them.
    expect(await client.query(managers)).toMatchObject({
      configMap: { metadata: { managedFields: [{ manager: 'test' }, { manager: 'test' }] } },
    });
    await client.delete('configmaps', 'a', 'one', { uid: made.metadata.uid });
    await expect(client.get('configmaps', 'a', 'one')).rejects.toMatchObject({ reason: 'NotFound', code: 404 });
  });

  test('acts as a controller that RBAC knows', async () => {
    const controller = client.as('system:serviceaccount:kube-system:nobody', 'nobody');
    await expect(controller.list('secrets')).rejects.toMatchObject({ code: 403, reason: 'Forbidden' });
  });

  test('lists what is served', async () => {
    const resources = await client.resources();
    expect(resources).toContainEqual(
      expect.objectContaining({
        resource: 'deployments.apps',
        group: 'apps',
        version: 'v1',
        kind: 'Deployment',
        namespaced: true,
      }),
    );
  });

  test('watches from the beginning and from a revision', async () => {
    await client.create('configmaps', configMap('watched') as never);
    const watch = client.watch('configmaps', { namespace: 'a', fieldSelector: 'metadata.name=watched' });
    const seen: string[] = [];
    let revision = '';
    while (!revision) {
      for (const event of (await watch.next()).value as {
        type: string;
        object: KubeObject;
        initialEventsEnd?: boolean;
      }[]) {
        seen.push(event.type);
        if (event.initialEventsEnd) revision = event.object.metadata.resourceVersion;
      }
    }
    expect(seen).toEqual(['ADDED', 'BOOKMARK']);
    await watch.return!();
    await client.patch('configmaps', 'a', 'watched', { data: { x: 'y' } });
    const again = client.watch('configmaps', { namespace: 'a', resourceVersion: revision });
    expect((await again.next()).value).toMatchObject([
      { type: 'MODIFIED', object: { kind: 'ConfigMap', data: { x: 'y' } } },
    ]);
    await again.return!();
  });

  test('typed queries read a state of the past', async () => {
    const made = await client.create('configmaps', configMap('past', { v: '1' }) as never);
    await client.patch('configmaps', 'a', 'past', { data: { v: '2' } });
    const query =
      'query ($asOf: String) { configMap(namespace: "a", name: "past", asOf: $asOf) { dataJSON inNamespace { status { phase } } } }';
    const read = (asOf?: string) => client.query<{ configMap: unknown }>(query, { asOf });
    expect(await read()).toEqual({ configMap: { dataJSON: { v: '2' }, inNamespace: { status: { phase: 'Active' } } } });
    expect(await read(made.metadata.resourceVersion)).toMatchObject({ configMap: { dataJSON: { v: '1' } } });
  });

  test('an informer follows writes', async () => {
    const informers = createInformers(client, {
      setTimeout,
      clearTimeout: (handle) => clearTimeout(handle as NodeJS.Timeout),
    });
    const maps = informers.informer('configmaps');
    informers.start();
    await maps.whenSynced();
    const told = new Promise<ObjectLike | undefined>((resolve) =>
      maps.follow((object) => object?.metadata.name === 'informed' && resolve(object)),
    );
    await client.create('configmaps', configMap('informed') as never);
    expect(await told).toMatchObject({ kind: 'ConfigMap' });
    expect(maps.get('a', 'informed')).toBeDefined();
    await informers.stop();
  });

  test('a custom kind is typed as soon as it is served', async () => {
    const columns = {
      type: 'object',
      properties: { spec: { type: 'object', properties: { size: { type: 'integer' }, 'x-y': { type: 'string' } } } },
    };
    await client.create('customresourcedefinitions.apiextensions.k8s.io', {
      metadata: { name: 'gadgets.example.com' },
      spec: {
        group: 'example.com',
        scope: 'Namespaced',
        names: { plural: 'gadgets', singular: 'gadget', kind: 'Gadget', listKind: 'GadgetList' },
        versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: columns } }],
      },
    } as never);
    await expect.poll(() => api.registry.preferred('gadgets.example.com')).toBeDefined();
    const query =
      'mutation { createGadget(namespace: "a", input: { metadata: { name: "g" }, spec: { size: 3, x_y: "z" } }) { metadata { name } spec { size x_y } } }';
    expect(await client.query(query)).toEqual({
      createGadget: { metadata: { name: 'g' }, spec: { size: 3, x_y: 'z' } },
    });
    expect(await client.get('gadgets.example.com', 'a', 'g')).toMatchObject({
      apiVersion: 'example.com/v1',
      spec: { size: 3, 'x-y': 'z' },
    });
  });
});
