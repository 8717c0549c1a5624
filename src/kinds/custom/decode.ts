import type { Walk } from '../decode-struct.ts';
import type { Kind } from '../kind.ts';
import { cloneJson } from '../../meta/clone.ts';
import type { KubeObject, ObjectMeta } from '../../meta/object.ts';
import { badRequest } from '../../meta/status.ts';
import { prune } from './prune.ts';
import { readMetadata } from './read-metadata.ts';

/**
 * A custom object: metadata is read as a struct, the rest pruned by its structural schema. What is wrong with values is
 * a matter of validation (422), not of decoding.
 */
export function decodeCustom(kind: Kind, value: Record<string, unknown>, walk: Walk): KubeObject {
  const { metadata = {}, ...rest } = cloneJson(value);
  if (metadata !== null && (typeof metadata !== 'object' || Array.isArray(metadata))) {
    throw badRequest(`metadata: Invalid value: ${JSON.stringify(metadata)}: must be an object`);
  }
  walk.trail.push('metadata');
  const meta = readMetadata(metadata, walk);
  walk.trail.pop();
  const first = walk.unknown.length;
  prune(kind.schema, rest, walk);
  // pruned fields are reported in the order of their paths
  walk.unknown.push(...walk.unknown.splice(first).sort());
  // kind, apiVersion and metadata themselves
  walk.keys += ['kind', 'apiVersion', 'metadata'].filter((key) => Object.hasOwn(value, key)).length;
  // read by the schema that the type was made from
  return { ...rest, metadata: meta as ObjectMeta & Record<string, unknown> };
}
