import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createClient } from '../../src/client/client.ts';
import { createInformers } from '../../src/client/informers.ts';
import type { ObjectLike } from '../../src/meta/object.ts';
import { expired, serviceUnavailable } from '../../src/meta/status.ts';
import { FakeApi } from '../support/fake-api.ts';

/** A clock whose timers run when they are told to. */
class ManualClock {
  private readonly timers = new Map<number, () => void>();
  readonly delays: number[] = [];
  private last = 0;
  setTimeout(run: () => void, ms: number): unknown {
    this.delays.push(ms);
    this.timers.set(++this.last, run);
    return this.last;
  }
  clearTimeout(handle: unknown): void {
    this.timers.delete(handle as number);
  }
  fire(): void {
    // Those that are set meanwhile wait for the next time.
    const due = [...this.timers];
    for (const [id, run] of due) {
      this.timers.delete(id);
      run();
    }
  }
}
async function setup() {
  const api = await FakeApi.open();
  const clock = new ManualClock();
  const transport = api.connect();
  const errors: unknown[] = [];
  const informers = createInformers(createClient(transport), clock, {
    random: () => 0.5,
    onError: (error) => errors.push(error),
  });
  let writes = 0;
  /** Makes it, or changes it. */
  const put = (name: string, colour = 'red') =>
    api.client.patch(
      'configmaps',
      'a',
      name,
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels: { colour } }, data: { n: String(++writes) } },
      { type: 'apply', fieldManager: 'test', force: true },
    );
  const remove = (name: string) => api.client.delete('configmaps', 'a', name);
  const settle = () => api.quiet();
  const fire = (): Promise<void> => {
    clock.fire();
    return settle();
  };
  return { api, clock, transport, informers, errors, put, remove, settle, fire };
}
type Setup = Awaited<ReturnType<typeof setup>>;

/** One that is closed with the test. */
async function open(): Promise<Setup> {
  const made = await setup();
  onTestFinished(async () => {
    await made.informers.stop();
    await made.api.close();
  });
  return made;
}
const lost = () => serviceUnavailable('lost');
const told = (changes: string[]) => (object: ObjectLike | undefined, old: ObjectLike | undefined) =>
  void changes.push(`${old?.metadata.name ?? ''}>${object?.metadata.name ?? ''}`);

describe('an informer', () => {
  test('holds what a watch says, and tells each change once', async () => {
    const { informers, transport, put, remove, settle } = await open();
    await put('x', 'red');
    const maps = informers.informer('configmaps');
    maps.addIndex('colour', ({ metadata }: ObjectLike) => [metadata.labels?.['colour'] ?? '']);
    const changes: string[] = [];
    maps.follow(told(changes));
    informers.start();
    await maps.whenSynced();
    await settle();
    await put('y', 'blue');
    await put('x', 'blue');
    await remove('y');
    await settle();
    expect(changes).toEqual(['>x', '>y', 'x>x', 'y>']);
    expect(maps.index('colour', 'red')).toEqual([]);
    expect(maps.index('colour', 'blue')).toEqual([maps.get('a', 'x')]);
    expect(maps.list('a')).toHaveLength(1);
    expect(maps.list('b')).toEqual([]);
    await informers.stop();
    expect(transport.watching).toBe(0);
  });

  test('resumes at its last revision after a lost watch', async () => {
    const { api, informers, transport, put, settle, fire } = await open();
    const from: unknown[] = [];
    transport.before = ({ verb, variables }) => verb === 'watch' && from.push(variables['resourceVersion']);
    await put('x');
    const maps = informers.informer('configmaps');
    informers.start();
    await settle();
    const { revision } = api.store;
    transport.breakWatches(lost());
    await settle();
    await put('y');
    await fire();
    expect(maps.list('a')).toHaveLength(2);
    expect(from).toEqual(['', String(revision)]);
  });

  test('begins anew after 410 and tells the difference', async () => {
    const { api, informers, transport, put, remove, settle, fire } = await open();
    await put('x');
    await put('y');
    const maps = informers.informer('configmaps');
    const changes: string[] = [];
    informers.start();
    await settle();
    maps.follow(told(changes));
    expect(changes.splice(0)).toEqual(['>x', '>y']);
    transport.breakWatches(expired('too old resource version'));
    await settle();
    await remove('x');
    await remove('y');
    await put('y');
    await put('z');
    await api.store.compact(api.store.revision);
    await fire();
    expect(changes.sort()).toEqual(['>y', '>z', 'x>', 'y>']);
    expect(
      maps
        .list('a')
        .map(({ metadata }) => metadata.name)
        .sort(),
    ).toEqual(['y', 'z']);
  });

  test('backs off while the server fails', async () => {
    const { informers, transport, clock, errors, settle, fire } = await open();
    transport.before = () => {
      throw lost();
    };
    const maps = informers.informer('configmaps');
    informers.start();
    await settle();
    for (let i = 0; i < 9; i++) await fire();
    expect(clock.delays).toEqual([50, 100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]);
    expect(errors).toHaveLength(10);
    expect(maps.synced).toBe(false);
  });

  test('tells a follower that comes late of what there is, and of each change once', async () => {
    const { informers, put, settle } = await open();
    const maps = informers.informer('configmaps');
    const late: string[] = [];
    let end: (() => void) | undefined;
    // begins in the midst of telling of y, and ends in that of the second z
    maps.follow((object, old) => {
      if (object?.metadata.name === 'y') end ??= maps.follow(told(late));
      if (object?.metadata.name === 'z' && old) end?.();
    });
    informers.start();
    await put('x');
    await put('y');
    await settle();
    expect(late).toEqual(['>x', '>y']);
    await put('z');
    await settle();
    expect(late).toEqual(['>x', '>y', '>z']);
    await put('z', 'red');
    await settle();
    expect(late).toHaveLength(3);
  });

  test('a listener that throws does not keep the others from hearing', async () => {
    const { informers, put, errors, settle } = await open();
    const maps = informers.informer('configmaps');
    let heard = 0;
    maps.follow(() => {
      throw new Error('mine');
    });
    maps.follow(() => heard++);
    informers.start();
    await settle();
    await put('x');
    await settle();
    expect(heard).toBe(1);
    expect(errors).toHaveLength(1);
  });

  test('whatever happens, ends with what the server has, and its changes add up to it', async () => {
    const step = fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({ do: fc.constant('put' as const), name: fc.constantFrom('a', 'b', 'c', 'd') }),
      },
      {
        weight: 3,
        arbitrary: fc.record({ do: fc.constant('remove' as const), name: fc.constantFrom('a', 'b', 'c', 'd') }),
      },
      {
        weight: 2,
        arbitrary: fc.record({
          do: fc.constantFrom('cut' as const, 'expire' as const, 'compact' as const, 'wait' as const, 'fire' as const),
        }),
      },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const { api, informers, transport, put, remove, settle, fire } = await setup();
        const maps = informers.informer('configmaps');
        const known = new Map<string, string>();
        maps.follow((object, old) => {
          const { name } = (object ?? old)!.metadata;
          expect(known.has(name)).toBe(old !== undefined);
          if (object) known.set(name, object.metadata.resourceVersion);
          else known.delete(name);
        });
        informers.start();
        for (const each of steps) {
          if (each.do === 'put') await put(each.name);
          else if (each.do === 'remove') await remove(each.name).catch(() => undefined);
          else if (each.do === 'cut') transport.breakWatches(lost());
          else if (each.do === 'expire') transport.breakWatches(expired('old'));
          else if (each.do === 'compact') await api.store.compact(api.store.revision);
          else if (each.do === 'fire') await fire();
          else await settle();
        }
        for (let i = 0; i < 4; i++) await fire();
        const versions = (list: readonly ObjectLike[]) =>
          Object.fromEntries(list.map(({ metadata }) => [metadata.name, metadata.resourceVersion]));
        const truth = versions(await api.list('configmaps'));
        expect(versions(maps.list())).toEqual(truth);
        expect(Object.fromEntries(known)).toEqual(truth);
        await informers.stop();
        await api.close();
      }),
      { numRuns: 40 },
    );
  });
});
