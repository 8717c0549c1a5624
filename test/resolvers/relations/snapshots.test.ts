import { expect, test } from 'vitest';
import { Snapshots } from '../../../src/resolvers/relations/snapshots.ts';
import type { Snapshot } from '../../../src/resolvers/relations/snapshot.ts';

test('all below one root field have its snapshot, and its siblings another', () => {
  let made = 0;
  const snapshots = new Snapshots(() => ({ number: ++made }) as unknown as Snapshot);
  const root = (key: string) => ({ prev: undefined, key, typename: 'Query' });
  const below = (prev: ReturnType<typeof root>) => ({
    prev: { prev, key: 0, typename: undefined },
    key: 'node',
    typename: 'Pod',
  });
  const a = snapshots.of({ path: root('a') });
  expect(snapshots.of({ path: below(root('a')) })).toBe(a);
  expect(snapshots.of({ path: root('b') })).not.toBe(a);
  expect(snapshots.of({ path: below(root('b')) })).toBe(snapshots.of({ path: root('b') }));
  expect(made).toBe(2);
});
