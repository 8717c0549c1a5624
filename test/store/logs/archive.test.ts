import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openLogArchive } from '../../../src/store/logs/archive.ts';
import type { LogArchive, LogRun, LogSource, RunQuery } from '../../../src/store/logs/contract.ts';
import { linesOf } from '../../../src/store/logs/run-body.ts';
import { the } from '../../support/at.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';

const HOUR = 3600_000_000;
const T0 = 1_790_000_000_000_000;
const KEEP_ALL = { ms: Number.MAX_SAFE_INTEGER / 1000, bytes: Number.MAX_SAFE_INTEGER };

let database: TestDatabase;
let archives: LogArchive[] = [];
const open = (retention = KEEP_ALL, chunkBytes?: number): LogArchive => {
  const options = { databaseUrl: database.url, retention, log: () => undefined };
  const archive = openLogArchive({ ...options, ...(chunkBytes !== undefined && { chunkBytes }) });
  archives.push(archive);
  return archive;
};
beforeAll(async () => {
  database = await createDatabase();
});
beforeEach(async () => {
  await Promise.all(archives.map((archive) => archive.close()));
  archives = [];
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  const { rows } = await client.query<{ id: number }>('DELETE FROM log.chunk RETURNING id');
  for (const { id } of rows) await client.query(`DROP TABLE log.run_${id}`);
  await client.query('DELETE FROM log.source');
  await client.end();
});
afterAll(async () => {
  await Promise.all(archives.map((archive) => archive.close()));
  await database.drop();
});

const container = (pod: string, more: Partial<LogSource> = {}): LogSource => ({
  kind: 'container',
  node: 'n1',
  namespace: 'a',
  pod,
  uid: `uid-${pod}`,
  container: 'main',
  attempt: 0,
  ...more,
});
const idOf = async (archive: LogArchive, source: LogSource): Promise<number> =>
  the((await archive.register([source]))[0]).id;
const all: RunQuery = { sources: undefined, since: 0, until: Number.MAX_SAFE_INTEGER, words: [] };
async function runs(archive: LogArchive, query: Partial<RunQuery> = {}): Promise<LogRun[]> {
  const found: LogRun[] = [];
  for await (const run of archive.runs({ ...all, ...query })) found.push(run);
  return found;
}
const texts = (found: readonly LogRun[]): string[] => found.flatMap((run) => linesOf(run).map(({ text }) => text));
const lines = (count: number, from = T0, text = (n: number) => `line ${n}`) =>
  Array.from({ length: count }, (_, n) => ({ at: from + n, stream: 'o' as const, text: text(n) }));

describe('batches', () => {
  test('are read again as they were written, streams, times and odd texts too', async () => {
    const archive = open();
    const source = await idOf(archive, container('p'));
    const written = [
      { at: T0, stream: 'o' as const, text: '' },
      { at: T0 + 5, stream: 'e' as const, text: ' two  spaces ' },
      { at: T0 + 3, stream: 'o' as const, text: 'ä€😀\r\t\\{"a":"b"}' },
    ];
    await archive.write([{ source, from: '', until: '1', lines: written }]);
    expect((await runs(archive)).map(linesOf)).toEqual([written]);
  });

  test('move the position; a second one from the same position writes nothing of any of its sources', async () => {
    const archive = open();
    const [one, other] = await archive.register([container('p'), container('q')]);
    const batch = { source: the(one).id, from: '', until: 'x', lines: lines(1) };
    expect(await archive.write([batch])).toBe(true);
    expect(await archive.write([batch, { source: the(other).id, from: '', until: 'y', lines: lines(2) }])).toBe(false);
    expect((await archive.register([container('p'), container('q')])).map(({ position }) => position)).toEqual([
      'x',
      '',
    ]);
    expect(texts(await runs(archive))).toEqual(['line 0']);
  });

  test('of two that write from one position at once, one does', async () => {
    const [a, b] = [open(), open()];
    const source = await idOf(a, container('p'));
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        (n % 2 ? a : b).write([{ source, from: '', until: `${n}`, lines: lines(3) }]),
      ),
    );
    expect(outcomes.filter(Boolean)).toHaveLength(1);
    expect(texts(await runs(a))).toHaveLength(3);
  });

  test('are all there, once, where chunks are filled by several processes', async () => {
    const several = [open(KEEP_ALL, 4000), open(KEEP_ALL, 4000), open(KEEP_ALL, 4000)];
    await Promise.all(
      several.map(async (archive, process) => {
        const source = await idOf(archive, container(`p${process}`));
        for (let n = 0; n < 30; n++)
          expect(
            await archive.write([
              {
                source,
                from: n ? `${n}` : '',
                until: `${n + 1}`,
                lines: lines(10, T0 + n * 10, (i) => `${process}-${n}-${i}`),
              },
            ]),
          ).toBe(true);
      }),
    );
    const found = texts(await runs(the(several[0])));
    expect(found).toHaveLength(900);
    expect(new Set(found).size).toBe(900);
    expect((await the(several[0]).mark()).size).toBeGreaterThan(1);
  });
});

describe('runs', () => {
  test('come newest first, over chunks that overlap in time', async () => {
    const archive = open(KEEP_ALL, 1);
    const source = await idOf(archive, container('p'));
    const order = [3, 1, 4, 1, 5, 9, 2, 6];
    let from = '';
    for (const hour of order) {
      await archive.write([{ source, from, until: (from += 'x'), lines: lines(1, T0 + hour * HOUR, () => `${hour}`) }]);
    }
    expect(texts(await runs(archive))).toEqual(['9', '6', '5', '4', '3', '2', '1', '1']);
  });

  test('are of the sources and the time that are asked for', async () => {
    const archive = open();
    const [p, q] = await archive.register([container('p'), container('q')]);
    for (const [n, { id }] of [the(p), the(q)].entries())
      await archive.write([{ source: id, from: '', until: 'x', lines: lines(1, T0 + n * HOUR, () => `of ${n}`) }]);
    expect(texts(await runs(archive, { sources: [the(p).id] }))).toEqual(['of 0']);
    expect(texts(await runs(archive, { sources: [] }))).toEqual([]);
    expect(texts(await runs(archive, { since: T0 + 1 }))).toEqual(['of 1']);
    expect(texts(await runs(archive, { until: T0 + HOUR }))).toEqual(['of 0']);
  });

  test('without a word are left out, and those with it never are', async () => {
    const archive = open();
    const source = await idOf(archive, container('p'));
    for (let n = 0; n < 50; n++)
      await archive.write([
        {
          source,
          from: n ? `${n}` : '',
          until: `${n + 1}`,
          lines: lines(40, T0 + n * 100, (i) => `Request ${n * 40 + i} took=${i}ms, Größe x${n}y`),
        },
      ]);
    for (const word of ['0', '777', '1999', 'x49y', 'x0y'])
      expect(texts(await runs(archive, { words: [word] })).join(' '), word).toMatch(new RegExp(`\\b${word}\\b`));
    expect((await runs(archive, { words: ['777'] })).length).toBeLessThan(5);
    expect(await runs(archive, { words: ['request', 'took', 'x7y'] })).not.toHaveLength(0);
    expect((await runs(archive, { words: ['absent'] })).length).toBeLessThan(5);
  });
});

describe('who follows', () => {
  test('is told each run once, in the order of commits, and no more at once than he takes', async () => {
    const archive = open(KEEP_ALL, 100);
    const source = await idOf(archive, container('p'));
    const write = (n: number) =>
      archive.write([{ source, from: n ? `${n}` : '', until: `${n + 1}`, lines: lines(1, T0 - n, () => `${n}`) }]);
    await write(0);
    let mark = await archive.mark();
    for (let n = 1; n < 25; n++) await write(n);
    const told: string[] = [];
    for (;;) {
      const next = await archive.since(mark, 4);
      mark = next.mark;
      if (!next.runs.length) break;
      expect(next.runs.length).toBeLessThanOrEqual(4);
      told.push(...texts(next.runs));
    }
    expect(told).toEqual(Array.from({ length: 24 }, (_, n) => String(n + 1)));
  });
});

describe('what is kept', () => {
  const fill = async (archive: LogArchive): Promise<void> => {
    for (let n = 0; n < 6; n++) {
      const source = await idOf(archive, container(`p${n}`));
      await archive.write([{ source, from: '', until: 'x', lines: lines(1, T0 + n * HOUR, () => `${n}`) }]);
    }
  };

  test('goes by age, in whole chunks, and with it the sources of pods that are gone', async () => {
    const archive = open({ ms: 2.5 * 3600_000, bytes: Number.MAX_SAFE_INTEGER }, 1);
    await fill(archive);
    await archive.sweep((T0 + 5 * HOUR) / 1000, (uid) => uid === 'uid-p1');
    expect(texts(await runs(archive))).toEqual(['5', '4', '3']);
    expect((await archive.sources({})).map(({ pod }) => pod)).toEqual(['p1', 'p3', 'p4', 'p5']);
  });

  test('goes by size, the oldest first', async () => {
    const archive = open(undefined, 1);
    await fill(archive);
    const { bytes } = await archive.size();
    const small = open({ ms: KEEP_ALL.ms, bytes: bytes / 2 }, 1);
    await small.sweep(T0 / 1000, () => false);
    const left = texts(await runs(archive));
    expect(left.length).toBeGreaterThan(0);
    expect(left.length).toBeLessThan(6);
    expect(left).toEqual(['5', '4', '3', '2', '1', '0'].slice(0, left.length));
  });

  test('one process at a time keeps it, until it ends', async () => {
    const [a, b] = [open(), open()];
    expect([await a.lead('sweep'), await b.lead('sweep'), await a.lead('sweep'), await b.lead('other')]).toEqual([
      true,
      false,
      true,
      true,
    ]);
    await a.close();
    await expect.poll(() => b.lead('sweep')).toBe(true);
  });
});
