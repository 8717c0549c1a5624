import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { GraphQLResult } from '../../../src/client/contract.ts';
import { LiveCounts, type LiveLimit } from '../../../src/resolvers/live/live-counts.ts';
import { FakeApi } from '../../support/fake-api.ts';
import { the } from '../../support/at.ts';

describe('what live queries hold', () => {
  const NAMES = ['liveQueries', 'liveObjects', 'liveRelations'] as const;
  const three = (value: number) => ({ liveQueries: value, liveObjects: value, liveRelations: value });
  const refused = (limit: LiveLimit, value: number, who: string) =>
    expect.objectContaining({ code: 429, reached: { limit, value }, message: expect.stringContaining(who) as string });

  test.each(NAMES)('%s: so many of a user, and of all together', (what) => {
    const counts = new LiveCounts(three(2), three(3));
    counts.add('ann', what, 2);
    expect(() => counts.add('ann', what, 1)).toThrow(refused(what, 2, '"ann"'));
    counts.add('bob', what, 1);
    expect(() => counts.add('bob', what, 1)).toThrow(refused(what, 3, 'all users'));
    expect(() => counts.add('cleo', what, 1)).toThrow(refused(what, 3, 'all users'));
    counts.add('ann', what, -1);
    // what was refused has not been counted
    counts.add('bob', what, 1);
    counts.add('ann', what, -1);
    counts.add('bob', what, -2);
    counts.add('cleo', what, 2);
    expect(() => counts.add('cleo', what, 1)).toThrow(refused(what, 2, '"cleo"'));
  });

  test('each counts by itself', () => {
    const counts = new LiveCounts(three(1), three(1));
    for (const what of NAMES) counts.add('ann', what, 1);
    for (const what of NAMES) expect(() => counts.add('ann', what, 1)).toThrow(refused(what, 1, '"ann"'));
  });
});

describe('who opens more live queries than a user may have', () => {
  let cluster: FakeApi;
  beforeEach(async () => {
    cluster = await FakeApi.open();
  });
  afterEach(() => cluster.close());

  const open = async (query: string, user = 'admin') => {
    const results = cluster.connect().subscribe({ query, as: { user, groups: ['system:masters'] } });
    const { value } = (await results.next()) as { value: GraphQLResult };
    return { value, end: () => results.return?.() };
  };
  const REFUSED = (limit: LiveLimit, value: number) => ({
    errors: [{ extensions: { code: 429, reason: 'TooManyRequests', limit, value } }],
  });

  test.each<[string, LiveLimit, number, (n: number) => string]>([
    [
      'with relations',
      'liveRelations',
      100,
      (n) => `podsLive(first: ${n + 1}) { items { node { metadata { name } } } changes { type } }`,
    ],
    [
      'aggregates grouped by relations',
      'liveRelations',
      100,
      (n) =>
        `podsAggregateLive(first: ${n + 1}, groupBy: [{ node: { metadata: { name: ASC } } }]) { groups { count } }`,
    ],
    [
      'of different objects',
      'liveQueries',
      200,
      (n) => `podsLive(labelSelector: "n=${n}") { items { metadata { name } } changes { type } }`,
    ],
  ])('%s is told which limit it is, and goes on when one of them has ended', async (_, limit, most, field) => {
    const document = (n: number): string => `subscription { ${field(n)} }`;
    const all = [];
    for (let n = 0; n < most; n++) all.push(await open(document(n)));
    expect(all.filter(({ value }) => value.errors)).toEqual([]);
    expect((await open(document(most))).value).toMatchObject(REFUSED(limit, most));
    // one that is there already costs no more, and others have theirs
    expect((await open(document(0))).value.errors).toBeUndefined();
    expect((await open(document(most), 'other')).value.errors).toBeUndefined();
    await the(all[7]).end();
    expect((await open(document(most))).value.errors).toBeUndefined();
    expect((await open(document(most + 1))).value).toMatchObject(REFUSED(limit, most));
  });
});
