import type { KubeObject } from '../meta/object.ts';
import type { Columns, Key, Write } from './contract.ts';
import { Item, itemBytes } from './item.ts';
import type { Retained } from './retained.ts';
import { isSealed, NO_PREFIX, type Sealer } from './sealing/sealer.ts';
import { SealedItem, UnreadableItem } from './sealed-item.ts';

const NEWLINE = 0x0a;

/** What a write stores in place of its body and columns. */
export interface SealedForm {
  /** the body to store: columns and body, sealed together */
  text: string;
  mark: string;
}

/** Makes items of rows and of writes, opening what is sealed; makes the sealed form of writes. */
export class Items {
  readonly #retained: Retained;
  readonly #sealer: Sealer | undefined;

  constructor(retained: Retained, sealer: Sealer | undefined) {
    this.#retained = retained;
    this.#sealer = sealer;
  }

  /** To be awaited before `read` of these rows: keys that are kept elsewhere are fetched. Does nothing where none are. */
  async prepare(rows: readonly { resource: string; body: string | null }[]): Promise<void> {
    await this.#sealer?.prepare(rows);
  }

  /** Of a row; what cannot be opened is an item that says so when it is read. */
  read(key: Key, revision: number, columns: Columns | string, body: string): Item {
    if (isSealed(body)) return this.#open(key, revision, body);
    if (this.#sealer && !this.#sealer.readsPlain(key.resource)) return new UnreadableItem(key, revision, NO_PREFIX);
    return new Item(key, revision, itemBytes(body, revision), columns, this.#retained);
  }

  /** Of a write that is done. `kept`: the writer's object, where it is worth keeping. */
  written(
    write: Exclude<Write, { type: 'delete' }> & { sealed?: SealedForm },
    revision: number,
    kept: KubeObject | undefined,
  ): Item {
    const bytes = itemBytes(write.body, revision);
    return write.sealed
      ? new SealedItem(write, revision, bytes, write.columns, this.#retained, kept, write.sealed.mark)
      : new Item(write, revision, bytes, write.columns, this.#retained, kept);
  }

  /** Undefined: it is stored as it is. Throws SealFailed. */
  seal(write: Write): SealedForm | undefined {
    if (write.type === 'delete') return undefined;
    // columns hold labels and fields of the object: they are as secret as the rest
    return this.#sealer?.seal(write, () =>
      Buffer.concat([Buffer.from(`${JSON.stringify(write.columns)}\n`), write.body]),
    );
  }

  /** Whether it is, or has been, sealed by a rule that somebody gave. */
  isSealed(resource: string): boolean {
    return this.#sealer?.seals(resource) ?? false;
  }

  isStale(item: { resource: string; mark?: string }): boolean {
    return this.#sealer?.isStale(item.resource, item.mark ?? '') ?? false;
  }

  #open(key: Key, revision: number, body: string): Item {
    try {
      if (!this.#sealer) throw new Error(NO_PREFIX);
      const { plain, mark } = this.#sealer.open(key, body);
      const end = plain.indexOf(NEWLINE);
      const columns = plain.toString('utf8', 0, end);
      const bytes = itemBytes(plain.subarray(end + 1), revision);
      return new SealedItem(key, revision, bytes, columns, this.#retained, undefined, mark);
    } catch (error) {
      return new UnreadableItem(key, revision, (error as Error).message);
    }
  }
}
