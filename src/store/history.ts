import { CONFIDENTIAL } from './confidential.ts';
import {
  StoreUnavailable,
  type Columns,
  type EventType,
  type HistoryEntry,
  type Key,
  type Stored,
} from './contract.ts';
import type { Item } from './item.ts';
import type { Items } from './items.ts';
import type { PrismaClient, Revision as RevisionRow } from '../../prisma/generated/client.ts';

/** Entries of one answer. */
const MAX_ENTRIES = 500;
const MAX_CONNECTIONS = 2;

/**
 * Who changed an object, and to what. Asked by people, so it goes through Prisma, which is loaded at the first question:
 * it takes 0.2 s and 60 MB. (That is also why settings, which every start reads, do not go through it.)
 */
export class History {
  readonly #url: string;
  readonly #items: Items;
  #client: Promise<PrismaClient> | undefined;

  constructor(url: string, items: Items) {
    this.#url = url;
    this.#items = items;
  }

  /** Newest first, below a revision. What is compacted is not in it. */
  async of({ resource, namespace, name }: Key, limit: number, before?: number): Promise<HistoryEntry[]> {
    try {
      const prisma = await (this.#client ??= connect(this.#url));
      const rows = await prisma.revision.findMany({
        where: { resource, namespace, name, ...(before !== undefined && { revision: { lt: before } }) },
        orderBy: { revision: 'desc' },
        take: Math.min(limit, MAX_ENTRIES),
      });
      if (CONFIDENTIAL.includes(resource)) return rows.map((row) => entryOf(row, undefined));
      // a deletion shows what was deleted
      const deleted = rows.filter(({ type }) => type === 'DELETED').map(({ previous }) => previous!);
      const last = deleted.length ? await prisma.revision.findMany({ where: { revision: { in: deleted } } }) : [];
      await this.#items.prepare([...rows, ...last]);
      const items = new Map([...rows, ...last].map((row) => [row.revision, this.#item(row)]));
      return rows.map((row) =>
        entryOf(
          row,
          row.type === 'DELETED' ? items.get(row.previous!)?.deletedAt(Number(row.revision)) : items.get(row.revision),
        ),
      );
    } catch (error) {
      throw new StoreUnavailable(`history cannot be read: ${(error as Error).message}`, { cause: error });
    }
  }

  async close(): Promise<void> {
    await (await this.#client?.catch(() => undefined))?.$disconnect();
  }

  #item(row: Key & { revision: bigint; columns: unknown; body: string | null }): Item | undefined {
    if (row.body === null) return undefined;
    const revision = Number(row.revision);
    return this.#items.read(row, revision, row.columns as Columns, row.body);
  }
}

const entryOf = (row: RevisionRow, stored: Stored | undefined): HistoryEntry => ({
  revision: Number(row.revision),
  type: row.type as EventType,
  at: row.at.getTime(),
  by: { user: row.user, manager: row.manager, verb: row.verb },
  stored,
});

async function connect(url: string): Promise<PrismaClient> {
  const [{ PrismaClient }, { PrismaPg }] = await Promise.all([
    import('../../prisma/generated/client.ts'),
    import('@prisma/adapter-pg'),
  ]);
  return new PrismaClient({
    adapter: new PrismaPg({ connectionString: url, max: MAX_CONNECTIONS, application_name: 'ku7s history' }),
  });
}
