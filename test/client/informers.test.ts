import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createClient } from '../../src/client/client.ts';
import { createInformers } from '../../src/client/informers.ts';
import { directTransport } from '../support/direct-transport.ts';
import type { KubeObject } from '../../src/meta/object.ts';
import { expired } from '../../src/meta/status.ts';
import { createGraphQL } from '../../src/resolvers/graphql.ts';
import { FakeApi } from '../resolvers/fake-api.ts';

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
  async fire(): Promise<void> {
    // Those that are set meanwhile wait for the next time.
    const due = [...this.timers];
    for (const [id, run] of due) {
      this.timers.delete(id);
      run();
    }
    await settle();
  }
}
/** Lets everything that is in memory run to its end. */
async function settle(): Promise<void> {
  for (let i = 0; i < 10; i++) await new Promise(setImmediate);
}

async function setup() {
  const fake = new FakeApi();
  const graphql = createGraphQL({ api: fake.api });
  const clock = new ManualClock();
  const client = createClient(directTransport(graphql.executor));
  const errors: unknown[] = [];
  const informers = createInformers(client, clock, { random: () => 0.5, onError: (error) => errors.push(error) });
  const put = (name: string, more: Record<string, unknown> = {}) =>
    fake.put('pods', { metadata: { namespace: 'a', name }, ...more });
  return { fake, clock, client, informers, errors, put };
}

describe('an informer', () => {
  test('holds what a watch says, and tells each change once', async () => {
    const { informers, put, fake } = await setup();
    put('x', { spec: { nodeName: 'n1' } });
    const pods = informers.informer('pods');
    pods.addIndex('node', (pod: KubeObject) => (pod['spec']?.nodeName ? [pod['spec'].nodeName] : []));
    const changes: string[] = [];
    pods.onChange((object, old) => changes.push(`${old?.metadata.name ?? ''}>${object?.metadata.name ?? ''}`));
    informers.start();
    await pods.whenSynced();
    await settle();
    put('y', { spec: { nodeName: 'n2' } });
    put('x', { spec: { nodeName: 'n2' } });
    fake.remove('pods', 'a', 'y');
    await settle();
    expect(changes).toEqual(['>x', '>y', 'x>x', 'y>']);
    expect(pods.index('node', 'n1')).toEqual([]);
    expect(pods.index('node', 'n2')).toEqual([pods.get('a', 'x')]);
    expect(pods.list('a')).toHaveLength(1);
    expect(pods.list('b')).toEqual([]);
    await informers.stop();
    expect(fake.watchers.size).toBe(0);
  });

  test('resumes at its last revision after a lost watch', async () => {
    const { informers, put, fake, clock } = await setup();
    put('x');
    const pods = informers.informer('pods');
    informers.start();
    await settle();
    fake.cut(new Error('lost'));
    await settle();
    put('y');
    await clock.fire();
    expect(pods.list()).toHaveLength(2);
    expect(fake.calls.map(({ options }) => (options as { resourceVersion?: string }).resourceVersion)).toEqual([
      undefined,
      '1',
    ]);
    await informers.stop();
  });

  test('begins anew after 410 and tells the difference', async () => {
    const { informers, put, fake, clock } = await setup();
    put('x');
    put('y');
    const pods = informers.informer('pods');
    const changes: string[] = [];
    informers.start();
    await settle();
    pods.onChange((object, old) => changes.push(`${old?.metadata.name ?? ''}>${object?.metadata.name ?? ''}`));
    fake.cut(expired('too old resource version'));
    await settle();
    fake.remove('pods', 'a', 'x');
    fake.remove('pods', 'a', 'y');
    fake.put('pods', { metadata: { namespace: 'a', name: 'y', uid: 'another' } });
    put('z');
    fake.compacted = fake.revision;
    await clock.fire();
    expect(changes.sort()).toEqual(['>y', '>z', 'x>', 'y>']);
    expect(
      pods
        .list()
        .map((pod) => pod.metadata.name)
        .sort(),
    ).toEqual(['y', 'z']);
    await informers.stop();
  });

  test('backs off while the server fails', async () => {
    const { informers, fake, clock, errors } = await setup();
    fake.watch = () => Promise.reject(new Error('down'));
    const pods = informers.informer('pods');
    informers.start();
    await settle();
    for (let i = 0; i < 9; i++) await clock.fire();
    expect(clock.delays).toEqual([50, 100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]);
    expect(errors).toHaveLength(10);
    expect(pods.synced).toBe(false);
    await informers.stop();
  });

  test('a listener that throws does not keep the others from hearing', async () => {
    const { informers, put, errors } = await setup();
    const pods = informers.informer('pods');
    let heard = 0;
    pods.onChange(() => {
      throw new Error('mine');
    });
    pods.onChange(() => heard++);
    informers.start();
    await settle();
    put('x');
    await settle();
    expect(heard).toBe(1);
    expect(errors).toHaveLength(1);
    await informers.stop();
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
        const { informers, put, fake, clock } = await setup();
        const pods = informers.informer('pods');
        const told = new Map<string, string>();
        pods.onChange((object, old) => {
          const { name } = (object ?? old)!.metadata;
          expect(told.has(name)).toBe(old !== undefined);
          if (object) told.set(name, object.metadata.resourceVersion);
          else told.delete(name);
        });
        informers.start();
        for (const each of steps) {
          if (each.do === 'put') put(each.name);
          else if (each.do === 'remove') {
            if (fake.objects.has(`pods/a/${each.name}`)) fake.remove('pods', 'a', each.name);
          } else if (each.do === 'cut') fake.cut(new Error('lost'));
          else if (each.do === 'expire') fake.cut(expired('old'));
          else if (each.do === 'compact') fake.compacted = fake.revision;
          else if (each.do === 'fire') await clock.fire();
          else await settle();
        }
        for (let i = 0; i < 4; i++) await clock.fire();
        const truth = Object.fromEntries(
          [...fake.objects.values()].map((stored) => [stored.name, String(stored.revision)]),
        );
        expect(Object.fromEntries(pods.list().map((pod) => [pod.metadata.name, pod.metadata.resourceVersion]))).toEqual(
          truth,
        );
        expect(Object.fromEntries(told)).toEqual(truth);
        await informers.stop();
      }),
      { numRuns: 40 },
    );
  });
});
