import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { afterEach, describe, expect, it } from 'vitest';
import { Unreadable, type Store } from '../../src/store/contract.ts';
import { openStore, type StoreOptions } from '../../src/store/open.ts';
import { aesGcm } from '../../src/store/sealing/aes.ts';
import { KeyedProvider, type Provider } from '../../src/store/sealing/provider.ts';
import { Sealer, type Rule } from '../../src/store/sealing/sealer.ts';
import { historyOf } from '../support/history-of.ts';
import { compactOnce } from '../support/compact-once.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { create, keyOf, remove, update } from '../support/write.ts';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

const folder = mkdtempSync(path.join(tmpdir(), 'ku7s-sealing-'));
open.push({ close: async () => rmSync(folder, { recursive: true, force: true }) });
const KEY = path.join(mkdtempSync(path.join(tmpdir(), 'ku7s-sealing-')), 'key');

const keyed = (...names: string[]): Provider =>
  new KeyedProvider(
    'k8s:enc:aesgcm:v1:',
    names.map((name) => ({ name, cipher: aesGcm(Buffer.alloc(32, name)) })),
    'no matching key was found for the provided AES transformer',
  );

async function database(): Promise<TestDatabase> {
  const made = await createDatabase();
  open.push({ close: () => made.drop() });
  return made;
}

async function storeOf(url: string, rule: Rule | undefined, more: Partial<StoreOptions> = {}): Promise<Store> {
  const store = await openStore({
    databaseUrl: url,
    keyFile: KEY,
    sealer: (own) => new Sealer(new Map([['secrets', rule ?? [own, 'identity']]]), own),
    ...more,
  });
  open.push(store);
  return store;
}

/** Every row of every table, as a dump would have them. */
async function dump(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const rows: string[] = [];
  for (const table of ['revision', 'object', 'setting', 'compaction', 'current_objects', 'object_history'])
    for (const row of (await client.query<object>(`SELECT t::text AS row FROM ${table} t`)).rows)
      rows.push(JSON.stringify(row));
  await client.end();
  return rows.join('\n');
}

const secret = keyOf('s', 'default', 'secrets');
const labelled = { labels: { team: 'labelled-plain' } };

describe('a sealed resource', () => {
  it('is read as it was written by every process, and stands nowhere in the open', async () => {
    const { url } = await database();
    const store = await storeOf(url, undefined);
    const other = await storeOf(url, undefined);
    const made = await store.commit(create(secret, 'the-first-value', labelled));
    const changed = await store.commit(
      update(secret, made.ok ? made.stored.revision : 0, 'the-second-value', labelled),
    );
    await other.fresh();
    const third = await storeOf(url, undefined);
    for (const one of [store, other, third]) {
      expect(one.get(secret)?.object['value']).toBe('the-second-value');
      expect(one.get(secret)?.labels).toEqual(labelled.labels);
      expect(one.byUid(one.get(secret)!.uid)).toBe(one.get(secret));
      expect(one.get(secret)?.bytes).toEqual(changed.ok && changed.stored.bytes);
    }
    expect((await third.getAt(secret, made.ok ? made.stored.revision : 0))?.object['value']).toBe('the-first-value');
    await store.commit(create(keyOf('c'), 'in-the-open'));
    const rows = await dump(url);
    expect(rows).not.toMatch(/the-first-value|the-second-value|labelled-plain/);
    expect(rows).toContain('in-the-open');
  });

  it('is refused when it was moved to another name, or changed', async () => {
    const { url } = await database();
    const store = await storeOf(url, undefined);
    for (const name of ['a', 'b', 'c']) await store.commit(create(keyOf(name, 'default', 'secrets'), name));
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query(`UPDATE revision SET body = (SELECT body FROM revision WHERE name = 'a') WHERE name = 'b'`);
    await client.query(`UPDATE revision SET body = left(body, -9) || 'AAAAAAA="' WHERE name = 'c'`);
    await client.end();
    const later = await storeOf(url, undefined);
    expect(later.get(keyOf('a', 'default', 'secrets'))?.object['value']).toBe('a');
    for (const name of ['b', 'c'])
      expect(() => later.get(keyOf(name, 'default', 'secrets'))?.object).toThrow('message authentication failed');
  });

  it.each<[string, Rule, Rule, 'open' | 'stale' | RegExp]>([
    ['the same key', [keyed('1')], [keyed('1')], 'open'],
    ['a new key before it', [keyed('1')], [keyed('2', '1')], 'stale'],
    ['another provider before it', [keyed('1')], [keyed('2'), keyed('1')], 'stale'],
    ['another key alone', [keyed('1')], [keyed('2')], /^no matching key was found for the provided AES transformer$/],
    ['no provider that knows it', [keyed('1')], ['identity'], /^no matching prefix found$/],
    ['identity before it', [keyed('1')], ['identity', keyed('1')], 'stale'],
    ['plain text and identity behind', ['identity'], [keyed('1'), 'identity'], 'stale'],
    ['plain text and no identity', ['identity'], [keyed('1')], /^no matching prefix found$/],
    ['plain text as before', ['identity'], ['identity'], 'open'],
  ])('%s: read, and written anew where the key is not the first', async (_, before, after, expected) => {
    const { url } = await database();
    const first = await storeOf(url, before);
    const made = await first.commit(create(secret, 'value'));
    const store = await storeOf(url, after);
    const stored = store.get(secret)!;
    if (expected instanceof RegExp) {
      expect(() => stored.object).toThrow(expected);
      expect(() => stored.bytes).toThrow(Unreadable);
      expect(store.unreadable({ resource: 'secrets' })?.key).toEqual(secret);
      expect(store.unreadable({ resource: 'secrets', namespace: 'other' })).toBeUndefined();
      // by a process that has the key, all is well, and this one hears of it
      await first.commit(remove(secret, made.ok ? made.stored.revision : 0));
      await store.fresh();
      expect(store.unreadable({ resource: 'secrets' })).toBeUndefined();
      return;
    }
    expect(stored.object['value']).toBe('value');
    expect(store.isStale(stored)).toBe(expected === 'stale');
    const again = await store.commit(update(secret, stored.revision, 'value'));
    expect(again.ok && store.isStale(again.stored)).toBe(false);
    const third = await storeOf(url, [after[0]!]);
    expect(third.get(secret)?.object['value']).toBe('value');
  });

  it('of the default is read whatever the rules are', async () => {
    const { url } = await database();
    await (await storeOf(url, undefined)).commit(create(secret, 'value'));
    const store = await storeOf(url, [keyed('1')]);
    expect(store.get(secret)?.object['value']).toBe('value');
    expect(store.isStale(store.get(secret)!)).toBe(true);
  });

  it('that cannot be sealed is not written, and what goes with it is', async () => {
    const { url } = await database();
    const broken: Provider = {
      ...keyed('1'),
      prefix: 'x',
      mark: 'x',
      open: () => expect.fail(),
      seal: () => {
        throw new Error('no seed');
      },
    };
    const store = await storeOf(url, [broken, 'identity']);
    const [refused, done] = await Promise.allSettled([
      store.commit(create(secret, 'value')),
      store.commit(create(keyOf('c'), 'value')),
    ]);
    expect(refused).toMatchObject({ status: 'rejected', reason: { name: 'SealFailed', message: 'no seed' } });
    expect(done).toMatchObject({ status: 'fulfilled', value: { ok: true } });
  });
});

describe('settings', () => {
  it('are sealed, those of an older database at the start', async () => {
    const { url } = await database();
    const old = await openStore({ databaseUrl: url });
    await old.setting('ca', async () => 'a-private-key');
    await old.close();
    const log: string[] = [];
    const store = await storeOf(url, undefined, { log: (line) => log.push(line) });
    expect(await store.setting('ca', () => expect.fail())).toBe('a-private-key');
    expect(await store.setting('new', async () => 'another-private-key')).toBe('another-private-key');
    expect(await dump(url)).not.toMatch(/private-key/);
    expect(log).toEqual(['sealed 1 settings of the database that stood in the open']);
    expect(await (await storeOf(url, undefined)).setting('new', () => expect.fail())).toBe('another-private-key');
  });

  const file = (text: string): string => {
    const name = path.join(mkdtempSync(path.join(tmpdir(), 'ku7s-sealing-')), 'key');
    writeFileSync(name, text, { mode: 0o600 });
    return name;
  };
  const key = (fill: number): string => Buffer.alloc(32, fill).toString('base64');

  it('are sealed anew by the first key of the file, which has the old one too', async () => {
    const { url } = await database();
    const first = await storeOf(url, undefined, { keyFile: file(key(1)) });
    await first.setting('ca', async () => 'value');
    await first.commit(create(secret, 'value'));
    const both = await storeOf(url, undefined, { keyFile: file(`# rotated\n${key(2)}\n${key(1)}\n`) });
    expect(both.isStale(both.get(secret)!)).toBe(true);
    const made = await both.commit(update(secret, both.get(secret)!.revision, 'value'));
    expect(made.ok).toBe(true);
    const second = await storeOf(url, undefined, { keyFile: file(key(2)) });
    expect(await second.setting('ca', () => expect.fail())).toBe('value');
    expect(second.get(secret)?.object['value']).toBe('value');
  });

  it.each([
    ['of another database', () => file(key(2)), 'is not that of the database: every API process needs the file'],
    ['missing', () => path.join(folder, 'absent'), 'is missing, and the database is sealed with it: restore it'],
    ['empty', () => file('\n'), 'is empty'],
    ['no key', () => file('a\n'), 'has a line that is not base64 of 32 bytes'],
  ])('a file that is %s is an error of one line at the start', async (_, keyFile, why) => {
    const { url } = await database();
    await storeOf(url, undefined, { keyFile: file(key(1)) });
    await expect(storeOf(url, undefined, { keyFile: keyFile() })).rejects.toThrow(why);
  });
});

describe('the history of Secrets', () => {
  it('is gone after its time, in every process and from the tables; that of others stays', async () => {
    const { url } = await database();
    let now = 1_000_000;
    const retention = { confidentialMs: 300_000, minRevisions: 1_000 };
    const options = { clock: { now: () => now }, retention };
    const store = await storeOf(url, undefined, options);
    const other = await storeOf(url, undefined, options);
    const kept = keyOf('kept', 'default', 'secrets');
    const commit = async (write: Parameters<Store['commit']>[0]): Promise<number> => {
      const outcome = await store.commit(write);
      if (!outcome.ok) throw new Error(outcome.why);
      now += 1_000;
      return outcome.stored.revision;
    };
    const made = await commit(create(secret, 1));
    const plain = await commit(create(keyOf('c'), 1));
    await commit(update(keyOf('c'), plain, 2));
    const first = await commit(create(kept, 1));
    const second = await commit(update(kept, first, 2));
    const gone = await commit(remove(secret, made));
    await other.fresh();
    const round = (): Promise<number> => compactOnce(url, retention, now);

    await round();
    expect((await other.getAt(secret, made))?.object['value']).toBe(1);
    // a watch that missed the deletion is told of it
    await expect(watched(other, made)).resolves.toEqual(['ADDED kept', 'MODIFIED kept', 'DELETED s']);

    now += 300_000;
    await commit(create(keyOf('later'), 1));
    await round();
    for (const one of [store, other, await storeOf(url, undefined, options)]) {
      await one.fresh();
      await expect.poll(() => one.getAt(secret, made).catch(String)).toMatch(/is compacted/);
      await expect(one.getAt(kept, first)).rejects.toThrow('is compacted');
      // history reaches back further, but not of these
      await expect(one.pastAt({ resource: 'secrets' }, first)).rejects.toThrow('is compacted');
      const told = await one.changes({ places: [{ resource: 'secrets' }], limit: 10, confidential: true });
      expect(told.map(({ revision, before }) => [revision, before])).toEqual([[second, undefined]]);
      expect((await one.pastAt(keyOf('c'), plain)).items[0]?.object['value']).toBe(1);
      expect(() => one.watch({ resource: 'secrets' }, made, handlers)).toThrow('is compacted');
      expect((await one.getAt(keyOf('c'), plain))?.object['value']).toBe(1);
      expect(one.get(kept)?.object['value']).toBe(2);
      expect((await one.getAt(kept, one.revision))?.object['value']).toBe(2);
    }
    // who has missed nothing of Secrets goes on
    expect(() => store.watch({ resource: 'secrets' }, gone, handlers)()).not.toThrow();
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    const rows = await client.query(`SELECT name, revision::int FROM revision WHERE resource = 'secrets'`);
    await client.end();
    expect(rows.rows).toEqual([{ name: 'kept', revision: second }]);
    expect((await historyOf(store, kept, 10)).map(({ by, stored }) => [by.user, stored])).toEqual([
      ['tester', undefined],
    ]);
  });

  const handlers = { onEvents: () => undefined, onEnd: () => undefined };
  const watched = (store: Store, from: number): Promise<string[]> =>
    new Promise((resolve) => {
      const seen: string[] = [];
      const stop = store.watch({ resource: 'secrets' }, from, {
        onEvents(events) {
          seen.push(...events.map(({ type, stored }) => `${type} ${stored.name}`));
          if (seen.length < 3) return;
          resolve(seen);
          stop();
        },
        onEnd: () => resolve(seen),
      });
    });
});
