import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { WatchEvent, WatchOptions, WatchSink } from '../../src/api/contract.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { pod, refusal, TestApi } from './support.ts';
import { at } from '../support/at.ts';
import { turnsOf } from '../support/turns.ts';

let t: TestApi;
const clock = new FakeClock();
beforeAll(async () => {
  t = await TestApi.open({ clock });
  for (const name of ['a', 'b', 'c', 'd', 'e'])
    await t.create('configmaps', { metadata: { name, labels: { app: name < 'c' ? 'x' : 'y' } } });
});
afterAll(() => t.close());

const list = (options = {}, path = 'configmaps') => t.api.list(t.ctx(), t.target(path), options);
const names = (items: readonly { name: string }[]) => items.map((i) => i.name).join('');

/** Collects what a watch says; `until` resolves when it has said so many things. */
class Seen implements WatchSink {
  readonly said: string[] = [];
  private waiting: { count: number; resolve: () => void } | undefined;
  onEvents(events: readonly WatchEvent[]): void {
    for (const e of events) this.say(`${e.type} ${e.stored.name}`);
  }
  onBookmark(_revision: number, end: boolean): void {
    this.say(end ? 'BOOKMARK end' : 'BOOKMARK');
  }
  onEnd(error?: Error): void {
    this.say(`END ${error?.message ?? ''}`.trim());
  }
  until(count: number): Promise<void> {
    if (this.said.length >= count) return Promise.resolve();
    return new Promise((resolve) => (this.waiting = { count, resolve }));
  }
  private say(what: string): void {
    this.said.push(what);
    if (this.waiting && this.said.length >= this.waiting.count) this.waiting.resolve();
  }
}
async function watch(options: WatchOptions, path = 'configmaps') {
  const seen = new Seen();
  const stop = await t.api.watch(t.ctx(), t.target(path), options, seen);
  return { seen, stop };
}

test('list.selects by labels and fields', async () => {
  expect(names((await list({ labelSelector: 'app=x' })).items)).toBe('ab');
  expect(names((await list({ labelSelector: 'app in (y),app' })).items)).toBe('cde');
  expect(names((await list({ fieldSelector: 'metadata.name=c' })).items)).toBe('c');
  expect(names((await list({ fieldSelector: 'metadata.name!=c' })).items)).toBe('abde');
  expect((await refusal(list({ labelSelector: 'a b' }))).message).toBe(
    "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt",
  );
  expect((await refusal(list({ fieldSelector: 'spec.bogus=1' }, 'pods'))).message).toBe(
    'field label not supported: spec.bogus',
  );
});

test('list.pages of one snapshot, whatever is written meanwhile', async () => {
  const first = await list({ limit: 2 });
  expect(names(first.items)).toBe('ab');
  expect(first.remainingItemCount).toBe(3);
  await t.create('configmaps', { metadata: { name: 'bb' } });
  const second = await list({ limit: 2, continue: first.continue });
  expect(names(second.items)).toBe('cd');
  expect(second.revision).toBe(first.revision);
  const third = await list({ limit: 2, continue: second.continue });
  expect(names(third.items)).toBe('e');
  expect(third.continue).toBeUndefined();
  await t.delete('configmaps', 'bb');
});

test('list.of a page that is too old gives a token that goes on', async () => {
  const first = await list({ limit: 2 });
  await t.create('configmaps', { metadata: { name: 'zz' } });
  await t.delete('configmaps', 'zz');
  await t.api.store.compact(t.api.store.revision);
  const status = await refusal(list({ limit: 2, continue: first.continue }));
  expect(status).toMatchObject({ reason: 'Expired', code: 410 });
  expect(names((await list({ limit: 9, continue: status.metadata.continue })).items)).toBe('cde');
  expect((await refusal(list({ continue: 'nonsense!' }))).code).toBe(400);
});

test('list.checks its options as Kubernetes does', async () => {
  expect((await refusal(list({ resourceVersionMatch: 'Exact' }))).message).toBe(
    'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided',
  );
  expect((await refusal(list({ resourceVersion: 'xyz' }))).message).toContain(
    'strconv.ParseUint: parsing "xyz": invalid syntax',
  );
});

test('watch.without a version says first what is there', async () => {
  const { seen, stop } = await watch({
    labelSelector: 'app=x',
    sendInitialEvents: true,
    resourceVersionMatch: 'NotOlderThan',
    allowWatchBookmarks: true,
  });
  expect(seen.said).toEqual(['ADDED a', 'ADDED b', 'BOOKMARK end']);
  stop();
});

test('watch.shows what comes into and goes out of its selection', async () => {
  const { seen, stop } = await watch({ labelSelector: 'color=red', resourceVersion: String(t.api.store.revision) });
  await t.create('configmaps', { metadata: { name: 'w' } });
  await t.merge('configmaps', 'w', { metadata: { labels: { color: 'red' } } });
  await t.merge('configmaps', 'w', { data: { a: '1' } });
  await t.merge('configmaps', 'w', { metadata: { labels: { color: 'blue' } } });
  await t.delete('configmaps', 'w');
  await seen.until(3);
  expect(seen.said).toEqual(['ADDED w', 'MODIFIED w', 'DELETED w']);
  stop();
});

test('watch.tells by bookmarks how far it is, and ends in time', async () => {
  const { seen } = await watch({
    resourceVersion: String(t.api.store.revision),
    allowWatchBookmarks: true,
    timeoutSeconds: 100,
  });
  await t.create('configmaps', { metadata: { name: 'mark' } });
  await seen.until(1);
  await clock.advance(60_000);
  await clock.advance(60_000);
  expect(seen.said).toEqual(['ADDED mark', 'BOOKMARK', 'END']);
  await t.delete('configmaps', 'mark');
});

test('watch.from a version that is gone ends with 410', async () => {
  await t.create('configmaps', { metadata: { name: 'old' } });
  await t.delete('configmaps', 'old');
  await t.api.store.compact(t.api.store.revision);
  const { seen } = await watch({ resourceVersion: '1' });
  await seen.until(1);
  expect(seen.said[0]).toMatch(/^END too old resource version: 1 \(\d+\)$/);
});

test('get.of a version to come is a timeout', async () => {
  const status = await refusal(t.api.get(t.ctx(), t.target('configmaps', 't', 'a'), { resourceVersion: '999999999' }));
  expect(status).toMatchObject({
    reason: 'Timeout',
    code: 504,
    details: { causes: [{ reason: 'ResourceVersionTooLarge' }], retryAfterSeconds: 1 },
  });
});

test('deletecollection.deletes what is selected and answers it', async () => {
  for (const name of ['x1', 'x2']) await t.create('secrets', { metadata: { name, labels: { del: 'y' } } });
  await t.create('secrets', { metadata: { name: 'x3' } });
  const gone = await t.api.deleteCollection(t.ctx(), t.target('secrets'), { labelSelector: 'del=y' }, {});
  expect(names(gone.items)).toBe('x1x2');
  expect(names((await list({}, 'secrets')).items)).toBe('x3');
});

test('deletecollection.lets others go on between the objects that it takes away', async () => {
  const many = Array.from({ length: 40 }, (_, i) => `y${i}`);
  for (const name of many) await t.create('secrets', { metadata: { name, labels: { del: 'z' } } });
  let now = 0;
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => now);
  // each is looked up when it is its turn
  const { store } = t.api;
  const get = store.get.bind(store);
  const lookedUp = vi.spyOn(store, 'get').mockImplementation((key) => (now++, get(key)));
  const turns = await turnsOf(
    () => now,
    () => t.api.deleteCollection(t.ctx(), t.target('secrets'), { labelSelector: 'del=z' }, {}),
  );
  clock.mockRestore();
  lookedUp.mockRestore();
  expect(turns.reduce((a, b) => a + b)).toBeGreaterThanOrEqual(many.length);
  expect(Math.max(...turns)).toBeLessThan(many.length / 2);
});

test('pods are found by the fields of their kind', async () => {
  await t.create('pods', pod('on', { nodeName: 'n1' }));
  await t.create('pods', pod('off'));
  expect(names((await list({ fieldSelector: 'spec.nodeName=n1' }, 'pods')).items)).toBe('on');
  expect(names((await list({ fieldSelector: 'spec.nodeName=,status.phase=Pending' }, 'pods')).items)).toBe('off');
});

test('components are as well as the Leases that they renew', async () => {
  const health = async () =>
    Object.fromEntries(
      (await t.api.list(t.ctx(), t.target('componentstatuses'), {})).items.map((one) => [
        one.name,
        at(one.object, 'conditions.0.status'),
      ]),
    );
  expect(await health()).toEqual({ scheduler: 'False', 'controller-manager': 'False', 'etcd-0': 'True' });
  const spec = {
    holderIdentity: 'a',
    leaseDurationSeconds: 15,
    renewTime: new Date(clock.now()).toISOString().replace('Z', '000Z'),
  };
  await t.create('leases.coordination.k8s.io', { metadata: { name: 'kube-scheduler' }, spec }, 'kube-system');
  expect((await health())['scheduler']).toBe('True');
  expect((await t.get('componentstatuses', 'etcd-0', '')).object).toMatchObject({ conditions: [{ message: 'ok' }] });
  expect((await refusal(t.get('componentstatuses', 'x', ''))).message).toBe('Component not found: x');
});

const token = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

test.each([
  ['%', 'illegal base64 data at input byte 0'],
  ['eyJ2=', 'illegal base64 data at input byte 4'],
  ['eyJ2I', 'illegal base64 data at input byte 4'],
  [Buffer.from('x').toString('base64url'), "invalid character 'x' looking for beginning of value"],
  [Buffer.from('{"v').toString('base64url'), 'unexpected end of JSON input'],
  [token({}), 'server does not recognize this encoded version '],
  [token({ v: 'a"b' }), 'server does not recognize this encoded version a"b'],
  [Buffer.from([0xff]).toString('base64url'), "invalid character 'ÿ' looking for beginning of value"],
  [token({ v: 'meta.k8s.io/v1' }), 'incorrect encoded start resourceVersion (version meta.k8s.io/v1)'],
  [token({ v: 'meta.k8s.io/v1', rv: 1 }), 'encoded start key empty (version meta.k8s.io/v1)'],
  [token({ v: 'meta.k8s.io/v1', rv: 1, start: '../a' }), '../a'],
  [
    token({ v: 'meta.k8s.io/v1', rv: 'x', start: 'a' }),
    'json: cannot unmarshal string into Go struct field continueToken.rv of type int64',
  ],
  [
    Buffer.from('{"start":1,"rv":1.0,"v":1}').toString('base64url'),
    'json: cannot unmarshal number into Go struct field continueToken.start of type string',
  ],
])('list.refuses the continue token %s', async (given, why) => {
  expect((await refusal(list({ continue: given }))).message).toBe(
    `invalid continue token: continue key is not valid: ${why}`,
  );
});

test.each([
  [{ limit: 1, labelSelector: 'app=x' }, true],
  [{ limit: 2, labelSelector: 'app=x' }, true],
  [{ limit: 3, labelSelector: 'app=x' }, false],
  [{ limit: 100 }, false],
  [{ limit: -1 }, false],
])('list.says with %o whether there is more to look at', async (options, more) => {
  const answer = await list(options);
  expect(answer.continue !== undefined).toBe(more);
  if (more) expect(answer.remainingItemCount).toBeUndefined();
});

test.each([
  ['jobs.batch', 'a=b', 'field label "a" not supported for batchv1.Job'],
  ['resourceslices.resource.k8s.io', 'a=b', 'field label not supported for resource.k8s.io/v1, Kind=ResourceSlice: a'],
  ['nodes', 'metadata.namespace=b', 'field label not supported: metadata.namespace'],
  ['configmaps', 'a=b', '"a" is not a known field selector: only "metadata.name", "metadata.namespace"'],
  [
    'clusterroles.rbac.authorization.k8s.io',
    'metadata.namespace=a,b=c',
    '"b" is not a known field selector: only "metadata.name", "metadata.namespace"',
  ],
  ['configmaps', 'z=b,a', "invalid selector: 'z=b,a'; can't understand 'a'"],
  ['configmaps', 'metadata.name=a=b', 'invalid field selector: unescaped character in value: 61'],
])('list.refuses of %s the field selector %s', async (resource, fieldSelector, message) => {
  expect((await refusal(list({ fieldSelector }, resource))).message).toBe(message);
});

test('list.knows older names of a field', async () => {
  await expect(list({ fieldSelector: 'spec.host=' }, 'pods')).resolves.toBeDefined();
  await expect(
    list({ fieldSelector: 'regarding.name=a,reportingController=b' }, 'events.events.k8s.io'),
  ).resolves.toBeDefined();
});

test('list.is refused to those who may not before anything else is said', async () => {
  const nobody = { name: 'nobody', groups: [] };
  expect((await refusal(t.api.list(t.ctx(nobody), t.target('configmaps'), { labelSelector: 'a b' }))).code).toBe(403);
});

test('list.does not wait for an exact revision, but for one that need not be older', async () => {
  const exact = await refusal(list({ resourceVersion: '999999999', resourceVersionMatch: 'Exact' }));
  expect(exact.message).toMatch(/^Timeout: Too large resource version: 999999999, current: \d+$/);
  expect(exact.details).toEqual({
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
  });
  expect((await refusal(list({ sendInitialEvents: true } as WatchOptions))).message).toMatch(
    'sendInitialEvents is forbidden for list',
  );
});

test('get.of what is no revision', async () => {
  expect(await refusal(t.api.get(t.ctx(), t.target('configmaps', 't', 'a'), { resourceVersion: 'x' }))).toMatchObject({
    code: 500,
    message: 'resourceVersion: Invalid value: "x": strconv.ParseUint: parsing "x": invalid syntax',
  });
});

test('watch.from now ends its beginning with a bookmark where bookmarks are wanted', async () => {
  for (const resourceVersion of [undefined, '0']) {
    const { seen, stop } = await watch({
      resourceVersion,
      allowWatchBookmarks: true,
      fieldSelector: 'metadata.name=a',
    });
    await seen.until(2);
    expect(seen.said).toEqual(['ADDED a', 'BOOKMARK end']);
    stop();
  }
});

test('watch.from a revision that is not there yet begins, and hears of what is later', async () => {
  const { revision } = t.api.store;
  const { seen, stop } = await watch({ resourceVersion: String(revision + 1) });
  await t.create('configmaps', { metadata: { name: 'later1' } });
  await t.create('configmaps', { metadata: { name: 'later2' } });
  await seen.until(1);
  expect(seen.said).toEqual(['ADDED later2']);
  stop();
});

test('watch.with an initial state that is not there yet is a stream of one error', async () => {
  const { seen } = await watch({
    resourceVersion: '999999999',
    sendInitialEvents: true,
    resourceVersionMatch: 'NotOlderThan',
  });
  await seen.until(1);
  expect(seen.said[0]).toMatch(/^END Timeout: Too large resource version: 999999999/);
});

test.each([
  [{ continue: 'x' }, 'resourceVersionMatch is forbidden when continue is provided'],
  [
    { resourceVersionMatch: 'NotOlderThan' },
    'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
  ],
  [
    { sendInitialEvents: false, resourceVersion: '5' },
    'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
  ],
])('watch.refuses %o', async (options, message) => {
  expect((await refusal(watch(options))).message).toBe(
    `ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: ${message}`,
  );
});

test('watch.of one name takes no other field selector', async () => {
  const target = t.target('configmaps', 't', 'a');
  const call = t.api.watch(t.ctx(), target, { fieldSelector: 'metadata.name=b' }, new Seen());
  expect((await refusal(call)).message).toBe("fieldSelector metadata.name doesn't match requested name");
});
