import { createRegistry } from '../../../src/kinds/registry.ts';
import type { Kind } from '../../../src/kinds/kind.ts';
import type { ScalarSchema, Schema } from '../../../src/kinds/schema.ts';
import { apiVersionOf } from '../../../src/meta/gvk.ts';
import type { Random } from './random.ts';
import { anyValue, KEYS, NUMBERS, TEXTS, type Json } from './values.ts';

export const kinds: readonly Kind[] = createRegistry().all();
export const pathOf = ({ group, version }: Kind): string => (group ? `/apis/${group}/${version}` : `/api/${version}`);

/** A value that is of its schema's types, with few of the fields. */
function valueOf(random: Random, schema: Schema, depth: number): Json {
  switch (schema.type) {
    case 'object': {
      const out: Record<string, Json> = {};
      for (const field of schema.fields.values()) {
        if (depth <= 0 ? !field.required : !field.required && !random.chance(3 / (schema.fields.size + 1))) continue;
        out[field.name] = valueOf(random, field.schema, depth - 1);
      }
      return out;
    }
    case 'list':
      return Array.from({ length: depth <= -3 ? 0 : random.int(3) }, () => valueOf(random, schema.item, depth - 1));
    case 'map':
      return depth <= -3
        ? {}
        : { [random.pick(['a', 'k8s.io/b', random.pick(KEYS)])]: valueOf(random, schema.value, depth - 1) };
    case 'any':
      return anyValue(random);
    default:
      return scalarOf(random, schema);
  }
}

function scalarOf(random: Random, schema: ScalarSchema): Json {
  if (schema.enum && random.chance(0.8)) return random.pick(schema.enum);
  switch (schema.type) {
    case 'boolean':
      return random.chance(0.5);
    case 'int32':
    case 'int64':
      return Math.trunc(random.pick(NUMBERS));
    case 'double':
      return random.pick(NUMBERS);
    case 'bytes':
      return random.pick(['', 'YQ==', 'LS0t', '!', random.bytes(12).toString('base64')]);
    case 'time':
      return random.pick(['2024-01-01T00:00:00Z', '2024-01-01T00:00:00+02:00', '2024-01-01', '']);
    case 'microTime':
      return random.pick(['2024-01-01T00:00:00.000000Z', '2024-01-01T00:00:00Z', 'x']);
    case 'quantity':
      return random.pick(['1', '100m', '1Gi', '1e3', '-1', '0.1', 'x', 5, 1.5]);
    case 'intOrString':
      return random.pick([1, 80, '10%', 'http', -1, '']);
    default:
      return random.pick(['a', 'b', 'web', random.pick(TEXTS)]);
  }
}

/** An object of a kind, made from its schema. */
export function objectOf(random: Random, kind: Kind, name: string, namespace: string): Json {
  const object = valueOf(random, kind.schema, 4) as Record<string, Json>;
  const metadata = random.chance(0.3) ? (object.metadata as Record<string, Json>) : {};
  return {
    ...object,
    apiVersion: apiVersionOf(kind),
    kind: kind.kind,
    metadata: { ...metadata, name, ...(namespace && { namespace }) },
  };
}
