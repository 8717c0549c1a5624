import { describe, expect, test } from 'vitest';
import type { Api, RequestContext, WatchEvent, WatchSink } from '../../../src/api/contract.ts';
import type { Kind } from '../../../src/kinds/kind.ts';
import type { LiveSelection } from '../../../src/resolvers/live/live-selection.ts';
import { LiveView } from '../../../src/resolvers/live/view.ts';
import type { Stored } from '../../../src/store/contract.ts';

const stored = (name: string, revision: number): Stored => ({ namespace: 'a', name, revision }) as unknown as Stored;

/** A view of a kind that begins with nothing at revision 5, and the watch that tells it. */
async function viewOf(
  kind: Partial<Kind>,
): Promise<{ view: LiveView; sink: WatchSink; store: { revision: number }; told: string[] }> {
  const store = { revision: 5 };
  const found: { sink?: WatchSink } = {};
  const api = {
    store,
    watch: (_: unknown, __: unknown, ___: unknown, sink: WatchSink) => {
      found.sink = sink;
      return Promise.resolve(() => undefined);
    },
  } as unknown as Api;
  const selection = {
    kind,
    targets: [{ kind, namespace: 'a', name: '', subresource: '' }],
    options: {},
    read: () => Promise.resolve({ entries: [], revision: 5 }),
    keyOf: () => [],
    compare: () => 0,
  } as unknown as LiveSelection;
  const view = new LiveView(
    api,
    { user: { name: 'u', groups: [] } } as unknown as RequestContext,
    selection,
    () => undefined,
  );
  await view.begin();
  const told: string[] = [];
  const nothing = (): void => undefined;
  view.follow({
    changed: ({ entry }) => told.push(entry.stored.name),
    settled: nothing,
    reset: nothing,
    ended: nothing,
  });
  return { view, sink: found.sink!, store, told };
}
const added = (name: string, revision: number): WatchEvent[] => [
  { type: 'ADDED', stored: stored(name, revision) } as WatchEvent,
];
const turn = (): Promise<void> => new Promise((next) => setImmediate(next));

describe('a view', () => {
  test('goes on to the newest state when its watch hears of events when they happen', async () => {
    const { view, sink, store } = await viewOf({});
    sink.onProgress!(5);
    store.revision = 8;
    expect(view.reach()).toBe(8);
  });

  test('is never ahead of an event that a webhook converts yet', async () => {
    const { view, sink, store, told } = await viewOf({ definition: { webhook: {} } } as unknown as Partial<Kind>);
    sink.onProgress!(5);
    store.revision = 8;
    expect(view.reach()).toBe(5);
    sink.onEvents(added('one', 8));
    await turn();
    expect([told, view.revision]).toEqual([['one'], 8]);
    sink.onProgress!(9);
    expect(view.reach()).toBe(9);
  });
});
