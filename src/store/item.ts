import type { KubeObject } from '../meta/object.ts';
import { parseExact } from '../go/json-numbers.ts';
import type { Columns, Key, Stored } from './contract.ts';
import type { Retained } from './retained.ts';

const HEAD = '{"metadata":{';
const FIELD = '"resourceVersion":"';

/** Puts the revision into a body: `{"metadata":{"resourceVersion":"12",…`. */
export function itemBytes(body: Buffer | string, revision: number): Buffer {
  const head = `${HEAD}${FIELD}${revision}",`;
  if (typeof body === 'string') return Buffer.from(head + body.slice(HEAD.length));
  const bytes = Buffer.allocUnsafe(head.length + body.length - HEAD.length);
  bytes.write(head, 0, 'latin1');
  body.copy(bytes, head.length, HEAD.length);
  return bytes;
}

/** An object at a revision, in the cache's form. Parses what it is asked for, when it is asked. */
export class Item implements Stored {
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  readonly revision: number;
  readonly #bytes: Buffer;
  #columns: Columns | string;
  #object: KubeObject | undefined;
  #encodings: Map<string, Buffer> | undefined;
  readonly #retained: Retained;

  /** `columns` as an object or as its JSON; `object` is the writer's, if it has one */
  constructor(
    key: Key,
    revision: number,
    bytes: Buffer,
    columns: Columns | string,
    retained: Retained,
    object?: KubeObject,
  ) {
    this.resource = key.resource;
    this.namespace = key.namespace;
    this.name = key.name;
    this.revision = revision;
    this.#bytes = bytes;
    this.#columns = columns;
    this.#retained = retained;
    if (object) this.#keep(withRevision(object, revision));
  }

  get bytes(): Buffer {
    return this.#bytes;
  }
  get uid(): string {
    return this.#column().uid;
  }
  get labels(): Record<string, string> | undefined {
    return this.#column().labels;
  }
  get fields(): Record<string, string> | undefined {
    return this.#column().fields;
  }
  get owners(): readonly string[] | undefined {
    return this.#column().owners;
  }
  get exact(): true | undefined {
    return this.#column().exact;
  }
  get parsed(): KubeObject | undefined {
    return this.#object;
  }
  get object(): KubeObject {
    return this.#object ?? this.#keep(this.copy());
  }
  copy(): KubeObject {
    const text = this.bytes.toString('utf8');
    return (this.exact ? parseExact(text) : JSON.parse(text)) as KubeObject;
  }

  encoded(format: string, make: () => Buffer): Buffer {
    let encoding = this.#encodings?.get(format);
    if (!encoding) {
      encoding = make();
      (this.#encodings ??= new Map()).set(format, encoding);
      this.#retained.add(this, encoding.length);
    }
    return encoding;
  }

  /** The last state of a deleted object, at the revision of its deletion. */
  deletedAt(revision: number): Item {
    const rest = this.bytes.subarray(HEAD.length + FIELD.length + String(this.revision).length + 2);
    const head = `${HEAD}${FIELD}${revision}",`;
    const bytes = Buffer.allocUnsafe(head.length + rest.length);
    bytes.write(head, 0, 'latin1');
    rest.copy(bytes, head.length);
    return new Item(this, revision, bytes, this.#columns, this.#retained, this.#object);
  }

  /** Called by Retained when others have taken the place. */
  forget(): void {
    this.#object = undefined;
    this.#encodings = undefined;
  }

  #column(): Columns {
    if (typeof this.#columns === 'string') this.#columns = JSON.parse(this.#columns) as Columns;
    return this.#columns;
  }

  #keep(object: KubeObject): KubeObject {
    this.#object = object;
    this.#retained.add(this, this.bytes.length);
    return object;
  }
}

/** The same as a parse of the item's bytes gives, from what the writer had; shares everything below metadata. */
function withRevision(object: KubeObject, revision: number): KubeObject {
  const { kind: _kind, metadata, ...rest } = object;
  const resourceVersion = String(revision);
  const { resourceVersion: _old, ...others } = metadata;
  return { metadata: { resourceVersion, ...others }, ...rest };
}
