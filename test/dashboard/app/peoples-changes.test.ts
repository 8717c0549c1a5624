import { readFileSync } from 'node:fs';
import { buildSchema, parse, validate } from 'graphql';
import { describe, expect, test, vi } from 'vitest';
import { CHANGES, type Change } from '../../../dashboard/app/changes/change.ts';
import { peoplesChanges, type ChangesPage } from '../../../dashboard/app/changes/peoples-changes.ts';

const schema = buildSchema(readFileSync(new URL('../../../schema/schema.graphql', import.meta.url), 'utf8'));

/** A history of so many changes, of which those of people have these revisions, in pages of ten. */
function historyOf(revisions: number, people: readonly number[]) {
  const all = Array.from({ length: revisions }, (_, n) => revisions - n).map(
    (revision) => ({ revision: `${revision}`, ofCluster: !people.includes(revision) }) as Change,
  );
  return vi.fn<(after: string | undefined) => Promise<ChangesPage>>(async (after) => {
    const start = after === undefined ? 0 : Number(after);
    return { items: all.slice(start, start + 10), continue: start + 10 < all.length ? `${start + 10}` : null };
  });
}
const isPeoples = ({ ofCluster }: Change): boolean => !ofCluster;
const revisionsOf = (changes: readonly Change[]) => changes.map(({ revision }) => Number(revision));

describe('what people changed', () => {
  test('is asked for in a document that the server takes', () => expect(validate(schema, parse(CHANGES))).toEqual([]));

  test('is found below what the cluster wrote since', async () => {
    const ask = historyOf(45, [3, 12, 14]);
    const { changes, newest } = await peoplesChanges(ask, isPeoples, 2);
    expect(revisionsOf(changes)).toEqual([14, 12]);
    expect(newest).toBe(45n);
    expect(ask).toHaveBeenCalledTimes(4);
  });

  test('is looked for no further back than is worth it', async () => {
    const ask = historyOf(1000, [1]);
    expect((await peoplesChanges(ask, isPeoples, 2)).changes).toEqual([]);
    expect(ask.mock.calls.length).toBeLessThan(10);
  });

  test('is kept, and only what is newer is looked at', async () => {
    const before = await peoplesChanges(historyOf(30, [3, 12]), isPeoples, 3);
    const ask = historyOf(35, [3, 12, 33]);
    const { changes, newest } = await peoplesChanges(ask, isPeoples, 3, before);
    expect(revisionsOf(changes)).toEqual([33, 12, 3]);
    expect(newest).toBe(35n);
    expect(ask).toHaveBeenCalledTimes(1);
  });
});
