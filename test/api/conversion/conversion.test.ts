import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { KubeObject } from '../../../src/meta/object.ts';
import type { Target, WatchEvent } from '../../../src/api/contract.ts';
import { the } from '../../support/at.ts';
import { WebhookServer } from '../../support/webhook-server.ts';
import { refusal, TestApi } from '../support.ts';

const DEFINITIONS = 'customresourcedefinitions.apiextensions.k8s.io';
const KEY = 'links.example.com';
const MERGE = 'application/merge-patch+json';
const APPLY = 'application/apply-patch+yaml';

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
interface Response {
  uid: string;
  result: object;
  convertedObjects: unknown[];
}

/** `host:port` in version 1 are two fields in version 2. */
function inVersion(link: Link, apiVersion: string): Link {
  const { address = ':', host = '', port = '' } = link.spec;
  const [first = '', second = ''] = address.split(':');
  const spec = apiVersion.endsWith('/v1') ? { address: `${host}:${port}` } : { host: first, port: second };
  return { ...link, apiVersion, spec };
}

type Converted = Record<string, unknown> & { metadata: Record<string, unknown> };
const each =
  (change: (object: Converted) => void) =>
  (response: Response): object => {
    for (const object of response.convertedObjects) change(object as Converted);
    return response;
  };

let t: TestApi;
let webhook: WebhookServer;
/** what the webhook makes of its good answer */
let spoil: (response: Response, review: { apiVersion: string; kind: string }) => object = (response) => response;
let asked: string[][] = [];

const text = { type: 'string' };
const versionOf = (name: string, fields: object, storage: boolean) => ({
  name,
  served: true,
  storage,
  subresources: { status: {} },
  schema: { openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties: fields } } } },
});
const definition = (stored: string) => ({
  metadata: { name: KEY },
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

const target = (version: string, name = '', subresource = ''): Target => ({
  kind: the(t.api.registry.byResource('example.com', version, 'links')),
  namespace: 't',
  name,
  subresource,
});
const link = (version: string, name: string, spec: Spec): KubeObject =>
  ({ apiVersion: `example.com/${version}`, kind: 'Link', metadata: { name }, spec }) as unknown as KubeObject;
const create = async (version: string, name: string, spec: Spec): Promise<Link> =>
  (await t.api.create(t.ctx(), target(version), { object: link(version, name, spec) }, {})).object as Link;
const get = async (version: string, name: string): Promise<Link> =>
  (await t.api.get(t.ctx(), target(version, name), {})).object as Link;
const apply = (version: string, name: string, spec: Spec, fieldManager: string, force = false) =>
  t.api.patch(
    t.ctx(),
    target(version, name),
    APPLY,
    { bytes: Buffer.from(JSON.stringify(link(version, name, spec))) },
    { fieldManager, force },
  );
const storedAs = (name: string): unknown => t.api.store.get({ resource: KEY, namespace: 't', name })?.object.apiVersion;

/** Makes it, or changes it to another stored version, and waits until it is served as it says. */
async function storeAs(version: string): Promise<void> {
  const changed = new Promise<void>((resolve) => {
    const stop = t.api.registry.onChange(() => {
      if (t.api.registry.storage(KEY)?.version !== version) return;
      stop();
      resolve();
    });
  });
  const there = t.api.store.get({ resource: DEFINITIONS, namespace: '', name: KEY });
  if (there) await t.merge(DEFINITIONS, KEY, { spec: definition(version).spec }, '');
  else await t.create(DEFINITIONS, definition(version));
  await changed;
}

beforeAll(async () => {
  webhook = await WebhookServer.open((review) => {
    const { apiVersion, kind } = review as { apiVersion: string; kind: string };
    const { uid, desiredAPIVersion, objects } = review['request'] as Request;
    asked.push(objects.map(({ metadata }) => metadata.name));
    const convertedObjects = structuredClone(objects).map((one) => inVersion(one, desiredAPIVersion));
    const response = spoil({ uid, result: { status: 'Success' }, convertedObjects }, { apiVersion, kind });
    return 'status' in response ? response : { apiVersion, kind, response };
  });
  t = await TestApi.open();
  await storeAs('v1');
});
afterAll(async () => {
  await t.close();
  await webhook.close();
});
beforeEach(() => {
  spoil = (response) => response;
  asked = [];
});

describe('an object', () => {
  test('is written and read by any version, and stored in one', async () => {
    expect((await create('v2', 'both', { host: 'h', port: '1' })).spec).toEqual({ host: 'h', port: '1' });
    expect(storedAs('both')).toBe('example.com/v1');
    expect(await get('v1', 'both')).toMatchObject({ apiVersion: 'example.com/v1', spec: { address: 'h:1' } });
    expect(await get('v2', 'both')).toMatchObject({ apiVersion: 'example.com/v2', spec: { host: 'h', port: '1' } });
  });

  test('is patched in the version of the request', async () => {
    await create('v1', 'patched', { address: 'h:1' });
    const patched = await t.api.patch(t.ctx(), target('v2', 'patched'), MERGE, { value: { spec: { port: '2' } } }, {});
    expect(patched.object['spec']).toEqual({ host: 'h', port: '2' });
    expect((await get('v1', 'patched')).spec).toEqual({ address: 'h:2' });
  });

  test('is validated by the schema of the version of the request', async () => {
    const spec = { host: 5 } as unknown as Spec;
    expect((await refusal(create('v2', 'bad', spec))).message).toContain('spec.host in body must be of type string');
  });

  test('has owners in each version', async () => {
    await apply('v1', 'owned', { address: 'h:1' }, 'one');
    expect((await refusal(apply('v2', 'owned', { host: 'other' }, 'two'))).message).toContain(
      'conflict with "one": .spec.address',
    );
    const forced = await apply('v2', 'owned', { host: 'other' }, 'two', true);
    const owners = forced.object.metadata.managedFields?.map(({ manager, apiVersion }) => [manager, apiVersion]);
    expect(owners).toContainEqual(['two', 'example.com/v2']);
    expect(forced.object['spec']).toEqual({ host: 'other', port: '1' });
    const again = await apply('v2', 'owned', { host: 'other' }, 'two');
    expect(again.object.metadata.resourceVersion).toBe(forced.object.metadata.resourceVersion);
  });

  test('that is marked for deletion is answered in the version of the request', async () => {
    const held = { ...link('v2', 'held', { host: 'h', port: '1' }) };
    held.metadata.finalizers = ['example.com/hold'];
    await t.api.create(t.ctx(), target('v2'), { object: held }, {});
    const going = await t.api.delete(t.ctx(), target('v2', 'held'), {});
    expect(going.object).toMatchObject({ apiVersion: 'example.com/v2', spec: { host: 'h' } });
    await t.api.patch(t.ctx(), target('v2', 'held'), MERGE, { value: { metadata: { finalizers: null } } }, {});
    expect((await refusal(get('v1', 'held'))).code).toBe(404);
  });
});

test('a list is converted many at a time, and what has been converted is not asked for again', async () => {
  const names = Array.from({ length: 150 }, (_, i) => `many-${String(i).padStart(3, '0')}`);
  for (const name of names) await create('v1', name, { address: `${name}:1` });
  asked = [];
  const list = () => t.api.list(t.ctx(), target('v2'), {});
  const hosts = (await list()).items.map(({ object }) => (object as Link).spec.host);
  expect(hosts.filter((host) => host?.startsWith('many-'))).toEqual(names);
  expect(asked.length).toBeLessThan(5);
  const before = asked.length;
  await list();
  expect(asked.length).toBe(before);
});

test('a list of more than is kept is converted again', async () => {
  const host = 'h'.repeat(300_000);
  const names = Array.from({ length: 120 }, (_, i) => `large-${i}`);
  for (const name of names) await create('v1', name, { address: `${host}:1` });
  for (const name of names) await get('v2', name);
  const { items } = await t.api.list(t.ctx(), target('v2'), {});
  expect(items.filter(({ object }) => (object as Link).spec.host === host)).toHaveLength(120);
  for (const name of names) await t.api.delete(t.ctx(), target('v1', name), {});
});

test('a watch that is stopped says nothing of what was still to be converted', async () => {
  const told: string[] = [];
  const watch = (who: string, then: () => void) =>
    t.api.watch(
      t.ctx(),
      target('v2'),
      { fieldSelector: 'metadata.name=unseen' },
      {
        onEvents: () => {
          told.push(who);
          then();
        },
        onBookmark: () => undefined,
        onEnd: () => undefined,
      },
    );
  const stopped = await watch('stopped', () => undefined);
  let stop: () => void = () => undefined;
  const other = new Promise<void>((resolve) => void watch('other', resolve).then((it) => (stop = it)));
  await create('v1', 'unseen', { address: 'h:1' });
  stopped();
  await other;
  stop();
  expect(told).toEqual(['other']);
});

test('a watch that a webhook has ended is not kept', async () => {
  spoil = () => ({ status: 500, body: 'boom' });
  let followed = 0;
  const { watch } = t.api.store;
  t.api.store.watch = (...asked) => {
    const stop = watch.apply(t.api.store, asked);
    followed++;
    return () => {
      followed--;
      stop();
    };
  };
  try {
    const ended = new Promise<Error | undefined>((resolve) => {
      void t.api.watch(
        t.ctx(),
        target('v2'),
        { fieldSelector: 'metadata.name=ending' },
        { onEvents: () => undefined, onBookmark: () => undefined, onEnd: resolve },
      );
    });
    await create('v1', 'ending', { address: 'h:1' });
    expect((await ended)?.message).toMatch(/^conversion webhook for/);
    expect(followed).toBe(0);
  } finally {
    t.api.store.watch = watch;
  }
});

test('a watch is converted, in order', async () => {
  const events: WatchEvent[] = [];
  let enough = (): void => undefined;
  const all = new Promise<void>((resolve) => (enough = resolve));
  const stop = await t.api.watch(
    t.ctx(),
    target('v2'),
    { fieldSelector: 'metadata.name=seen' },
    {
      onEvents: (some) => {
        events.push(...some);
        if (events.length >= 3) enough();
      },
      onBookmark: () => undefined,
      onEnd: () => undefined,
    },
  );
  await create('v1', 'seen', { address: 'h:1' });
  await t.api.patch(t.ctx(), target('v1', 'seen'), MERGE, { value: { spec: { address: 'h:2' } } }, {});
  await t.api.delete(t.ctx(), target('v1', 'seen'), {});
  await all;
  stop();
  expect(events.map(({ type, stored }) => [type, (stored.object as Link).spec])).toEqual([
    ['ADDED', { host: 'h', port: '1' }],
    ['MODIFIED', { host: 'h', port: '2' }],
    ['DELETED', { host: 'h', port: '2' }],
  ]);
});

test('when another version is stored, an update that changes nothing stores an object anew, once', async () => {
  await create('v1', 'moved', { address: 'h:1' });
  await storeAs('v2');
  await create('v1', 'new', { address: 'n:1' });
  expect([storedAs('moved'), storedAs('new')]).toEqual(['example.com/v1', 'example.com/v2']);
  expect((await get('v2', 'moved')).spec).toEqual({ host: 'h', port: '1' });
  const touch = async (): Promise<string> =>
    (await t.api.patch(t.ctx(), target('v1', 'moved'), MERGE, { value: {} }, {})).object.metadata.resourceVersion;
  const before = (await get('v1', 'moved')).metadata.resourceVersion;
  const first = await touch();
  expect(first).not.toBe(before);
  expect(await touch()).toBe(first);
  expect(storedAs('moved')).toBe('example.com/v2');
  expect((await get('v1', 'moved')).spec).toEqual({ address: 'h:1' });
  const stored = t.api.store.get({ resource: DEFINITIONS, namespace: '', name: KEY });
  expect(stored?.object['status']).toMatchObject({ storedVersions: ['v1', 'v2'] });
  await storeAs('v1');
});

test('parameters of a policy are in the version that it names', async () => {
  const group = 'admissionregistration.k8s.io';
  await create('v1', 'limits', { address: 'h:1' });
  const rule = { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] };
  await t.create(
    `validatingadmissionpolicies.${group}`,
    {
      metadata: { name: 'by-link' },
      spec: {
        paramKind: { apiVersion: 'example.com/v2', kind: 'Link' },
        matchConstraints: { resourceRules: [rule] },
        validations: [{ expression: 'false', messageExpression: "'of ' + params.spec.host" }],
      },
    },
    '',
  );
  const bindings = `validatingadmissionpolicybindings.${group}`;
  const paramRef = { name: 'limits', namespace: 't', parameterNotFoundAction: 'Deny' };
  const spec = { policyName: 'by-link', paramRef, validationActions: ['Deny'] };
  await t.create(bindings, { metadata: { name: 'by-link' }, spec }, '');
  const refused = () => refusal(t.create('configmaps', { metadata: { name: 'a' } }, 't'));
  expect((await refused()).message).toMatch(/denied request: of h$/);
  await t.api.patch(t.ctx(), target('v1', 'limits'), MERGE, { value: { spec: { address: 'i:1' } } }, {});
  spoil = () => ({ status: 500, body: 'boom' });
  expect((await refused()).message).toMatch(/failed to configure binding: conversion webhook for .* failed: an error/);
  await t.delete(bindings, 'by-link', {}, '');
});

const HEAD = 'conversion webhook for example.com/v1, Kind=Link';

/** What kube-apiserver 1.35.4 says of answers that are none. */
test.each<[what: string, spoil: typeof spoil, message: string]>([
  ['says no', (r) => ({ uid: r.uid, result: { status: 'Failed', message: 'no' } }), 'failed: no'],
  [
    'says no without a word',
    (r) => ({ uid: r.uid, result: { status: 'Failed' } }),
    "failed: response.result.status was 'Failed', not 'Success'",
  ],
  ['answers less', (r) => ({ ...r, convertedObjects: [] }), 'returned 0 objects, expected 1'],
  [
    'answers another version',
    each((o) => (o['apiVersion'] = 'example.com/v9')),
    'returned invalid object at index 0: invalid groupVersion (expected example.com/v2, received example.com/v9)',
  ],
  [
    'answers another kind',
    each((o) => (o['kind'] = 'Other')),
    'returned invalid object at index 0: invalid kind (expected Link, received Other)',
  ],
  [
    'changes the name',
    each((o) => (o.metadata['name'] = 'other')),
    'returned invalid object: must have the same name: broken != other',
  ],
  [
    'changes the namespace',
    each((o) => (o.metadata['namespace'] = 'other')),
    'returned invalid object: must have the same namespace: t != other',
  ],
  [
    'gives a label that is no text',
    each((o) => (o.metadata['labels'] = { a: 1 })),
    'returned invalid metadata: metadata.labels[a] must be a string, but is int64 in converted object',
  ],
  [
    'is broken',
    () => ({ status: 500, body: 'boom' }),
    'failed: an error on the server ("unknown") has prevented the request from succeeding',
  ],
  [
    'answers another type',
    (_, { apiVersion }) => ({ status: 200, body: JSON.stringify({ apiVersion, kind: 'Other' }) }),
    'failed: no kind "Other" is registered for version "apiextensions.k8s.io/v1" in scheme "pkg/runtime/scheme.go:111"',
  ],
  [
    'answers an older review',
    () => ({ status: 200, body: '{"apiVersion":"apiextensions.k8s.io/v1beta1","kind":"ConversionReview"}' }),
    'failed: converting (v1beta1.ConversionReview) to (v1.ConversionReview): unknown conversion',
  ],
  [
    'answers nothing',
    (_, { apiVersion, kind }) => ({ status: 200, body: JSON.stringify({ apiVersion, kind }) }),
    'failed: no response provided',
  ],
])('a webhook that %s fails the request', async (_, wrong, message) => {
  await create('v1', 'broken', { address: 'h:1' }).catch(() => undefined);
  await t.api.patch(t.ctx(), target('v1', 'broken'), MERGE, { value: { spec: { address: `${message}:1` } } }, {});
  spoil = wrong;
  expect(await refusal(get('v2', 'broken'))).toMatchObject({ code: 500, message: `${HEAD} ${message}` });
  expect(await refusal(create('v2', 'unborn', { host: 'h' }))).toMatchObject({ code: 500 });
  spoil = (response) => response;
  expect((await refusal(get('v1', 'unborn'))).code).toBe(404);
});

test('a webhook that answers far more than it was sent fails the request', async () => {
  await create('v1', 'small', { address: 'h:1' });
  spoil = each((object) => (object['spec'] = { host: 'h'.repeat(1_500_000) }));
  const { code, message } = await refusal(get('v2', 'small'));
  expect(code).toBe(500);
  expect(message).toContain('the answer is larger than');
  spoil = (response) => response;
  expect(await get('v2', 'small')).toMatchObject({ spec: { host: 'h', port: '1' } });
  await t.api.delete(t.ctx(), target('v1', 'small'), {});
});

test('an admission webhook sees and changes what comes in another version in the one of its rule', async () => {
  const CONFIGURATIONS = 'mutatingwebhookconfigurations.admissionregistration.k8s.io';
  const seen: unknown[] = [];
  const admission = await WebhookServer.open(({ apiVersion, kind, request }) => {
    seen.push(request);
    const patch = [{ op: 'replace', path: '/spec/port', value: '9' }];
    const { uid } = request as { uid: string };
    const response = { patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(patch)).toString('base64') };
    return { apiVersion, kind, response: { uid, allowed: true, ...response } };
  });
  const rules = [
    { operations: ['CREATE', 'UPDATE'], apiGroups: ['example.com'], apiVersions: ['v2'], resources: ['links'] },
  ];
  const { clientConfig } = admission;
  const hook = { name: 'a.example.com', admissionReviewVersions: ['v1'], sideEffects: 'None', clientConfig, rules };
  await t.create(CONFIGURATIONS, { metadata: { name: 'ports' }, webhooks: [hook] }, '');
  try {
    expect((await create('v1', 'admitted', { address: 'h:1' })).spec).toEqual({ address: 'h:9' });
    expect(seen).toMatchObject([
      {
        kind: { version: 'v2' },
        requestKind: { version: 'v1' },
        object: { apiVersion: 'example.com/v2', spec: { host: 'h', port: '1' } },
      },
    ]);
  } finally {
    await t.delete(CONFIGURATIONS, 'ports', {}, '');
    await admission.close();
  }
});

test('a webhook may change labels and annotations, and nothing else of metadata', async () => {
  await create('v1', 'labelled', { address: 'h:1' });
  spoil = each(({ metadata }) =>
    Object.assign(metadata, { labels: { a: 'b' }, annotations: { c: 'd' }, finalizers: ['e/f'], generation: 9 }),
  );
  const { metadata } = await get('v2', 'labelled');
  expect(metadata).toMatchObject({ labels: { a: 'b' }, annotations: { c: 'd' }, generation: 1 });
  expect(metadata.finalizers).toBeUndefined();
});

test('a definition goes with its objects, whether or not its webhook answers', async () => {
  await create('v1', 'last', { address: 'h:1' });
  await storeAs('v2');
  await webhook.close();
  const gone = new Promise<void>((resolve) => {
    const stop = t.api.registry.onChange(() => {
      if (t.api.registry.preferred(KEY)) return;
      stop();
      resolve();
    });
  });
  await t.delete(DEFINITIONS, KEY, {}, '');
  await gone;
  expect(t.api.store.count({ resource: KEY })).toBe(0);
});
