import { objectMetaSchema } from '../builtin-schema.ts';
import { readStruct, type Walk } from '../decode-struct.ts';

const COLLECTIONS = ['labels', 'annotations', 'finalizers', 'ownerReferences'];

/**
 * The metadata of a custom object, or of one in it. It is read into Go's struct and written back, by which maps and lists
 * without anything in them go. Source: SetObjectMeta of apiextensions-apiserver.
 */
export function readMetadata(value: Parameters<typeof readStruct>[1], walk: Walk): Record<string, unknown> {
  const metadata = readStruct(objectMetaSchema, value, walk) as Record<string, unknown>;
  for (const name of COLLECTIONS) {
    const held = metadata[name];
    if (held !== undefined && held !== null && Object.keys(held).length === 0) delete metadata[name];
  }
  return metadata;
}
