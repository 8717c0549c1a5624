import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { User } from '../../../src/api/contract.ts';
import { drain, type DrainArguments, type DrainEvent } from '../../../src/resolvers/mutations/drain/drain.ts';
import { refusal } from '../../api/support.ts';
import { TestGraphQL } from './support.ts';

let g: TestGraphQL;
beforeAll(async () => {
  g = await TestGraphQL.open();
  await g.t.create('daemonsets.apps', {
    metadata: { name: 'ds' },
    spec: {
      selector: { matchLabels: { ds: 'ds' } },
      template: { metadata: { labels: { ds: 'ds' } }, spec: { containers: [{ name: 'c', image: 'i' }] } },
    },
  });
});
afterAll(() => g.close());

let node = '';
let count = 0;
beforeEach(async () => {
  node = `node-${count++}`;
  await g.t.create('nodes', { metadata: { name: node } }, '');
});

const owner = (kind: string, name: string) => [
  { apiVersion: 'apps/v1', kind, name, uid: 'e4f3c7a0-0000-4000-8000-000000000000', controller: true },
];
interface Made {
  kind?: string;
  owner?: string;
  emptyDir?: boolean;
  labels?: Record<string, string>;
  mirror?: boolean;
  finished?: boolean;
}
async function pod(name: string, made: Made = { kind: 'ReplicaSet' }): Promise<void> {
  await g.t.create('pods', {
    metadata: {
      name: `${node}-${name}`,
      ...(made.labels && { labels: made.labels }),
      ...(made.mirror && { annotations: { 'kubernetes.io/config.mirror': 'x' } }),
      ...(made.kind && { ownerReferences: owner(made.kind, made.owner ?? 'o') }),
    },
    spec: {
      nodeName: node,
      terminationGracePeriodSeconds: 0,
      containers: [{ name: 'c', image: 'i' }],
      ...(made.emptyDir && { volumes: [{ name: 'v', emptyDir: {} }] }),
    },
  });
  if (made.finished) await g.t.merge('pods/status', `${node}-${name}`, { status: { phase: 'Succeeded' } });
}
const left = (): string[] =>
  g.t.api.store
    .list({ resource: 'pods', namespace: 't' })
    .items.map(({ name }) => name)
    .filter((name) => name.startsWith(`${node}-`));

const FAST = { retryMs: 5, pollMs: 5 };
const ROOT: User = { name: 'admin', groups: ['system:masters'] };
async function run(args: Partial<DrainArguments> = {}, user = ROOT): Promise<DrainEvent[]> {
  const events: DrainEvent[] = [];
  const by = { api: g.t.api, request: g.t.ctx(user) };
  await drain(
    by,
    { name: node, gracePeriodSeconds: 0, ...args },
    (one) => events.push(one),
    new AbortController().signal,
    FAST,
  );
  return events;
}

test('pods of controllers go, and are told as kubectl tells them', async () => {
  await pod('a');
  const events = await run();
  expect(events.map(({ type, message, remaining }) => [type, message, remaining])).toEqual([
    ['CORDONED', `node/${node} cordoned`, 0],
    ['EVICTING', `evicting pod t/${node}-a`, 1],
    ['EVICTED', `pod/${node}-a evicted`, 0],
    ['DRAINED', `node/${node} drained`, 0],
  ]);
  expect(left()).toEqual([]);
  expect((await g.t.get('nodes', node, '')).object.spec.unschedulable).toBe(true);
});

/** What a drain does with one pod: it goes, it stays, or it keeps the drain from beginning. */
const FILTERS: [string, Made, Partial<DrainArguments>, 'goes' | 'stays' | RegExp][] = [
  [
    'a pod of a DaemonSet',
    { kind: 'DaemonSet', owner: 'ds' },
    {},
    /DaemonSet-managed Pods \(use --ignore-daemonsets to ignore\)/,
  ],
  ['one that is ignored', { kind: 'DaemonSet', owner: 'ds' }, { ignoreDaemonSets: true }, 'stays'],
  [
    'one of a DaemonSet that is gone',
    { kind: 'DaemonSet', owner: 'no' },
    { ignoreDaemonSets: true },
    /daemonsets.apps "no" not found/,
  ],
  ['the same by force', { kind: 'DaemonSet', owner: 'no' }, { force: true }, 'goes'],
  ['a mirror pod', { mirror: true }, {}, 'stays'],
  [
    'local storage',
    { kind: 'ReplicaSet', emptyDir: true },
    {},
    /Pods with local storage \(use --delete-emptydir-data to override\)/,
  ],
  ['local storage that may go', { kind: 'ReplicaSet', emptyDir: true }, { deleteEmptyDirData: true }, 'goes'],
  ['no controller', {}, {}, /cannot delete Pods that declare no controller \(use --force to override\)/],
  ['no controller, by force', {}, { force: true }, 'goes'],
  ['a finished pod', { emptyDir: true, finished: true }, {}, 'goes'],
];
test.each(FILTERS)('%s', async (_, made, args, fate) => {
  await pod('a', made);
  if (fate instanceof RegExp) {
    expect((await refusal(run(args))).message).toMatch(fate);
    expect(left()).toHaveLength(1);
  } else {
    await run(args);
    expect(left()).toHaveLength(fate === 'stays' ? 1 : 0);
  }
});

test('a disruption budget is asked until it allows it', async () => {
  await pod('a', { kind: 'ReplicaSet', labels: { guarded: 'yes' } });
  await g.t.merge('pods/status', `${node}-a`, {
    status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
  });
  const spec = { minAvailable: 1, selector: { matchLabels: { guarded: 'yes' } } };
  await g.t.create('poddisruptionbudgets.policy', { metadata: { name: 'b' }, spec });
  const allow = (disruptionsAllowed: number) =>
    g.t.merge('poddisruptionbudgets.policy/status', 'b', {
      status: { observedGeneration: 1, disruptionsAllowed, currentHealthy: 1, desiredHealthy: 1, expectedPods: 1 },
    });
  await allow(0);
  const events: DrainEvent[] = [];
  const by = { api: g.t.api, request: g.t.ctx() };
  let refused: () => void;
  const once = new Promise<void>((resolve) => (refused = resolve));
  const done = drain(
    by,
    { name: node, gracePeriodSeconds: 0 },
    (one) => {
      events.push(one);
      if (one.type === 'RETRYING') refused();
    },
    new AbortController().signal,
    FAST,
  );
  await once;
  expect(left()).toHaveLength(1);
  await allow(1);
  await done;
  expect(left()).toEqual([]);
  expect(events.find(({ type }) => type === 'RETRYING')?.message).toBe(
    `error when evicting pods/"${node}-a" -n "t" (will retry after 0.005s): Cannot evict pod as it would violate the pod's disruption budget.`,
  );
});

test('it ends at its timeout, and when nobody listens any more', async () => {
  await pod('a');
  await g.t.merge('pods', `${node}-a`, { metadata: { finalizers: ['example.com/hold'] } });
  expect((await refusal(run({ timeoutSeconds: 0.05 }))).message).toBe(
    `error when evicting pods/"${node}-a" -n "t": global timeout reached: 0.05s`,
  );
  const iterator = g.graphql.as(g.t.ctx()).subscribe({ query: `subscription { drainNode(name: "${node}") { type } }` });
  const first = await iterator.next();
  expect(JSON.parse(String(first.value))).toEqual({ data: { drainNode: { type: 'CORDONED' } } });
  await iterator.return?.();
  await g.t.merge('pods', `${node}-a`, { metadata: { finalizers: null } });
});

test('a dry run evicts nothing', async () => {
  await pod('a');
  const events = await run({ dryRun: true });
  expect(events.map(({ type }) => type)).toEqual(['CORDONED', 'EVICTING', 'DRAINED']);
  expect(left()).toHaveLength(1);
});

test('it is each step by its own right, and no session that may only read has it', async () => {
  await pod('a');
  expect((await refusal(run({}, { name: 'nobody', groups: [] }))).code).toBe(403);
  const iterator = g.graphql
    .as(g.t.ctx({ name: 'nobody', groups: [] }))
    .subscribe({ query: `subscription { drainNode(name: "${node}") { type } }` });
  expect(String((await iterator.next()).value)).toContain('"code":403');
  expect(left()).toHaveLength(1);
});
