import { afterEach, describe, expect, it, vi } from 'vitest';
import { judge } from '../../../src/api/validation/judge.ts';
import { validationServer } from '../../../src/api/validation/serve.ts';
import { ValidationThread, type FromThread, type Thread, type ToThread } from '../../../src/api/validation/thread.ts';
import { Pace } from '../../../src/api/write/pace.ts';
import type { Kind, StrategyContext } from '../../../src/kinds/kind.ts';
import { createRegistry } from '../../../src/kinds/registry.ts';
import type { KubeObject } from '../../../src/meta/object.ts';
import { atOnce } from '../../../src/meta/steps.ts';

const registry = createRegistry();
const kind = (key: string): Kind => registry.preferred(key)!;
const context = (warnings: string[], more: Partial<StrategyContext> = {}): StrategyContext => ({
  now: '2026-01-01T00:00:00Z',
  user: 'somebody',
  subresource: '',
  apiVersion: 'v1',
  warn: (text) => warnings.push(text),
  ...more,
});
const object = (more: object, name = 'n'): KubeObject =>
  ({ metadata: { name, namespace: 't', uid: 'u', creationTimestamp: '2026-01-01T00:00:00Z' }, ...more }) as KubeObject;
const keyed = (count: number, value: unknown): object =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, value]));

/** A thread in this one: what is posted is copied, and comes later. */
class Here implements Thread {
  ended = false;
  readonly posted: ToThread[] = [];
  #listener: (message: FromThread) => void = () => undefined;
  #ending: (why: string) => void = () => undefined;
  readonly #take = validationServer(registry, (message) => this.#listener(structuredClone(message)));
  constructor(private readonly silent = false) {}
  post(message: ToThread): void {
    this.posted.push(message);
    const copy = structuredClone(message);
    if (!this.silent) setImmediate(() => this.#take(copy));
  }
  onMessage(listener: (message: FromThread) => void): void {
    this.#listener = listener;
  }
  onEnd(listener: (why: string) => void): void {
    this.#ending = listener;
  }
  end(): void {
    this.ended = true;
  }
  die(why: string): void {
    this.#ending(why);
  }
}

const threads: Here[] = [];
const started = (silent = false): ValidationThread => {
  threads.length = 0;
  return new ValidationThread(() => {
    const thread = new Here(silent && threads.length === 0);
    threads.push(thread);
    return thread;
  });
};

afterEach(() => vi.useRealTimers());

describe('validation in a thread', () => {
  const CASES: [what: string, key: string, object: object, old?: object][] = [
    ['a good ConfigMap', 'configmaps', { data: keyed(5000, 'v') }],
    ['a bad ConfigMap', 'configmaps', { data: { ...keyed(5000, 'v'), 'a b': 'c' } }],
    ['a changed ConfigMap', 'configmaps', { data: keyed(5000, 'v') }, { data: keyed(5000, 'v'), immutable: true }],
    [
      'a LimitRange, which is judged in steps',
      'limitranges',
      { spec: { limits: [{ type: 'Pod', max: keyed(5000, '1') }] } },
    ],
    [
      'a Pod that is advised against',
      'pods',
      { spec: { containers: [{ name: 'c', image: 'i', env: Array(5000).fill({ name: 'E' }) }] } },
    ],
    [
      'a Deployment whose labels do not fit',
      'deployments.apps',
      { spec: { selector: { matchLabels: keyed(5000, 'v') }, template: { metadata: { labels: {} }, spec: {} } } },
    ],
  ];

  it.each(CASES)('says of %s what it says here', async (_, key, now, before) => {
    const judged = { object: object(now), old: before && object(before) };
    const here: string[] = [];
    const there: string[] = [];
    const sent = object({ spec: { template: { metadata: { labels: { a: 'b' } } } } });
    const expected = atOnce(judge(kind(key), judged, context(here, { sent })));
    const thread = started();
    const verdict = await thread.judge(kind(key), judged, context(there, { sent }), new Pace());
    thread.close();
    expect(verdict).toEqual({
      errors: expected.errors.map(({ type, field, body }) => ({ type, field, body })),
      advice: expected.advice,
    });
    expect(there).toEqual(here);
  });

  it.each([
    ['many values of a built-in kind', 'configmaps', 5000, true],
    ['few', 'configmaps', 3000, false],
    ['more of a kind whose rules are light', 'customresourcedefinitions.apiextensions.k8s.io', 21_000, true],
    ['many of such a kind', 'customresourcedefinitions.apiextensions.k8s.io', 5000, false],
  ])('takes %s', (_, key, count, taken) => {
    expect(started().takes(kind(key), { object: object({ data: keyed(count, 'v') }), old: undefined })).toBe(taken);
  });

  const LARGE = { object: object({ data: keyed(5000, 'v') }), old: undefined };

  it('takes one at a time', async () => {
    const thread = started();
    const verdicts = await Promise.all(
      [1, 2, 3].map(() => thread.judge(kind('configmaps'), LARGE, context([]), new Pace())),
    );
    thread.close();
    expect(verdicts).toEqual(Array(3).fill({ errors: [], advice: [] }));
    expect(threads).toHaveLength(1);
    const order = threads[0]!.posted.map(({ type }) => type).filter((type) => type !== 'piece');
    expect(order).toEqual(['open', 'judge', 'open', 'judge', 'open', 'judge']);
  });

  it('answers 500 when it ends by itself, and begins anew', async () => {
    const thread = started(true);
    const lost = thread.judge(kind('configmaps'), LARGE, context([]), new Pace());
    const next = thread.judge(kind('configmaps'), LARGE, context([]), new Pace());
    await vi.waitFor(() => expect(threads[0]!.posted.at(-1)).toEqual({ type: 'judge' }));
    threads[0]!.die('no memory');
    await expect(lost).rejects.toMatchObject({ status: { code: 500, message: 'Internal error occurred: no memory' } });
    expect(await next).toEqual({ errors: [], advice: [] });
    thread.close();
    expect(threads).toHaveLength(2);
  });

  it('is ended when an object takes too long', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const thread = started(true);
    const lost = thread.judge(kind('configmaps'), LARGE, context([]), new Pace()).catch((error: unknown) => error);
    await vi.waitFor(() => expect(threads[0]?.posted.at(-1)).toEqual({ type: 'judge' }));
    vi.advanceTimersByTime(30_000);
    expect(await lost).toMatchObject({ status: { code: 500 } });
    expect(threads[0]!.ended).toBe(true);
  });

  it('is ended when nothing comes any more', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const thread = started();
    await thread.judge(kind('configmaps'), LARGE, context([]), new Pace());
    expect(threads[0]!.ended).toBe(false);
    vi.advanceTimersByTime(30_000);
    expect(threads[0]!.ended).toBe(true);
  });

  it('tells what the rules throw', async () => {
    const thread = started();
    const unknown = { ...kind('configmaps'), resource: 'nothings' };
    await expect(thread.judge(unknown, LARGE, context([]), new Pace())).rejects.toMatchObject({
      status: { code: 500 },
    });
    thread.close();
  });
});
