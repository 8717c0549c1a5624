import type { KubeObject } from '../meta/object.ts';

const METADATA = '"metadata":{';
const KEY = Buffer.from('"managedFields":');
const [QUOTE, BACKSLASH, OPEN, CLOSE, OPEN_LIST, CLOSE_LIST] = Buffer.from('"\\{}[]');

/**
 * Where `,"managedFields":[…]` of the metadata is in an object's JSON, which is compact and has another field of the
 * metadata before it. Undefined where there is none. Reads no further than the metadata, as bytes: of a pod, managedFields
 * are half of what there is to parse, and nothing of the rest has to be looked at.
 */
export function managedFieldsIn(json: Buffer): { start: number; end: number } | undefined {
  const metadata = json.indexOf(METADATA);
  if (metadata < 0) return undefined;
  let depth = 1;
  let start = 0;
  for (let i = metadata + METADATA.length; i < json.length; i++) {
    const byte = json[i];
    if (byte === QUOTE) {
      if (depth === 1 && isKey(json, i)) start = i - 1;
      for (i++; i < json.length && json[i] !== QUOTE; i++) if (json[i] === BACKSLASH) i++;
    } else if (byte === OPEN || byte === OPEN_LIST) depth++;
    else if (byte === CLOSE || byte === CLOSE_LIST) {
      depth--;
      if (depth === 0) return undefined;
      if (depth === 1 && start) return { start, end: i + 1 };
    }
  }
  return undefined;
}

const isKey = (json: Buffer, at: number): boolean =>
  at + KEY.length <= json.length && json.compare(KEY, 0, KEY.length, at, at + KEY.length) === 0;

export function withoutManagedFields(object: KubeObject): KubeObject {
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}
