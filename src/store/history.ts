import { CONFIDENTIAL } from './confidential.ts';
import type { Connection } from './connection.ts';
import {
  StoreUnavailable,
  type ChangeQuery,
  type Columns,
  type EventType,
  type HistoryEntry,
  type Key,
  type Place,
  type Stored,
} from './contract.ts';
import type { Item } from './item.ts';
import type { Items } from './items.ts';
import { isPossibleText } from './possible-text.ts';
import { byUser, newest, ofChangeSet, ofPlaces } from './sql/history.ts';
import type { PrismaClient, Revision as RevisionRow } from '../../prisma/generated/client.ts';

/** Entries of one answer. */
export const MAX_ENTRIES = 500;
const MAX_CONNECTIONS = 2;

/**
 * Who changed what, and how it was before. Which revisions a question is about one statement says; the rows themselves
 * go through Prisma, which is loaded at the first question: it takes 0.2 s and 60 MB. (That is also why settings, which
 * every start reads, do not go through it.)
 */
export class History {
  readonly #url: string;
  readonly #connection: Connection;
  readonly #items: Items;
  #client: Promise<PrismaClient> | undefined;

  constructor(url: string, connection: Connection, items: Items) {
    this.#url = url;
    this.#connection = connection;
    this.#items = items;
  }

  /** @see Store.changes */
  async of(asked: ChangeQuery): Promise<HistoryEntry[]> {
    const query = possible(asked);
    if (!query) return [];
    const revisions = await this.#connection.query<{ revision: number }>(statementOf(query));
    if (!revisions.length) return [];
    try {
      const rows = await this.#rows(revisions.map(({ revision }) => BigInt(revision)));
      const wanted = rows.filter((row) => query.confidential || !CONFIDENTIAL.includes(row.resource));
      const before = await this.#rows(wanted.flatMap(({ previous }) => previous ?? []));
      await this.#items.prepare([...wanted, ...before]);
      const items = new Map([...wanted, ...before].map((row) => [row.revision, this.#item(row)]));
      return rows.map((row) => entryOf(row, items)).sort((a, b) => b.revision - a.revision);
    } catch (error) {
      throw new StoreUnavailable(`history cannot be read: ${(error as Error).message}`, { cause: error });
    }
  }

  async close(): Promise<void> {
    await (await this.#client?.catch(() => undefined))?.$disconnect();
  }

  async #rows(revisions: bigint[]): Promise<RevisionRow[]> {
    if (!revisions.length) return [];
    const prisma = await (this.#client ??= connect(this.#url));
    return prisma.revision.findMany({ where: { revision: { in: revisions } } });
  }

  #item(row: Key & { revision: bigint; columns: unknown; body: string | null }): Item | undefined {
    if (row.body === null) return undefined;
    const revision = Number(row.revision);
    return this.#items.read(row, revision, row.columns as Columns, row.body);
  }
}

/** Without the places that nothing can be in; undefined where nothing can be found. */
function possible(query: ChangeQuery): ChangeQuery | undefined {
  const { places, user, changeSet } = query;
  if (!isPossibleText(user) || !isPossibleText(changeSet)) return undefined;
  if (!places) return query;
  const kept = places.filter(({ namespace, name }) => isPossibleText(namespace) && isPossibleText(name));
  return kept.length ? { ...query, places: kept } : undefined;
}

function statementOf(query: ChangeQuery): { text: string; values: unknown[] } {
  const { places, above = 0, below = Number.MAX_SAFE_INTEGER, user, changeSet } = query;
  const range = [above, below, Math.min(query.limit, MAX_ENTRIES)];
  if (changeSet !== undefined) {
    const revision = /^[1-9]\d{0,15}$/.test(changeSet) ? Number(changeSet) : null;
    return { text: ofChangeSet, values: [...range, changeSet, revision] };
  }
  if (!places) return user === undefined ? { text: newest, values: range } : { text: byUser, values: [...range, user] };
  const anywhere = places.filter(({ namespace }) => namespace === undefined);
  const within = places.filter(({ namespace, name }) => namespace !== undefined && name === undefined);
  const keys = places.filter(({ namespace, name }) => namespace !== undefined && name !== undefined);
  const values = [
    anywhere.map(({ resource }) => resource),
    within.map(({ resource }) => resource),
    within.map(({ namespace }) => namespace),
    keys.map(({ resource }) => resource),
    keys.map(({ namespace }) => namespace),
    keys.map(({ name }) => name),
    user ?? null,
    within.map(afterOf),
    keys.map(afterOf),
  ];
  return { text: ofPlaces, values: [...range, ...values] };
}

const afterOf = ({ above = 0 }: Place): number => above;

function entryOf(row: RevisionRow, items: ReadonlyMap<bigint, Stored | undefined>): HistoryEntry {
  const { resource, namespace, name, user, manager, verb, client, facade, impersonator } = row;
  const revision = Number(row.revision);
  const before = row.previous === null ? undefined : items.get(row.previous);
  return {
    resource,
    namespace,
    name,
    revision,
    type: row.type as EventType,
    at: row.at.getTime(),
    by: {
      user,
      manager,
      verb,
      ...(client !== null && { client }),
      ...(facade !== null && { facade }),
      ...(impersonator !== null && { impersonator }),
    },
    changeSet: row.change_set ?? String(revision),
    before,
    stored: row.type === 'DELETED' ? before?.deletedAt?.(revision) : items.get(row.revision),
  };
}

async function connect(url: string): Promise<PrismaClient> {
  const [{ PrismaClient }, { PrismaPg }] = await Promise.all([
    import('../../prisma/generated/client.ts'),
    import('@prisma/adapter-pg'),
  ]);
  return new PrismaClient({
    adapter: new PrismaPg({ connectionString: url, max: MAX_CONNECTIONS, application_name: 'ku7s history' }),
  });
}
