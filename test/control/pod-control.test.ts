import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Pod, ReplicaSet } from '../../schema/types.ts';
import { InformerCache } from '../../src/client/informer-cache.ts';
import type { Context } from '../../src/control/contract.ts';
import { byController, byOrphanage, controllerOf } from '../../src/control/keys.ts';
import { PodControl } from '../../src/control/pod-control.ts';
import { labelMatcher } from '../../src/control/selector.ts';
import {
  conflict,
  forbiddenRequest,
  MODIFIED,
  notFound,
  StatusError,
  serviceUnavailable,
} from '../../src/meta/status.ts';
import { FakeClock } from '../support/fake-clock.ts';

const PODS = { group: '', resource: 'pods' };
const labels = { app: 'a' };
const owner: ReplicaSet = {
  metadata: { name: 'r', namespace: 'a', uid: 'r-1', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' },
  spec: { selector: { matchLabels: labels }, template: { metadata: { labels } } },
};
const terminating = (): StatusError => {
  const error = forbiddenRequest(
    PODS,
    'p',
    'unable to create new content in namespace a because it is being terminated',
  );
  return new StatusError({ ...error.status, details: { causes: [{ reason: 'NamespaceTerminating' }] } });
};

/** What becomes of one write. */
const CREATES = ['made', 'answer lost', 'refused', 'namespace terminating'] as const;
const DELETES = ['gone', 'marked', 'answer lost', 'refused', 'not found', 'another by now'] as const;
type Fate = (typeof CREATES)[number] | (typeof DELETES)[number];

/** An API whose writes meet the fates that are given, one each, and whose events come when `deliver` is called. */
class World {
  readonly clock = new FakeClock();
  readonly events: string[] = [];
  readonly pods = new InformerCache<Pod>('pods', (error) => {
    throw error;
  });
  readonly sets = new InformerCache<ReplicaSet>('replicasets.apps', () => undefined);
  readonly control = new PodControl<'replicasets.apps'>({
    resource: 'replicasets.apps',
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    selects: ({ spec }) => labelMatcher(spec?.selector),
  });
  readonly late: (() => void)[] = [];
  fates: Fate[] = [];
  /** whether events come before the answer */
  prompt = false;
  private serial = 0;

  constructor() {
    this.pods.addIndex('controller', byController);
    this.pods.addIndex('orphans', byOrphanage);
    this.sets.replace([owner]);
    this.pods.replace([]);
    this.pods.follow((pod, old) => this.control.podKeys(pod, old, this.ctx));
  }

  get ctx(): Context {
    const { pods, sets, clock, events } = this;
    return {
      client: {
        create: (_resource: string, pod: Pod) => this.create(pod),
        delete: (_resource: string, _namespace: string, name: string) => this.delete(name),
      },
      informer: (resource: string) => (resource === 'pods' ? pods : sets),
      events: { event: (...[, type, reason, message]: string[]) => events.push(`${type} ${reason} ${message}`) },
      clock,
    } as unknown as Context;
  }

  deliver(): void {
    for (const tell of this.late.splice(0)) tell();
  }

  private tell(event: () => void): void {
    if (this.prompt) event();
    else this.late.push(event);
  }

  private async create(pod: Pod): Promise<Pod> {
    const fate = this.fates.shift() ?? 'made';
    if (fate === 'refused') throw forbiddenRequest(PODS, 'p', 'exceeded quota');
    if (fate === 'namespace terminating') throw terminating();
    const id = String(++this.serial);
    const made: Pod = { ...pod, metadata: { ...pod.metadata, name: `r-${id}`, uid: id, resourceVersion: id } };
    this.tell(() => this.pods.apply('ADDED', made));
    if (fate === 'answer lost') throw serviceUnavailable('the connection is lost');
    return made;
  }

  private async delete(name: string): Promise<void> {
    const fate = this.fates.shift() ?? 'gone';
    if (fate === 'refused') throw forbiddenRequest(PODS, name, 'not now');
    const pod = this.pods.get('a', name);
    if (!pod) throw notFound(PODS, name);
    const marked = { ...pod.metadata, deletionTimestamp: '2026-01-01T00:00:00Z', resourceVersion: `${++this.serial}` };
    if (fate === 'marked') this.tell(() => this.pods.apply('MODIFIED', { ...pod, metadata: marked }));
    else this.tell(() => this.pods.apply('DELETED', pod));
    if (fate === 'answer lost') throw serviceUnavailable('the connection is lost');
    if (fate === 'not found') throw notFound(PODS, name);
    if (fate === 'another by now') throw conflict(PODS, name, MODIFIED);
  }

  make(count: number): ReturnType<World['control']['create']> {
    return this.control.create(owner, count, () => this.control.podOf(owner, owner.spec?.template), this.ctx);
  }
}

describe('PodControl', () => {
  it('whatever becomes of creates and deletes, nothing is expected when all events have come', async () => {
    const round = fc.record({
      prompt: fc.boolean(),
      creates: fc.array(fc.constantFrom(...CREATES), { maxLength: 12 }),
      deletes: fc.array(fc.constantFrom(...DELETES), { maxLength: 12 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(round, { minLength: 1, maxLength: 4 }), async (rounds) => {
        const world = new World();
        for (const { prompt, creates, deletes } of rounds) {
          world.prompt = prompt;
          world.fates = [...creates];
          await world.make(creates.length);
          world.deliver();
          world.fates = [...deletes];
          const living = world.pods.list().filter((pod) => !pod.metadata.deletionTimestamp);
          await world.control.delete(owner, living.slice(0, deletes.length), world.ctx);
          world.deliver();
          expect(world.control.settled(owner, world.ctx)).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('waits for what is on its way, and not for ever', async () => {
    const world = new World();
    await world.make(2);
    expect(world.control.settled(owner, world.ctx)).toBe(false);
    world.deliver();
    expect(world.control.settled(owner, world.ctx)).toBe(true);
    await world.control.delete(owner, world.pods.list(), world.ctx);
    expect(world.control.settled(owner, world.ctx)).toBe(false);
    await world.clock.advance(300_001);
    expect(world.control.settled(owner, world.ctx)).toBe(true);
  });

  it('expects both what it made and what it deleted', async () => {
    const world = new World();
    await world.make(1);
    world.deliver();
    const first = world.pods.list();
    await world.make(1);
    await world.control.delete(owner, first, world.ctx);
    const [created, deleted] = world.late.splice(0);
    deleted!();
    expect(world.control.settled(owner, world.ctx)).toBe(false);
    created!();
    expect(world.control.settled(owner, world.ctx)).toBe(true);
  });

  it('does not wait for a deletion that the informer has told of already', async () => {
    const world = new World();
    await world.make(1);
    world.deliver();
    const pods = world.pods.list();
    world.pods.apply('MODIFIED', {
      ...pods[0]!,
      metadata: { ...pods[0]!.metadata, resourceVersion: 'x', deletionTimestamp: '2026-01-01T00:00:00Z' },
    });
    await world.control.delete(owner, pods, world.ctx);
    expect(world.control.settled(owner, world.ctx)).toBe(true);
  });

  it.each<[string, Fate[], number, string[], string | undefined]>([
    ['made', ['made'], 1, ['Normal SuccessfulCreate Created pod: r-1'], undefined],
    [
      'refused',
      ['refused'],
      0,
      ['Warning FailedCreate Error creating: pods "p" is forbidden: exceeded quota'],
      'pods "p" is forbidden: exceeded quota',
    ],
    ['in a namespace that goes away', ['namespace terminating'], 0, [], undefined],
    [
      'lost',
      ['answer lost'],
      0,
      ['Warning FailedCreate Error creating: the connection is lost'],
      'the connection is lost',
    ],
  ])('tells of a create that is %s', async (_, fates, made, events, message) => {
    const world = new World();
    world.fates = fates;
    const result = await world.make(1);
    expect(result.made).toHaveLength(made);
    expect((result.error as Error | undefined)?.message).toBe(message);
    expect(world.events).toEqual(events);
  });

  it.each<[Fate, number, string[], string | undefined]>([
    ['gone', 1, ['Normal SuccessfulDelete Deleted pod: r-1'], undefined],
    ['marked', 1, ['Normal SuccessfulDelete Deleted pod: r-1'], undefined],
    ['not found', 1, [], undefined],
    ['another by now', 1, [], undefined],
    [
      'refused',
      0,
      ['Warning FailedDelete Error deleting: pods "r-1" is forbidden: not now'],
      'unable to delete pods: pods "r-1" is forbidden: not now',
    ],
  ])('tells of a delete that is %s', async (fate, deleted, events, message) => {
    const world = new World();
    await world.make(1);
    world.deliver();
    world.events.length = 0;
    world.fates = [fate];
    const result = await world.control.delete(owner, world.pods.list(), world.ctx);
    expect(result.deleted).toHaveLength(deleted);
    expect((result.error as Error | undefined)?.message).toBe(message);
    expect(world.events).toEqual(events);
  });

  it('goes on deleting when one fails, and stops creating after a batch with an error', async () => {
    const world = new World();
    await world.make(3);
    world.deliver();
    world.fates = ['refused', 'gone', 'gone'];
    expect((await world.control.delete(owner, world.pods.list(), world.ctx)).deleted).toHaveLength(2);
    world.deliver();
    world.fates = ['made', 'made', 'refused'];
    expect((await world.make(20)).made).toHaveLength(2);
  });

  it('does to a pod what must be done before it is deleted, and leaves one that cannot be prepared', async () => {
    const world = new World();
    await world.make(2);
    world.deliver();
    const prepared: string[] = [];
    const { deleted, error } = await world.control.delete(owner, world.pods.list(), world.ctx, async (pod) => {
      if (pod.metadata.name === 'r-2') throw new Error('no');
      prepared.push(pod.metadata.name);
    });
    expect([prepared, deleted.map(({ metadata }) => metadata.name), String(error)]).toEqual([
      ['r-1'],
      ['r-1'],
      'Error: no',
    ]);
    world.deliver();
    expect(world.control.settled(owner, world.ctx)).toBe(true);
  });

  it('wakes the controller of a pod, the one that it had, and whoever may adopt it', async () => {
    const world = new World();
    await world.make(1);
    world.deliver();
    const [pod] = world.pods.list();
    const { ownerReferences: _, ...metadata } = pod!.metadata;
    const orphan: Pod = { ...pod!, metadata };
    const keys = (now: Pod | undefined, old: Pod | undefined) => world.control.podKeys(now, old, world.ctx);
    expect(controllerOf(pod)?.name).toBe('r');
    expect(keys(pod, undefined)).toEqual(['a/r']);
    expect(keys(undefined, pod)).toEqual(['a/r']);
    expect(keys(orphan, undefined)).toEqual(['a/r']);
    expect(keys({ ...orphan, metadata: { ...metadata, labels: { app: 'b' } } }, pod)).toEqual(['a/r']);
    expect(keys({ ...orphan, metadata: { ...metadata, labels: { app: 'b' } } }, orphan)).toEqual([]);
    expect(keys(orphan, orphan)).toEqual([]);
  });
});
