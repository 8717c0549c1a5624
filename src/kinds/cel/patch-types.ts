import { PATCH_FUNCTIONS } from '../../cel/library/table.ts';
import type { Dialect, StructType } from '../../cel/dialect.ts';
import { equal } from '../../cel/equality.ts';
import { DYN, objectType, STRING, type Field, type Type } from '../../cel/types.ts';
import { CelMap, Lazy, type Opaque, type Value } from '../../cel/values.ts';
import { work } from '../../cel/work.ts';

/** An object that an expression makes: `Object.spec{replicas: 3}`, or one step of a JSON patch. */
export class Made extends Lazy {
  constructor(
    readonly typeName: string,
    readonly fields: ReadonlyMap<string, Value>,
  ) {
    super();
  }
  field(name: string): Value | undefined {
    return this.fields.get(name);
  }
  has(name: string): boolean {
    return this.fields.has(name);
  }
  equals(other: Opaque): boolean {
    if (!(other instanceof Made) || other.fields.size !== this.fields.size) return false;
    work(this.fields.size + 1);
    return [...this.fields].every(([name, value]) => {
      const its = other.fields.get(name);
      return its !== undefined && equal(value, its);
    });
  }
}

/** Fields of any name, and of any type. */
class AnyFields extends Map<string, Field> {
  override get(key: string): Field {
    return { key, type: DYN };
  }
}
const ANY_FIELDS: ReadonlyMap<string, Field> = new AnyFields();

const structOf = (type: Type): StructType => ({ type, make: (fields) => new Made(type.name, fields) });

export const PATCH_TYPE = 'JSONPatch';
export const OBJECT_TYPE = 'Object';
const step = structOf(
  objectType(
    PATCH_TYPE,
    new Map(
      Object.entries({ op: STRING, path: STRING, from: STRING, value: DYN }).map(([key, type]): [string, Field] => [
        key,
        { key, type },
      ]),
    ),
  ),
);

/** `JSONPatch`, and `Object.spec.template` for what is in those fields: types of no schema, which have any field. */
function find(name: string): StructType | undefined {
  if (name === PATCH_TYPE) return step;
  const isObject = name === OBJECT_TYPE || name.startsWith(`${OBJECT_TYPE}.`);
  return isObject ? structOf(objectType(name, ANY_FIELDS)) : undefined;
}

/** What mutations of a policy may use (KEP-3962). */
export const PATCHES: Dialect = { functions: PATCH_FUNCTIONS, structs: { find } };

/** What is wrong with the names of types within a value: each is the path of its field. */
export function misnamed(value: unknown, path: string): string[] {
  if (value instanceof Made) {
    const { typeName, fields } = value;
    const expected = `expected ${JSON.stringify(path)}, which matches field name path from root Object type`;
    const own = typeName === path ? [] : [`unexpected type name ${JSON.stringify(typeName)}, ${expected}`];
    return [...own, ...[...fields].flatMap(([name, field]) => misnamed(field, `${path}.${name}`))];
  }
  if (Array.isArray(value)) return value.flatMap((item) => misnamed(item, path));
  return value instanceof CelMap ? [...value.entries.values()].flatMap(([, item]) => misnamed(item, path)) : [];
}
