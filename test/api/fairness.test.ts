import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createFlowControl, type FlowControl } from '../../src/api/fairness/flow-control.ts';
import { Level } from '../../src/api/fairness/level.ts';
import { Pressure } from '../../src/api/fairness/pressure.ts';
import { Refusals } from '../../src/api/fairness/refusals.ts';
import type { Attributes, User } from '../../src/api/contract.ts';
import { TestApi } from './support.ts';

const user = (name: string, ...groups: string[]): User => ({ name, groups: ['system:authenticated', ...groups] });
const ANYONE = user('bob');
const PODS: Attributes = {
  verb: 'create',
  group: '',
  version: 'v1',
  resource: 'pods',
  subresource: '',
  namespace: 'default',
  name: '',
};
const held: { callback: () => void; ms: number }[] = [];
const timers = {
  setTimeout: (callback: () => void, ms: number) => held.push({ callback, ms }),
  clearTimeout: () => undefined,
};

describe('flow control by the bootstrap objects', () => {
  let test: TestApi;
  let control: FlowControl;
  const levelUid = (name: string): string =>
    test.api.store
      .list({ resource: 'prioritylevelconfigurations.flowcontrol.apiserver.k8s.io' })
      .items.find((each) => each.name === name)!.uid;

  beforeAll(async () => {
    test = await TestApi.open();
    control = createFlowControl(test.api.store, timers);
  });
  afterAll(async () => {
    control.close();
    await test.close();
  });

  const NODE = user('system:node:n', 'system:nodes');
  const LEASE = {
    ...PODS,
    verb: 'update',
    group: 'coordination.k8s.io',
    resource: 'leases',
    namespace: 'kube-node-lease',
    name: 'n',
  };
  const cases: [who: string, user: User, attributes: Attributes, level: string][] = [
    ['an administrator', user('root', 'system:masters'), PODS, 'exempt'],
    ['a probe', user('x', 'system:unauthenticated'), { verb: 'get', path: '/readyz' }, 'exempt'],
    ['a node renewing its lease', NODE, LEASE, 'node-high'],
    ['a node', NODE, { ...PODS, verb: 'list' }, 'system'],
    ['the controllers', user('system:kube-controller-manager'), { ...PODS, verb: 'list' }, 'workload-high'],
    ['a service account', user('system:serviceaccount:a:b', 'system:serviceaccounts'), PODS, 'workload-low'],
    ['an ordinary user', ANYONE, PODS, 'global-default'],
    ['an ordinary user with GraphQL', ANYONE, { verb: 'post', path: '/graphql' }, 'global-default'],
    ['a node with GraphQL', NODE, { verb: 'post', path: '/graphql' }, 'system'],
  ];
  it.each(cases)('puts %s into its level', async (_, who, attributes, level) => {
    const admitted = await control.admit(who, attributes);
    admitted.release();
    expect(admitted.level).toBe(levelUid(level));
  });

  it('refuses a flood, while nodes, controllers and another user go on', async () => {
    const outcomes: string[] = [];
    const running: (() => void)[] = [];
    for (let n = 0; n < 2_000; n++) {
      void control.admit(user('noisy'), PODS).then(
        ({ release }) => (running.push(release), outcomes.push('admitted')),
        () => outcomes.push('refused'),
      );
    }
    const turn = () => new Promise((resolve) => setImmediate(resolve));
    const refused = () => outcomes.filter((each) => each === 'refused').length;
    await turn();
    // a few are told at once; the others when whoever asks again at once has had to wait
    expect(refused()).toBeGreaterThan(0);
    expect(refused()).toBeLessThan(200);
    for (const { callback, ms } of held.splice(0)) if (ms < 15_000) callback();
    await turn();
    expect(refused()).toBeGreaterThan(1_400);
    expect(running.length).toBeLessThan(240);
    for (const [who, attributes] of [
      [NODE, LEASE],
      [user('system:kube-controller-manager'), PODS],
    ] as const)
      (await control.admit(who, attributes)).release();
    // the other user's queue is served before the rest of the flood
    const quiet = control.admit(user('quiet'), PODS);
    for (const release of running.splice(0, running.length - 10)) release();
    (await quiet).release();
    for (let last = -1; last !== outcomes.length; await turn()) {
      last = outcomes.length;
      for (const release of running.splice(0)) release();
      await turn();
    }
  });
});

describe('pressure', () => {
  it('takes seats while the loop is late, never all, and gives them back when it is not', () => {
    let changes = 0;
    const pressure = new Pressure(() => changes++);
    pressure.look(30);
    expect([pressure.share, changes]).toEqual([1, 0]);
    pressure.look(500);
    expect(pressure.share).toBeLessThan(0.7);
    for (let n = 0; n < 20; n++) pressure.look(500);
    expect(pressure.share).toBeCloseTo(0.25);
    for (let n = 0; n < 20; n++) pressure.look(0);
    expect(pressure.share).toBe(1);
    expect(changes).toBeLessThan(42);
    pressure.close();
  });

  it('shortens the queues with the seats', async () => {
    const spec = {
      type: 'Limited',
      limited: { limitResponse: { type: 'Queue', queuing: { queues: 1, handSize: 1, queueLengthLimit: 10 } } },
    } as const;
    const level = new Level('l', 'uid', spec, timers, () => 0);
    level.resize(1, 0.2);
    await level.admit('a', 1);
    void level.admit('a', 1);
    void level.admit('a', 1);
    await expect(level.admit('a', 1)).rejects.toMatchObject({ code: 429 });
  });

  it('lets no request be wider than a part of the level, whatever the pressure', async () => {
    for (const share of [1, 0.25]) {
      const level = new Level(
        'l',
        'uid',
        { type: 'Limited', limited: { limitResponse: { type: 'Reject' } } },
        timers,
        () => 0,
      );
      level.resize(20 * share, share);
      (await level.admit('a', 2))();
      const release = await level.admit('a', 10);
      expect(level.inUse).toBe(3);
      release();
    }
  });

  it('lets those go on that wait for seats which have come back', async () => {
    const spec = {
      type: 'Limited',
      limited: { limitResponse: { type: 'Queue', queuing: { queues: 1, handSize: 1 } } },
    } as const;
    const level = new Level('l', 'uid', spec, timers, () => 0);
    level.resize(1, 0.1);
    await level.admit('a', 1);
    const waiting = level.admit('a', 1);
    level.resize(2, 1);
    level.dispatch();
    await waiting;
    expect(level.inUse).toBe(2);
  });
});

describe('refusals', () => {
  it('are told at once while they are few, and later in a flood, spread and bounded', () => {
    let now = 0;
    const waits: number[] = [];
    const refusals = new Refusals({ setTimeout: (_, ms) => waits.push(ms), clearTimeout: () => undefined }, () => now);
    const holdMany = (count: number): number =>
      Array.from({ length: count }, () => refusals.hold()).filter(Boolean).length;
    expect(holdMany(20)).toBe(0);
    expect(holdMany(40)).toBe(40);
    expect([Math.min(...waits), Math.max(...waits)]).toEqual([1_000, 2_900]);
    now = 50;
    expect(holdMany(20)).toBe(0);
    expect(holdMany(10_000)).toBe(4_960);
  });
});
