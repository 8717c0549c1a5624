import { describe, expect, it } from 'vitest';
import { Level, QUEUE_WAIT_MS, type LevelSpec } from '../../src/api/fairness/level.ts';
import { distinguisher, matches, type FlowSchemaSpec } from '../../src/api/fairness/matching.ts';
import { dealHand } from '../../src/api/fairness/shuffle.ts';
import { the } from '../support/at.ts';

function level(spec: LevelSpec, seats: number) {
  const timers: { callback: () => void; ms: number }[] = [];
  const made = new Level(
    'l',
    'uid',
    spec,
    {
      setTimeout: (callback, ms) => timers.push({ callback, ms }) - 1,
      clearTimeout: (i) => (the(timers[i as number]).callback = () => undefined),
    },
    () => 0,
  );
  made.nominal = seats;
  return { level: made, timers };
}
const queueing: LevelSpec = {
  type: 'Limited',
  limited: { limitResponse: { type: 'Queue', queuing: { queues: 4, handSize: 2, queueLengthLimit: 1 } } },
};

describe('priority level', () => {
  it('lets nobody of an exempt level wait', async () => {
    const { level: exempt } = level({ type: 'Exempt' }, 0);
    await Promise.all(Array.from({ length: 100 }, () => exempt.admit('x', 1)));
  });

  it('queues beyond its seats and goes on when one is free', async () => {
    const { level: one } = level(queueing, 1);
    const release = await one.admit('a', 1);
    let started = false;
    const waiting = one.admit('a', 1).then((free) => ((started = true), free));
    await Promise.resolve();
    expect(started).toBe(false);
    release();
    release();
    (await waiting)();
    expect(one.inUse).toBe(0);
  });

  it('refuses with 429 when the queues of a flow are full, and not the other flows', async () => {
    const { level: one } = level(queueing, 1);
    await one.admit('a', 1);
    const hand = dealHand('a', 4, 2);
    const other = Array.from({ length: 50 }, (_, i) => `flow${i}`).find((f) =>
      dealHand(f, 4, 2).some((q) => !hand.includes(q)),
    )!;
    void one.admit('a', 1);
    void one.admit('a', 1);
    await expect(one.admit('a', 1)).rejects.toMatchObject({ code: 429, status: { details: { retryAfterSeconds: 1 } } });
    const pending = one.admit(other, 1);
    await expect(Promise.race([pending, Promise.resolve('waits')])).resolves.toBe('waits');
  });

  it('refuses at once where the level does not queue', async () => {
    const { level: reject } = level({ type: 'Limited', limited: { limitResponse: { type: 'Reject' } } }, 1);
    await reject.admit('a', 1);
    await expect(reject.admit('a', 1)).rejects.toMatchObject({ code: 429 });
  });

  it('gives up a request that has waited too long', async () => {
    const { level: one, timers } = level(queueing, 1);
    await one.admit('a', 1);
    const waiting = one.admit('a', 1);
    expect(timers[0]?.ms).toBe(QUEUE_WAIT_MS);
    the(timers[0]).callback();
    await expect(waiting).rejects.toMatchObject({ code: 429 });
  });

  it('serves the flow that has had least first', async () => {
    const wide: LevelSpec = {
      type: 'Limited',
      limited: { limitResponse: { type: 'Queue', queuing: { queues: 64, handSize: 1, queueLengthLimit: 50 } } },
    };
    const { level: one } = level(wide, 1);
    const order: string[] = [];
    const release = await one.admit('flood', 1);
    const run = (flow: string) => one.admit(flow, 1).then((free) => (order.push(flow), free()));
    const all = [...Array.from({ length: 5 }, () => run('flood')), run('quiet')];
    release();
    await Promise.all(all);
    expect(order.indexOf('quiet')).toBeLessThanOrEqual(1);
  });
});

describe('flow schema', () => {
  const spec: FlowSchemaSpec = {
    priorityLevelConfiguration: { name: 'l' },
    distinguisherMethod: { type: 'ByNamespace' },
    rules: [
      {
        subjects: [{ kind: 'ServiceAccount', serviceAccount: { namespace: 'kube-system', name: '*' } }],
        resourceRules: [
          { verbs: ['get', 'list'], apiGroups: [''], resources: ['pods', 'pods/status'], namespaces: ['*'] },
        ],
        nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['/healthz/*'] }],
      },
    ],
  };
  const user = { name: 'system:serviceaccount:kube-system:x', groups: [] };
  const pods = { verb: 'get', group: '', resource: 'pods', subresource: '', namespace: 'a', name: 'p' };

  it('needs a subject and a rule that fit', () => {
    expect(matches(spec, user, pods)).toBe(true);
    expect(matches(spec, { ...user, name: 'bob' }, pods)).toBe(false);
    expect(matches(spec, user, { ...pods, verb: 'create' })).toBe(false);
    expect(matches(spec, user, { ...pods, subresource: 'status' })).toBe(true);
    expect(matches(spec, user, { ...pods, namespace: '' })).toBe(false);
    expect(matches(spec, user, { verb: 'get', path: '/healthz/ping' })).toBe(true);
    expect(distinguisher(spec, user, pods)).toBe('a');
  });

  it('deals every flow the same different queues each time', () => {
    const hand = dealHand('flow', 128, 6);
    expect(new Set(hand).size).toBe(6);
    expect(hand.every((q) => q >= 0 && q < 128)).toBe(true);
    expect(dealHand('flow', 128, 6)).toEqual(hand);
  });
});
