import { describe, expect, test } from 'vitest';
import type { WatchEvent } from '../../../src/api/contract.ts';
import { ConversionFailed } from '../../../src/api/conversion/convert.ts';
import { createRegistry } from '../../../src/kinds/registry.ts';
import { EventMerge, type MergeSource } from '../../../src/resolvers/live/event-merge.ts';
import type { ObjectEvent } from '../../../src/resolvers/live/object-event.ts';
import type { Stored } from '../../../src/store/contract.ts';
import { the } from '../../support/at.ts';

const registry = createRegistry();
const sourceOf = (resource: string, namespace: string): MergeSource => {
  const kind = the(registry.preferred(resource));
  return { kind, target: { kind, namespace, name: '', subresource: '' }, filter: undefined };
};
const event = (revision: number): WatchEvent =>
  ({ type: 'ADDED', stored: { revision, bytes: Buffer.from('{}') } as Stored, previous: undefined }) as WatchEvent;

/** Watches of pods in two namespaces and of ConfigMaps from revision 10, of which all until 12 is to be told at first. */
function merged(state = false) {
  const sources = [sourceOf('pods', 'a'), sourceOf('pods', 'b'), sourceOf('configmaps', 'a')];
  const told: string[] = [];
  const statuses: unknown[] = [];
  const initial: boolean[] = [];
  const ends: (Error | undefined)[] = [];
  const push = (events: readonly ObjectEvent[], isInitial: boolean): void => {
    if (events.length) initial.push(isInitial);
    for (const { type, resourceVersion, status } of events) {
      told.push(`${type} ${resourceVersion}`);
      if (status) statuses.push(status);
    }
  };
  const end = (error?: Error): void => void ends.push(error);
  const [from, newest] = state ? [0, 0] : [10, 12];
  const merge = new EventMerge(sources, { push, end }, { bookmarks: true, managedFields: false, state, from, newest });
  const [one, two, three] = sources.map((source) => merge.sink(source, end));
  return { sinks: [the(one), the(two), the(three)] as const, told, statuses, initial, ends };
}
const turn = (): Promise<void> => new Promise((next) => setImmediate(next));

describe('several watches as one', () => {
  test('wait for each other at the beginning, and what was there then is told as that', async () => {
    const { sinks, told, initial } = merged();
    sinks[0].onEvents([event(11), event(15)]);
    sinks[1].onEvents([event(12)]);
    await turn();
    expect(told).toEqual([]);
    sinks[2].onProgress?.(12);
    await turn();
    expect(told).toEqual(['ADDED 11', 'ADDED 12', 'ADDED 15']);
    expect(initial).toEqual([true, false]);
  });

  test('go on when the webhook of a kind fails, which is told once, with where all of it had been told', async () => {
    const { sinks, told, statuses, ends } = merged();
    for (const { onProgress } of sinks) onProgress?.(12);
    sinks[0].onEvents([event(13)]);
    sinks[0].onEnd(new ConversionFailed('conversion webhook failed'));
    sinks[1].onEvents([event(14)]);
    sinks[1].onEnd(new ConversionFailed('conversion webhook failed'));
    sinks[2].onEvents([event(15)]);
    sinks[2].onBookmark(16, false);
    await turn();
    expect(told).toEqual(['ADDED 13', 'ERROR 13', 'ADDED 15', 'BOOKMARK 16']);
    expect(statuses).toMatchObject([
      { code: 500, message: 'conversion webhook failed', details: { group: '', kind: 'pods' } },
    ]);
    expect(ends).toEqual([]);
  });

  test('are not held up by one that fails before it has told its state', async () => {
    const { sinks, told } = merged(true);
    sinks[2].onEvents([event(7)]);
    sinks[2].onBookmark(9, true);
    sinks[0].onEnd(new ConversionFailed('conversion webhook failed'));
    await turn();
    expect(told.sort()).toEqual(['ADDED 7', 'BOOKMARK 9', 'ERROR 0']);
  });

  test('end with what ends one in another way, and with the last kind', async () => {
    const { sinks, ends } = merged();
    sinks[2].onEnd(new ConversionFailed('of the one kind'));
    sinks[0].onEnd(new ConversionFailed('of the other'));
    expect(ends).toEqual([new ConversionFailed('of the other')]);
    const other = merged();
    other.sinks[2].onEnd(new Error('forbidden'));
    expect(other.ends).toEqual([new Error('forbidden')]);
  });
});
