import json from '../../../schema/wire.json' with { type: 'json' };

/**
 * JSON name ('' for an embedded struct), protobuf number, type, flags.
 * Type: an index of `messages`, or a letter: `s` string, `i` int, `b` bool, `y` bytes, `d` double, `V` message of
 * strings, `T` Time, `M` MicroTime, `Q` Quantity, `I` IntOrString, `R` raw JSON, `A` `B` `S` JSONSchemaProps or array,
 * bool, strings. Flags: `p` pointer, `o` omitempty, `z` omitzero, `r` repeated, `m` map by string, `n` its fields are,
 * in JSON, those of the parent.
 */
export type FieldFacts = [name: string, number: number, type: string | number, flags: string];

/** Go name of the type, then its fields in the order of the struct, which is that of JSON. */
export type MessageFacts = [string, ...FieldFacts[]];

interface WireFacts {
  kinds: Record<string, Record<string, number>>;
  /** index of JSONSchemaProps */
  schemaProps: number;
  messages: MessageFacts[];
}

export const wire = json as unknown as WireFacts;

/** Registered in every group version, and described in the core group's. */
const EVERYWHERE: ReadonlySet<string> = new Set([
  'CreateOptions',
  'DeleteOptions',
  'GetOptions',
  'ListOptions',
  'PatchOptions',
  'Status',
  'UpdateOptions',
  'WatchEvent',
]);

/** Index of the message of a kind; undefined for one that has no protobuf form (custom kinds, Table). */
export function messageOf(apiVersion: string, kind: string): number | undefined {
  const kinds = Object.hasOwn(wire.kinds, apiVersion) ? wire.kinds[apiVersion]! : {};
  if (Object.hasOwn(kinds, kind)) return kinds[kind];
  return EVERYWHERE.has(kind) ? wire.kinds['v1']![kind] : undefined;
}
