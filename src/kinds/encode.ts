import { apiVersionOf } from '../meta/gvk.ts';
import { stringifyExact, stringifyMarked } from '../go/json-numbers.ts';
import type { KubeObject, ListMeta, ObjectMeta } from '../meta/object.ts';
import { headOf } from './builtin.ts';
import type { Kind, StorageKind } from './kind.ts';
import { normalizeObject } from './normalize.ts';

/** What of the store's objects is needed to write them out. */
export interface StoredBytes {
  /** `{"metadata":{"resourceVersion":"12",…` */
  bytes: Buffer;
  readonly object: { metadata: ObjectMeta; [field: string]: unknown };
  /** makes an encoding at most once per revision */
  encoded?(format: string, make: () => Buffer): Buffer;
}

/**
 * The object of the stored version as the store keeps it: canonical, without kind and resourceVersion, and without
 * apiVersion where a kind is always stored in the same: which version of a custom kind is stored changes.
 * @param known an object in this form: what `object` shares with it is not looked at again
 */
export function storedForm(storage: StorageKind, custom: boolean, object: KubeObject, known?: KubeObject): KubeObject {
  const { kind: _, apiVersion, metadata, ...rest } = object;
  const { resourceVersion: __, ...meta } = metadata;
  const body = { metadata: meta as ObjectMeta, ...rest };
  if (!custom) return normalizeObject(storage.schema, body, true, known);
  return apiVersion === undefined ? body : { ...body, apiVersion };
}

/**
 * Body bytes for the store (see store/contract), of a `storedForm`: metadata comes first. `exact`: for the columns of
 * the same name.
 */
export function serializeBody({ metadata, ...rest }: KubeObject): { body: Buffer; exact: boolean } {
  const { text, exact } = stringifyMarked({ metadata, ...rest });
  return { body: Buffer.from(text), exact };
}

/** An object of the request's version in the stored version. */
export const toStorage = (kind: Kind, object: KubeObject): KubeObject => kind.convert?.toStorage(object) ?? object;

/** An object of the stored version (with or without kind and apiVersion) as a whole object of `kind`'s version. */
export function fromStorage(kind: Kind, object: KubeObject): KubeObject {
  const { kind: _, apiVersion: __, ...rest } = kind.convert ? kind.convert.fromStorage(object) : object;
  // a custom object is a map, its keys in order
  if (kind.custom) return { apiVersion: apiVersionOf(kind), kind: kind.kind, ...rest };
  const body = kind.convert ? normalizeObject(kind.schema, rest as KubeObject) : rest;
  return { kind: kind.kind, apiVersion: apiVersionOf(kind), ...body } as KubeObject;
}

/** A stored object as a whole object of `kind`'s version, kind and apiVersion first. Shares structure with the store: frozen. */
export const objectOf = (kind: Kind, stored: StoredBytes): KubeObject => fromStorage(kind, stored.object);

const heads = new WeakMap<Kind, Buffer>();
function headOfKind(kind: Kind): Buffer {
  let head = heads.get(kind);
  if (!head) heads.set(kind, (head = headOf(kind)));
  return head;
}

/** JSON of a whole object, in pieces: of the stored version a head and the store's bytes, of others converted. No line end. */
export function objectPieces(kind: Kind, stored: StoredBytes): readonly Buffer[] {
  if (kind.convert) {
    const make = (): Buffer => Buffer.from(stringifyExact(objectOf(kind, stored)));
    return [stored.encoded?.(formatOf(kind), make) ?? make()];
  }
  return [headOfKind(kind), stored.bytes.subarray(1)];
}

/** The same as one buffer. */
export function objectBytes(kind: Kind, stored: StoredBytes): Buffer {
  const [first, rest] = objectPieces(kind, stored);
  return rest ? Buffer.concat([first!, rest]) : first!;
}

/** JSON of an object as an item of its list: built-in items have no kind and apiVersion, custom ones do. */
export function itemBytes(kind: Kind, stored: StoredBytes): Buffer {
  if (kind.custom) return objectBytes(kind, stored);
  if (!kind.convert) return stored.bytes;
  const { kind: _, apiVersion: __, ...item } = objectOf(kind, stored);
  return Buffer.from(stringifyExact(item));
}

/** Names the converted form of one kind; a changed custom definition makes new kinds, and so new names. */
const formats = new WeakMap<Kind, string>();
let serial = 0;
function formatOf(kind: Kind): string {
  let format = formats.get(kind);
  if (!format) formats.set(kind, (format = `json ${apiVersionOf(kind)} ${++serial}`));
  return format;
}

const COMMA = Buffer.from(',');
const END = Buffer.from(']}');

/** JSON of a list in pieces: the store's own buffers, never joined here. Ends without a line end. */
export function* listBytes(kind: Kind, meta: ListMeta, items: Iterable<StoredBytes>): Generator<Buffer> {
  yield Buffer.from(
    `{"kind":${JSON.stringify(kind.listKind)},"apiVersion":${JSON.stringify(apiVersionOf(kind))},"metadata":${JSON.stringify(meta)},"items":[`,
  );
  let first = true;
  for (const item of items) {
    if (!first) yield COMMA;
    first = false;
    yield itemBytes(kind, item);
  }
  yield END;
}
