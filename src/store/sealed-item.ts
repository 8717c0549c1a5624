import { Unreadable, type Columns, type Key } from './contract.ts';
import { Item } from './item.ts';
import type { KubeObject } from '../meta/object.ts';
import { Retained } from './retained.ts';

/** An object that is sealed in the database. */
export class SealedItem extends Item {
  constructor(
    key: Key,
    revision: number,
    bytes: Buffer,
    columns: Columns | string,
    retained: Retained,
    object: KubeObject | undefined,
    /** the provider and the key that it was sealed with */
    readonly mark: string,
  ) {
    super(key, revision, bytes, columns, retained, object);
  }
}

const NOTHING = Buffer.alloc(0);
const NEVER_KEPT = new Retained(0, 0);

/** An object that is there and cannot be read: its key is missing, or what is stored was tampered with. */
export class UnreadableItem extends Item {
  constructor(
    key: Key,
    revision: number,
    private readonly why: string,
  ) {
    // a uid is what the cache's indexes tell items by
    const uid = `${key.resource}/${key.namespace}/${key.name}`;
    super(key, revision, NOTHING, { uid, labels: undefined, fields: undefined, owners: undefined }, NEVER_KEPT);
  }

  override get bytes(): Buffer {
    throw this.failure;
  }
  get failure(): Unreadable {
    return new Unreadable(this, this.why);
  }
  override deletedAt(revision: number): UnreadableItem {
    return new UnreadableItem(this, revision, this.why);
  }
}
