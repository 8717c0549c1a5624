import type { Kind } from '../../kinds/kind.ts';
import type { ScalarSchema, Schema } from '../../kinds/schema.ts';
import type { KubeObject } from '../../meta/object.ts';
import { badRequest } from '../../meta/status.ts';
import { valueAt } from './demand.ts';
import { entriesOf, isPlain, short, unknown, type Place } from './conditions.ts';
import { queryFieldsOf } from './field-names.ts';
import { meaningOf, SCALAR_VALUES, type Comparable, type ScalarValues } from './scalar-values.ts';

/** How a field is meant where it is named: its order, or only its value. */
export type Pick = 'ASC' | 'DESC' | 'VALUE';

/** One scalar field of a kind, as `{ spec: { nodeName: ASC } }` names it. Through a list it has several values. */
export interface PickedField {
  type: ScalarSchema['type'];
  values: ScalarValues;
  pick: Pick;
  /** names of JSON; the last may be the key of a map */
  path: readonly string[];
  /** where in an object all of it stands: the path as far as it leads through no list */
  part: readonly string[];
  /** whether a list is on the way */
  many: boolean;
  /** calls `visit` with what is there, as the object has it; not with what is absent */
  each(object: KubeObject, visit: (value: unknown) => void): void;
}

type Read = (value: unknown, visit: (value: unknown) => void) => void;
interface Leaf {
  type: ScalarSchema['type'];
  pick: Pick;
  path: readonly string[];
  part: readonly string[];
  many: boolean;
  read: Read;
}

/** Names of one path. */
const MAX_DEPTH = 64;

/** The one field that a value of the kind's field input names. Throws 400 where it names none, or several. */
export function compileField(kind: Kind, given: unknown, at: string): PickedField {
  const { read, ...leaf } = leafOf(kind.schema, given, { at, path: [], depth: 0 });
  return { ...leaf, values: SCALAR_VALUES[leaf.type], each: (object, visit) => read(object, visit) };
}

function leafOf(schema: Schema, given: unknown, place: Place): Leaf {
  if (place.depth > MAX_DEPTH) throw badRequest(`${short(place.at)}: deeper than ${MAX_DEPTH} fields`);
  switch (schema.type) {
    case 'object':
      return ofStruct(schema, given, place);
    case 'list': {
      const { read, ...leaf } = leafOf(schema.item, given, place);
      const each: Read = (value, visit) => {
        if (Array.isArray(value)) for (const item of value as unknown[]) read(item, visit);
      };
      return { ...leaf, part: place.path, many: true, read: each };
    }
    case 'map':
      return ofMap(schema.value, given, place);
    case 'any':
      throw badRequest(`${short(place.at)}: a field without a type has no order and no sum`);
    default:
      return ofScalar(meaningOf(schema), given, place);
  }
}

function ofStruct(schema: Extract<Schema, { type: 'object' }>, given: unknown, place: Place): Leaf {
  const [word, said] = only(entriesOf(given, place), place);
  const fields = queryFieldsOf(schema);
  const field = fields.get(word);
  if (!field) throw unknown(place, word, fields.keys());
  const { name } = field;
  return stepInto(name, leafOf(field.schema, said, deeper(place, word, name)));
}

function ofMap(value: Schema, given: unknown, place: Place): Leaf {
  const { key, ...said } = Object.fromEntries(entriesOf(given, place));
  if (typeof key !== 'string') throw badRequest(`${short(place.at)}.key: the key of an entry is needed`);
  const inner = deeper(place, key, key);
  if (!isPlain(value)) {
    const [word, part] = only(Object.entries(said), place);
    if (word !== 'value') throw unknown(place, word, ['key', 'value']);
    return stepInto(key, leafOf(value, part, inner));
  }
  const { pick = 'VALUE', ...more } = said;
  for (const word of Object.keys(more)) throw unknown(place, word, ['key', 'pick']);
  return stepInto(key, leafOf(value, pick, inner));
}

function ofScalar(type: ScalarSchema['type'], given: unknown, place: Place): Leaf {
  if (given !== 'ASC' && given !== 'DESC' && given !== 'VALUE')
    throw badRequest(`${short(place.at)}: ASC, DESC or VALUE is needed`);
  const read: Read = (value, visit) => {
    if (value !== undefined && value !== null) visit(value);
  };
  return { type, pick: given, path: place.path, part: place.path, many: false, read };
}

const deeper = (place: Place, word: string, step: string): Place => ({
  at: `${place.at}.${word}`,
  path: [...place.path, step],
  depth: place.depth + 1,
});

const stepInto = (name: string, { read, ...leaf }: Leaf): Leaf => ({
  ...leaf,
  read(value, visit) {
    if (typeof value === 'object' && value !== null && Object.hasOwn(value, name))
      read((value as Record<string, unknown>)[name], visit);
  },
});

function only([first, ...more]: readonly [string, unknown][], { at }: Place): [string, unknown] {
  if (!first) throw badRequest(`${short(at)}: one field is needed`);
  if (more.length) throw badRequest(`${short(at)}: one field is needed, and there are several: use a list`);
  return first;
}

/** The value of a field by which an object is ordered: of several the first in the field's order. */
export function keyOf(
  { each, values, pick, many, path }: PickedField,
  compare: (a: Comparable, b: Comparable) => number,
): (object: KubeObject) => Comparable | undefined {
  if (!many) return (object) => values.read(valueAt(object, path));
  return (object: KubeObject): Comparable | undefined => {
    let best: Comparable | undefined;
    each(object, (value) => {
      const found = values.read(value);
      if (found === undefined) return;
      const order = best === undefined ? 0 : compare(found, best);
      if (best === undefined || (pick === 'DESC' ? order > 0 : order < 0)) best = found;
    });
    return best;
  };
}
