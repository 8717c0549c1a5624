import type { Field, ObjectSchema } from '../../kinds/schema.ts';
import { fieldNames } from '../schema/names.ts';

/** What a `where` says of a struct as a whole; a field of one of these names has a `_` behind it there. */
const OF_STRUCT: ReadonlySet<string> = new Set(['and', 'or', 'not']);

const known = new WeakMap<ObjectSchema, ReadonlyMap<string, Field>>();

/** The fields of a struct by their names in inputs of queries: those of its output type, but for the words of a `where`. */
export function queryFieldsOf(schema: ObjectSchema): ReadonlyMap<string, Field> {
  let fields = known.get(schema);
  if (!fields) {
    const byName = new Map<string, Field>();
    const outputs = fieldNames(schema);
    const taken = new Set<string>([...OF_STRUCT, ...outputs.values()]);
    for (const [json, field] of schema.fields) {
      let name = outputs.get(json)!;
      if (OF_STRUCT.has(name)) while (taken.has(name)) name += '_';
      taken.add(name);
      byName.set(name, field);
    }
    known.set(schema, (fields = byName));
  }
  return fields;
}
