import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createClient } from '../../src/client/client.ts';
import type { Client, ClientWatchEvent, ClientWatchOptions } from '../../src/client/contract.ts';
import type { ObjectLike } from '../../src/meta/object.ts';
import { StatusError } from '../../src/meta/status.ts';
import type { Store } from '../../src/store/contract.ts';
import { openStore } from '../../src/store/open.ts';
import { createDatabase } from '../support/database.ts';
import { FakeApi, type Manifest } from '../support/fake-api.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { MemoryStore } from '../support/memory-store.ts';

/** What a scenario works with: an API, and a namespace of its own. */
interface Ground {
  api: FakeApi;
  client: Client;
  ns: string;
}
type Scenario = (ground: Ground) => Promise<void>;

const STORES: Record<string, () => Promise<{ store: Store; drop(): Promise<void> }>> = {
  memory: () => Promise.resolve({ store: new MemoryStore(), drop: () => Promise.resolve() }),
  async Postgres() {
    const database = await createDatabase();
    return { store: await openStore({ databaseUrl: database.url, clock: new FakeClock() }), drop: database.drop };
  },
};

const map = (ns: string, name: string, more: Record<string, unknown> = {}): Manifest => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: ns, ...(more['metadata'] as object | undefined) },
  data: { k: 'v' },
});
const pod = (ns: string, name: string, labels: Record<string, string> = {}): Manifest => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: ns, labels },
  spec: { containers: [{ name: 'c', image: 'busybox:1.36' }] },
});
const deployment = (ns: string, name: string): Manifest => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace: ns },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'c', image: 'busybox:1.36' }] } },
  },
});

async function refusal(call: Promise<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    if (error instanceof StatusError) return `${error.code} ${error.reason}`;
    throw error;
  }
  return 'done';
}

const versionOf = (object: ObjectLike): number => Number(object.metadata.resourceVersion);
const namesOf = (items: readonly ObjectLike[]): string[] => items.map(({ metadata }) => metadata.name);

/** Reads a watch until it has `count` events and bookmarks, as `TYPE name`. @param meanwhile done when the state is whole */
async function heard(
  client: Client,
  resource: string,
  options: ClientWatchOptions,
  count: number,
  meanwhile?: () => Promise<void>,
): Promise<string[]> {
  const lines: string[] = [];
  let doing: Promise<void> | undefined;
  const watch = client.watch(resource, options);
  for await (const events of watch) {
    for (const event of events) lines.push(lineOf(event));
    if (lines.includes('END OF STATE')) doing ??= meanwhile?.();
    if (lines.length >= count) break;
  }
  await doing;
  return lines;
}
const lineOf = ({ type, object, initialEventsEnd }: ClientWatchEvent): string =>
  type === 'BOOKMARK' ? (initialEventsEnd ? 'END OF STATE' : 'BOOKMARK') : `${type} ${object.metadata.name}`;

const SCENARIOS: Record<string, Scenario> = {
  async 'a new object gets a uid, a time, a generation and a version'({ client, ns, api }) {
    const made = await client.create('deployments.apps', deployment(ns, 'd') as never);
    expect(made.metadata).toMatchObject({
      name: 'd',
      namespace: ns,
      generation: 1,
      creationTimestamp: '2026-01-01T00:00:00Z',
    });
    expect(made.metadata.uid).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(versionOf(made)).toBe(api.store.revision);
    expect(made).toMatchObject({ kind: 'Deployment', apiVersion: 'apps/v1', spec: { revisionHistoryLimit: 10 } });
    expect(await client.get('deployments.apps', ns, 'd')).toEqual(made);
  },
  async 'versions rise over all resources, by one for each write'({ client, ns }) {
    const first = versionOf(await client.create('configmaps', map(ns, 'x') as never));
    expect(versionOf(await client.create('pods', pod(ns, 'p') as never))).toBe(first + 1);
    const patched = await client.patch('configmaps', ns, 'x', { data: { k: 'w' } });
    expect(versionOf(patched)).toBe(first + 2);
  },
  async 'a name is drawn for generateName, and each is another'({ client, ns }) {
    const manifest = { ...map(ns, ''), metadata: { generateName: 'gen-', namespace: ns } };
    const names = [];
    for (let n = 0; n < 3; n++) names.push((await client.create('configmaps', manifest as never)).metadata);
    expect(new Set(names.map(({ name }) => name)).size).toBe(3);
    for (const { name } of names) expect(name).toMatch(/^gen-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
  },
  async 'what is there cannot be made again, and what is not there is not found'({ client, ns }) {
    await client.create('configmaps', map(ns, 'x') as never);
    expect(await refusal(client.create('configmaps', map(ns, 'x') as never))).toBe('409 AlreadyExists');
    expect(await refusal(client.create('configmaps', map('nowhere', 'x') as never))).toBe('404 NotFound');
    expect(await refusal(client.get('configmaps', ns, 'y'))).toBe('404 NotFound');
    expect(await refusal(client.update('configmaps', map(ns, 'y') as never))).toBe('404 NotFound');
    expect(await refusal(client.patch('configmaps', ns, 'y', {}))).toBe('404 NotFound');
    expect(await refusal(client.delete('configmaps', ns, 'y'))).toBe('404 NotFound');
    expect(await refusal(client.create('pods', { ...pod(ns, 'p'), spec: {} } as never))).toBe('422 Invalid');
  },
  async 'an update of what has changed meanwhile is a conflict; one without a version is not'({ client, ns }) {
    const first = await client.create('configmaps', map(ns, 'x') as never);
    await client.patch('configmaps', ns, 'x', { data: { k: 'w' } });
    expect(await refusal(client.update('configmaps', { ...first, data: { k: 'lost' } }))).toBe('409 Conflict');
    const { resourceVersion: _, ...metadata } = first.metadata;
    await client.update('configmaps', { ...first, metadata, data: { k: 'won' } } as never);
    expect(await client.get('configmaps', ns, 'x')).toMatchObject({ data: { k: 'won' } });
    const other = { ...first, metadata: { ...metadata, uid: 'another' } } as never;
    expect(await refusal(client.update('configmaps', other))).toBe('409 Conflict');
  },
  async 'of two updates at once of one version, one wins'({ client, ns }) {
    const first = await client.create('configmaps', map(ns, 'x') as never);
    const outcomes = await Promise.all(
      ['1', '2', '3'].map((k) => refusal(client.update('configmaps', { ...first, data: { k } }))),
    );
    expect(outcomes.sort()).toEqual(['409 Conflict', '409 Conflict', 'done']);
  },
  async 'a write that changes nothing is none'({ client, ns }) {
    const first = await client.create('configmaps', map(ns, 'x') as never);
    expect(versionOf(await client.update('configmaps', first))).toBe(versionOf(first));
    expect(versionOf(await client.patch('configmaps', ns, 'x', { data: { k: 'v' } }))).toBe(versionOf(first));
  },
  async 'the status is written by itself, and does not count as a generation'({ client, ns }) {
    const made = await client.create('deployments.apps', {
      ...deployment(ns, 'd'),
      status: { replicas: 7 },
    } as never);
    expect(made['status']).toEqual({});
    const spec = made.spec!;
    const written = await client.update(
      'deployments.apps',
      { ...made, spec: { ...spec, replicas: 9 }, status: { replicas: 2 } },
      'status',
    );
    expect(written).toMatchObject({ metadata: { generation: 1 }, spec: { replicas: 2 }, status: { replicas: 2 } });
    const changed = await client.update('deployments.apps', {
      ...written,
      spec: { ...spec, replicas: 3 },
      status: {},
    });
    expect(changed).toMatchObject({ metadata: { generation: 2 }, spec: { replicas: 3 }, status: { replicas: 2 } });
    const labelled = await client.patch('deployments.apps', ns, 'd', { metadata: { labels: { a: 'b' } } });
    expect(labelled).toMatchObject({ metadata: { generation: 2, labels: { a: 'b' } } });
  },
  async 'a finalizer holds what is deleted until it is taken off'({ client, ns, api }) {
    await client.create('configmaps', map(ns, 'x', { metadata: { finalizers: ['example.com/hold'] } }) as never);
    await client.delete('configmaps', ns, 'x');
    const held = await client.get('configmaps', ns, 'x');
    expect(held.metadata).toMatchObject({ deletionTimestamp: '2026-01-01T00:00:00Z', deletionGracePeriodSeconds: 0 });
    const { revision } = api.store;
    await client.delete('configmaps', ns, 'x');
    expect(api.store.revision).toBe(revision);
    const more = { metadata: { finalizers: ['example.com/hold', 'example.com/more'] } };
    expect(await refusal(client.patch('configmaps', ns, 'x', more))).toBe('422 Invalid');
    await client.patch('configmaps', ns, 'x', { metadata: { finalizers: null } });
    expect(await refusal(client.get('configmaps', ns, 'x'))).toBe('404 NotFound');
  },
  async 'a pod on a node goes in grace, one on none at once'({ client, ns }) {
    await client.create('pods', pod(ns, 'waiting') as never);
    await client.delete('pods', ns, 'waiting');
    expect(await refusal(client.get('pods', ns, 'waiting'))).toBe('404 NotFound');
    await client.create('pods', pod(ns, 'p') as never);
    const target = { apiVersion: 'v1', kind: 'Node', name: 'n1' };
    const binding = { apiVersion: 'v1', kind: 'Binding', metadata: { name: 'p', namespace: ns }, target };
    await client.create('pods', binding as never, { subresource: 'binding', name: 'p' });
    expect(await client.get('pods', ns, 'p')).toMatchObject({ spec: { nodeName: 'n1' } });
    expect(await refusal(client.create('pods', binding as never, { subresource: 'binding', name: 'p' }))).toBe(
      '409 Conflict',
    );
    await client.delete('pods', ns, 'p');
    expect((await client.get('pods', ns, 'p')).metadata).toMatchObject({
      deletionTimestamp: '2026-01-01T00:00:30Z',
      deletionGracePeriodSeconds: 30,
    });
    await client.delete('pods', ns, 'p', { gracePeriodSeconds: 5 });
    expect((await client.get('pods', ns, 'p')).metadata.deletionGracePeriodSeconds).toBe(5);
    await client.delete('pods', ns, 'p', { gracePeriodSeconds: 0 });
    expect(await refusal(client.get('pods', ns, 'p'))).toBe('404 NotFound');
  },
  async 'a deletion says what becomes of dependents, and leaves them alone'({ client, ns }) {
    const names = ['background', 'foreground', 'orphan'];
    for (const name of names) {
      const owner = await client.create('configmaps', map(ns, name) as never);
      const reference = { apiVersion: 'v1', kind: 'ConfigMap', name, uid: owner.metadata.uid };
      const metadata = { ownerReferences: [{ ...reference, blockOwnerDeletion: true }] };
      await client.create('configmaps', map(ns, `of-${name}`, { metadata }) as never);
    }
    await client.delete('configmaps', ns, 'background', { propagationPolicy: 'Background' });
    await client.delete('configmaps', ns, 'foreground', { propagationPolicy: 'Foreground' });
    await client.delete('configmaps', ns, 'orphan', { propagationPolicy: 'Orphan' });
    expect(await refusal(client.get('configmaps', ns, 'background'))).toBe('404 NotFound');
    const finalizers = async (name: string) => (await client.get('configmaps', ns, name)).metadata;
    expect(await finalizers('foreground')).toMatchObject({ finalizers: ['foregroundDeletion'] });
    expect(await finalizers('orphan')).toMatchObject({ finalizers: ['orphan'] });
    for (const name of names) expect(await refusal(client.get('configmaps', ns, `of-${name}`))).toBe('done');
  },
  async 'preconditions of deletions and patches hold'({ client, ns }) {
    const { metadata } = await client.create('configmaps', map(ns, 'x') as never);
    const { uid, resourceVersion } = metadata;
    expect(await refusal(client.delete('configmaps', ns, 'x', { uid: 'another' }))).toBe('409 Conflict');
    expect(await refusal(client.delete('configmaps', ns, 'x', { uid, resourceVersion: '1' }))).toBe('409 Conflict');
    expect(await refusal(client.patch('configmaps', ns, 'x', { metadata: { uid: 'another' } }))).toBe('422 Invalid');
    const stale = { metadata: { resourceVersion: '1' }, data: { k: 'w' } };
    expect(await refusal(client.patch('configmaps', ns, 'x', stale))).toBe('409 Conflict');
    expect(await refusal(client.delete('configmaps', ns, 'x', { uid, resourceVersion }))).toBe('done');
  },
  async 'patches merge by their type'({ client, ns }) {
    await client.create('pods', pod(ns, 'p', { a: '1', b: '2' }) as never);
    const merged = await client.patch('pods', ns, 'p', { metadata: { labels: { a: null, c: '3' } } });
    expect(merged.metadata.labels).toEqual({ b: '2', c: '3' });
    const pointed = await client.patch(
      'pods',
      ns,
      'p',
      [
        { op: 'test', path: '/metadata/labels/b', value: '2' },
        { op: 'replace', path: '/metadata/labels/b', value: '4' },
      ],
      { type: 'json' },
    );
    expect(pointed.metadata.labels).toEqual({ b: '4', c: '3' });
    const wrong = [{ op: 'test', path: '/metadata/labels/b', value: '2' }];
    expect(await refusal(client.patch('pods', ns, 'p', wrong, { type: 'json' }))).toBe('422 Invalid');
    const condition = (type: string, status: string) => ({ status: { conditions: [{ type, status }] } });
    const strategic = { type: 'strategic', subresource: 'status' } as const;
    await client.patch('pods', ns, 'p', condition('Ready', 'False'), strategic);
    await client.patch('pods', ns, 'p', condition('Initialized', 'True'), strategic);
    const last = await client.patch('pods', ns, 'p', condition('Ready', 'True'), strategic);
    const { conditions } = (last as unknown as { status: { conditions: { type: string; status: string }[] } }).status;
    expect(conditions.map(({ type, status }) => `${type}=${status}`).sort()).toEqual([
      'Initialized=True',
      'Ready=True',
    ]);
    const replaced = await client.patch('pods', ns, 'p', condition('Only', 'True'), { subresource: 'status' });
    expect(replaced).toMatchObject({ status: { conditions: [{ type: 'Only' }] } });
  },
  async 'apply makes, owns, and refuses what another owns unless forced'({ client, ns }) {
    const applied = (k: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' }, data: { k } });
    const as = (fieldManager: string, force = false) => ({ type: 'apply', fieldManager, force }) as const;
    await client.patch('configmaps', ns, 'x', applied('1'), as('one'));
    expect(await refusal(client.patch('configmaps', ns, 'x', applied('2'), as('two')))).toBe('409 Conflict');
    await client.patch('configmaps', ns, 'x', applied('2'), as('two', true));
    expect(await client.get('configmaps', ns, 'x')).toMatchObject({ data: { k: '2' } });
    const without = { ...applied(''), data: undefined };
    const left = await client.patch('configmaps', ns, 'x', without, as('two'));
    expect(left['data']).toBeUndefined();
  },
  async 'lists are sorted, of one moment, and select'({ client, ns }) {
    for (const name of ['c', 'a', 'b'])
      await client.create('pods', pod(ns, name, { odd: String(name !== 'b') }) as never);
    const { items, resourceVersion } = await client.list('pods', { namespace: ns });
    expect(namesOf(items)).toEqual(['a', 'b', 'c']);
    expect(Number(resourceVersion)).toBe(Math.max(...items.map(versionOf)));
    const select = async (options: object) => namesOf((await client.list('pods', { namespace: ns, ...options })).items);
    expect(await select({ labelSelector: 'odd=true' })).toEqual(['a', 'c']);
    expect(await select({ labelSelector: 'odd notin (true)' })).toEqual(['b']);
    expect(await select({ fieldSelector: 'metadata.name=c' })).toEqual(['c']);
    expect(await select({ fieldSelector: 'spec.nodeName=' })).toEqual(['a', 'b', 'c']);
    expect(await select({ fieldSelector: 'spec.nodeName=n1' })).toEqual([]);
    expect(await refusal(select({ fieldSelector: 'spec.unknown=1' }))).toBe('400 BadRequest');
    expect(await select({ namespace: 'nowhere' })).toEqual([]);
  },
  async 'a page goes on at the moment at which it began'({ api, client, ns }) {
    for (const name of ['a', 'b', 'c']) await client.create('configmaps', map(ns, name) as never);
    const page = (limit: number, token?: string) =>
      client.query<{ objects: { items: ObjectLike[]; continue: string | null } }>(
        `query Page($namespace: String, $limit: Int, $continue: String) {
          objects(resource: "configmaps", namespace: $namespace, limit: $limit, continue: $continue) { items continue }
        }`,
        { namespace: ns, limit, continue: token },
      );
    const first = (await page(2)).objects;
    await client.delete('configmaps', ns, 'c');
    await client.create('configmaps', map(ns, 'd') as never);
    expect(namesOf((await page(2, first.continue!)).objects.items)).toEqual(['c']);
    expect(namesOf((await api.list('configmaps', ns)) as ObjectLike[])).toEqual(['a', 'b', 'd']);
  },
  async 'a watch begins with the state and tells when it is whole'({ client, ns }) {
    for (const name of ['b', 'a']) await client.create('configmaps', map(ns, name) as never);
    const lines = await heard(client, 'configmaps', { namespace: ns }, 5, async () => {
      await client.patch('configmaps', ns, 'a', { data: { k: 'w' } });
      await client.delete('configmaps', ns, 'b');
    });
    expect(lines.slice(0, 3).sort()).toEqual(['ADDED a', 'ADDED b', 'END OF STATE']);
    expect(lines[2]).toBe('END OF STATE');
    expect(lines.slice(3)).toEqual(['MODIFIED a', 'DELETED b']);
  },
  async 'a watch goes on after the version that it names, without a gap'({ client, ns }) {
    const { metadata } = await client.create('configmaps', map(ns, 'a') as never);
    await client.patch('configmaps', ns, 'a', { data: { k: '1' } });
    await client.create('configmaps', map(ns, 'b') as never);
    await client.delete('configmaps', ns, 'a');
    const { resourceVersion } = metadata;
    expect(await heard(client, 'configmaps', { namespace: ns, resourceVersion }, 3)).toEqual([
      'MODIFIED a',
      'ADDED b',
      'DELETED a',
    ]);
  },
  async 'a selecting watch tells of what enters and leaves its selection'({ client, ns }) {
    const { resourceVersion } = await client.list('pods', { namespace: ns });
    await client.create('pods', pod(ns, 'p', { app: 'x' }) as never);
    await client.create('pods', pod(ns, 'q') as never);
    await client.patch('pods', ns, 'p', { metadata: { labels: { app: 'y' } } });
    await client.patch('pods', ns, 'q', { metadata: { labels: { app: 'x' } } });
    await client.patch('pods', ns, 'q', { metadata: { labels: { more: '1' } } });
    await client.delete('pods', ns, 'p');
    await client.delete('pods', ns, 'q');
    const options = { namespace: ns, resourceVersion, labelSelector: 'app=x' };
    // a deletion marks first: q changes once for its label and once for the mark
    expect(await heard(client, 'pods', options, 6)).toEqual([
      'ADDED p',
      'DELETED p',
      'ADDED q',
      'MODIFIED q',
      'MODIFIED q',
      'DELETED q',
    ]);
  },
  async 'a watch from a version that is compacted is gone, and one of the future is refused'({ client, ns, api }) {
    const { metadata } = await client.create('configmaps', map(ns, 'a') as never);
    await client.create('configmaps', map(ns, 'b') as never);
    await api.store.compact(api.store.revision);
    const { resourceVersion } = metadata;
    expect(await refusal(heard(client, 'configmaps', { namespace: ns, resourceVersion }, 1))).toBe('410 Expired');
    expect(api.store.compacted).toBe(api.store.revision);
  },
  async 'scale and eviction are written through their own forms'({ client, ns }) {
    await client.create('deployments.apps', deployment(ns, 'd') as never);
    const scale = await client.get('deployments.apps', ns, 'd', 'scale');
    expect(scale).toMatchObject({ kind: 'Scale', spec: { replicas: 2 }, status: { selector: 'app=d' } });
    await client.update('deployments.apps', { ...scale, spec: { replicas: 5 } }, 'scale');
    expect(await client.get('deployments.apps', ns, 'd')).toMatchObject({
      metadata: { generation: 2 },
      spec: { replicas: 5 },
    });
    await client.create('pods', pod(ns, 'p') as never);
    const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'p', namespace: ns } };
    await client.create('pods', eviction as never, { subresource: 'eviction', name: 'p' });
    expect(await refusal(client.get('pods', ns, 'p'))).toBe('404 NotFound');
  },
  async 'two Services never get one address'({ client, ns }) {
    const service = (name: string, clusterIP?: string): Manifest => ({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, namespace: ns },
      spec: { ports: [{ port: 80 }], clusterIP },
    });
    const first = await client.create('services', service('s') as never);
    const { clusterIP } = (first as unknown as { spec: { clusterIP: string } }).spec;
    expect(await refusal(client.create('services', service('t', clusterIP) as never))).toBe('422 Invalid');
    await client.delete('services', ns, 's');
    expect(await refusal(client.create('services', service('t', clusterIP) as never))).toBe('done');
  },
  async 'who acts for another has that one’s rights'({ client, ns }) {
    const controller = client.as('system:serviceaccount:kube-system:replicaset-controller');
    await controller.create('pods', pod(ns, 'p') as never);
    expect(await refusal(controller.create('configmaps', map(ns, 'x') as never))).toBe('403 Forbidden');
    expect(await refusal(client.as('nobody').list('pods', { namespace: ns }))).toBe('403 Forbidden');
  },
  async 'an object comes without managedFields, and keeps them when it is written back'({ client, ns }) {
    const made = await client.create('pods', pod(ns, 'p') as never);
    expect(made.metadata.managedFields).toBeUndefined();
    const other = client.as('system:serviceaccount:kube-system:replicaset-controller', 'other');
    await other.patch('pods', ns, 'p', { metadata: { labels: { a: 'b' } } });
    const { object } = await client.query<{ object: ObjectLike }>(
      `query Whole($ns: String!) { object(resource: "pods", namespace: $ns, name: "p") }`,
      { ns },
    );
    expect(object.metadata.managedFields?.map(({ manager }) => manager)).toEqual(['ku7s', 'other']);
  },
  async 'what is served is listed with its verbs'({ client }) {
    const found = await client.resources();
    expect(found.find(({ resource }) => resource === 'deployments.apps')).toMatchObject({
      group: 'apps',
      version: 'v1',
      kind: 'Deployment',
      namespaced: true,
    });
    expect(found.find(({ resource }) => resource === 'nodes')).toMatchObject({ namespaced: false });
  },
};

describe.each(Object.entries(STORES))('an API over %s', (_name, open) => {
  let api: FakeApi;
  let close = async (): Promise<void> => undefined;
  beforeAll(async () => {
    const { store, drop } = await open();
    api = await FakeApi.open({ store });
    close = async () => {
      await api.close();
      await drop();
    };
  });
  afterAll(() => close());

  test.each(Object.entries(SCENARIOS))('%s', async (name, scenario) => {
    const ns = `ns-${Object.keys(SCENARIOS).indexOf(name)}`;
    await api.give(
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: ns } },
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace: ns } },
    );
    await scenario({ api, client: createClient(api.connect()), ns });
  });
});
