import type { KubeObject } from '../../../meta/object.ts';
import type { ObjectSchema, Schema } from '../../../kinds/schema.ts';

const made = new WeakMap<ObjectSchema, KubeObject>();

/**
 * What a create is compared with: the zero value of the Go struct as JSON. Structs that are no pointers and fields
 * without omitempty are there, and so are not owned by whoever fills them. A custom kind has no struct: it is empty.
 */
export function emptyObject(schema: ObjectSchema, custom: boolean): KubeObject {
  if (custom) return { metadata: {} } as KubeObject;
  let object = made.get(schema);
  if (!object) made.set(schema, (object = structZero(schema) as KubeObject));
  return object;
}

function structZero(schema: ObjectSchema): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const field of schema.fields.values()) {
    const { type } = field.schema;
    if (field.pointer) {
      if (!field.omitEmpty) out[field.name] = null;
    } else if (field.schema.type === 'object') out[field.name] = structZero(field.schema);
    else if (type === 'time' || type === 'microTime') out[field.name] = null;
    else if (!field.omitEmpty) out[field.name] = zero(field.schema);
  }
  return out;
}

function zero(schema: Schema): unknown {
  switch (schema.type) {
    case 'string':
      return '';
    case 'boolean':
      return false;
    case 'int32':
    case 'int64':
    case 'double':
    case 'intOrString':
      return 0;
    case 'quantity':
      return '0';
    case 'duration':
      return '0s';
    default:
      return null;
  }
}
