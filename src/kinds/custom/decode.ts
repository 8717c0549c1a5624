import { objectMetaSchema } from '../builtin-schema.ts';
import { Walk } from '../decode-struct.ts';
import type { Kind } from '../kind.ts';
import { cloneJson } from '../../meta/clone.ts';
import type { KubeObject, ObjectMeta } from '../../meta/object.ts';
import { prune } from './prune.ts';
import { readMetadata } from './read-metadata.ts';

/**
 * A custom object: metadata is read as a struct, the rest pruned by its structural schema. What is wrong with values is
 * a matter of validation (422), not of decoding.
 */
export function decodeCustom(kind: Kind, value: Record<string, unknown>, walk: Walk): KubeObject {
  const { metadata = {}, ...rest } = cloneJson(value);
  // its errors are those of a document of its own
  const own = new Walk(objectMetaSchema);
  const meta = readMetadata(metadata, own);
  if (own.error !== undefined) walk.fail(own.error);
  walk.unknown.push(...own.unknown.map((path) => `metadata.${path}`));
  walk.keys += own.keys;
  const first = walk.unknown.length;
  prune(kind.schema, rest, walk);
  // pruned fields are reported in the order of their paths
  walk.unknown.push(...walk.unknown.splice(first).sort());
  // kind, apiVersion and metadata themselves
  walk.keys += ['kind', 'apiVersion', 'metadata'].filter((key) => Object.hasOwn(value, key)).length;
  // read by the schema that the type was made from
  return { ...rest, metadata: meta as ObjectMeta & Record<string, unknown> };
}
