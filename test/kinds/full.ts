import type { Schema } from '../../src/kinds/schema.ts';

/** Deep enough for a container's probe in a template of a template. */
const MAX_DEPTH = 11;

/** A value of the type with every field set, lists of one item; types that contain themselves end at the second time. */
export function full(schema: Schema, seen: readonly string[] = []): unknown {
  switch (schema.type) {
    case 'object': {
      if (seen.length > MAX_DEPTH || (schema.name && seen.filter((name) => name === schema.name).length > 0)) return {};
      const inner = [...seen, schema.name];
      return Object.fromEntries([...schema.fields.values()].map((field) => [field.name, full(field.schema, inner)]));
    }
    case 'list':
      return [full(schema.item, seen)];
    case 'map':
      return { key: full(schema.value, seen) };
    case 'boolean':
      return true;
    case 'int32':
    case 'int64':
    case 'double':
    case 'intOrString':
      return 1;
    case 'quantity':
      return '1';
    case 'time':
      return '2026-01-01T00:00:00Z';
    case 'microTime':
      return '2026-01-01T00:00:00.000000Z';
    case 'any':
      return {};
    case 'bytes':
      return 'dGV4dA==';
    case 'duration':
      return '1s';
    default:
      return schema.type === 'string' && schema.enum ? schema.enum[0] : 'text';
  }
}
