import type { Connection } from './connection.ts';
import { Compacted, type ListSnapshot, type Scope, type StoreEvent, type Stored } from './contract.ts';
import type { Follower } from './follower.ts';
import type { Item } from './item.ts';
import type { Items } from './items.ts';
import { isPossibleText } from './possible-text.ts';
import { listAt, replay, type LogRow, type PastRow, type ReplayRow } from './sql/log.ts';

/** Reads of the log on behalf of requests; apart from the connections that everybody waits for. */
export class Past {
  readonly #connection: Connection;
  readonly #follower: Follower;
  readonly #items: Items;

  constructor(connection: Connection, follower: Follower, items: Items) {
    this.#connection = connection;
    this.#follower = follower;
    this.#items = items;
  }

  /** @param from what may be read: what watches reach, or all that history keeps */
  async listAt(scope: Scope, revision: number, from: 'watches' | 'history'): Promise<ListSnapshot> {
    if (!isPossible(scope)) return { items: [], revision };
    const rows = await this.#read<PastRow>('list-at', listAt, [scope.resource, ...within(scope), revision]);
    const oldest = this.#saw(rows, scope, from === 'history' ? (rows[0]?.horizon ?? 0) : undefined);
    if (revision < oldest) throw new Compacted(revision, oldest);
    await this.#items.prepare(rows);
    return { items: rows.filter(({ revision: found }) => found !== null).map((row) => this.#item(row)!), revision };
  }

  /** A page of the events in (from, to], and where the next page begins. */
  async replay(scope: Scope, from: number, to: number, limit: number): Promise<{ events: StoreEvent[]; next: number }> {
    if (!isPossible(scope)) return { events: [], next: to };
    const rows = await this.#read<ReplayRow>('replay', replay, [from, to, scope.resource, ...within(scope), limit]);
    const oldest = this.#saw(rows, scope);
    if (from < oldest) throw new Compacted(from, oldest);
    await this.#items.prepare(rows);
    await this.#items.prepare(rows.map(({ resource, previous_body: body }) => ({ resource, body })));
    const events = rows.filter(({ revision }) => revision !== null).map((row) => this.#event(row));
    const last = events.length < limit ? undefined : events.at(-1);
    return { events, next: last?.revision ?? to };
  }

  #read<R extends object>(name: string, text: string, values: unknown[]): Promise<R[]> {
    return this.#connection.query<R>({ name, text, values });
  }

  /** How far a resource can be read back; with the `horizon` of its history as far as that. */
  #saw(rows: LogRow[], { resource }: Scope, horizon?: number): number {
    // every read answers a row, also where there is nothing
    const { compacted = 0, confidential = 0 } = rows[0] ?? {};
    this.#follower.sawCompacted(compacted);
    this.#follower.sawConfidential(confidential);
    return this.#follower.oldest(resource, horizon);
  }

  #item(row: LogRow): Item | undefined {
    return row.body ? this.#items.read(row, row.revision!, row.columns!, row.body) : undefined;
  }

  #before(row: ReplayRow): Item | undefined {
    return row.previous_body
      ? this.#items.read(row, row.previous!, row.previous_columns!, row.previous_body)
      : undefined;
  }

  #event(row: ReplayRow): StoreEvent {
    const previous = this.#before(row);
    const stored: Stored | undefined = this.#item(row) ?? previous?.deletedAt(row.revision!);
    if (!stored) throw new Error(`the log has not what revision ${row.revision} deleted`);
    return { type: row.type, revision: row.revision!, stored, previous };
  }
}

const isPossible = ({ namespace, name }: Scope): boolean => isPossibleText(namespace) && isPossibleText(name);

const within = ({ namespace, name }: Scope): [string | null, string | null] => [namespace ?? null, name ?? null];
