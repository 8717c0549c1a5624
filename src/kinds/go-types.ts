import json from '../../schema/go-types.json' with { type: 'json' };
import type { Field, ObjectSchema, Schema } from './schema.ts';

/** Per struct and field: the field's Go type where it is a named one that is no struct ('' where not), and the embedded structs it is in. */
const facts = json as unknown as Readonly<
  Record<string, Readonly<Record<string, readonly [type: string, embedded?: string]>>>
>;

const GO: Readonly<Record<string, string>> = {
  boolean: 'bool',
  double: 'float64',
  bytes: '[]uint8',
  quantity: 'resource.Quantity',
  intOrString: 'intstr.IntOrString',
  time: 'v1.Time',
  microTime: 'v1.MicroTime',
};

/** `io.k8s.api.core.v1.PodSpec` → `v1.PodSpec` */
const shortName = (name: string): string => name.split('.').slice(-2).join('.');

function goType(schema: Schema): string {
  switch (schema.type) {
    case 'object':
      return shortName(schema.name);
    case 'list':
      return `[]${goType(schema.item)}`;
    case 'map':
      return `map[string]${goType(schema.value)}`;
    default:
      return GO[schema.type] ?? schema.type;
  }
}

const typeOfField = (struct: ObjectSchema, field: Field): string =>
  facts[struct.name]?.[field.name]?.[0] || goType(field.schema);

/** The type of what a list or map of this type holds. */
function typeOfItem(type: string, item: Schema): string {
  for (const head of ['[]', 'map[string]']) if (type.startsWith(head)) return type.slice(head.length);
  return goType(item);
}

/**
 * How Go's decoder names a place in an object: `Go struct field PodSpec.spec.replicas`, and the type that is there (`base` of the schema).
 * @param trail field names, map keys and `[0]` from the root, as the walk went
 */
export function goPlace(
  root: Schema | undefined,
  trail: readonly string[],
): { place: string; type: string; base: Schema['type'] } {
  let schema: Schema = root ?? { type: 'any' };
  let type = goType(schema);
  let struct = '';
  const names: string[] = [];
  for (const step of trail) {
    if (schema.type === 'object') {
      const field = schema.fields.get(step);
      if (!field) break;
      struct = shortName(schema.name).split('.')[1] ?? '';
      const embedded = facts[schema.name]?.[step]?.[1];
      names.push(...(embedded ? [embedded] : []), step);
      type = typeOfField(schema, field);
      schema = field.schema;
    } else if (schema.type === 'list' || schema.type === 'map') {
      const item: Schema = schema.type === 'list' ? schema.item : schema.value;
      type = typeOfItem(type, item);
      schema = item;
    } else break;
  }
  return { place: names.length ? `Go struct field ${struct}.${names.join('.')}` : 'Go value', type, base: schema.type };
}
