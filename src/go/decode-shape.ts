/**
 * A type of a configuration file, as Go names it (which messages tell), and what of JSON it takes: a plain value, a
 * list, or the fields of a struct. Shapes are data, so that what a file may hold is read in one place.
 */
export type Shape =
  | { go: string; json: 'string' | 'boolean' | 'number' | 'integer' | 'any' }
  | { go: string; list: Shape }
  | { go: string; map: Shape }
  | { go: string; struct: string; fields: Readonly<Record<string, Shape>> };

export const TEXT: Shape = { go: 'string', json: 'string' };
export const FLAG: Shape = { go: 'bool', json: 'boolean' };
export const listOf = (item: Shape): Shape => ({ go: `[]${item.go}`, list: item });
export const mapOf = (value: Shape): Shape => ({ go: `map[string]${value.go}`, map: value });
/** A struct of package v1. */
export const struct = (name: string, fields: Readonly<Record<string, Shape>>): Shape => ({
  go: `v1.${name}`,
  struct: name,
  fields,
});

/** Where a value stands: for messages, the struct and the fields on the way to it; for warnings, with indexes. */
interface Place {
  struct: string;
  fields: string;
  path: string;
}

/**
 * The part of a document that its type has; null is what is not given. Throws Error, in the words of encoding/json, for
 * a value of another type.
 * @returns `unknown`: paths of fields that the type does not have, each as strict decoding tells it
 */
export function decodeShape(document: unknown, shape: Shape): { value: unknown; unknown: string[] } {
  const unknown: string[] = [];
  const value = read(document, shape, { struct: '', fields: '', path: '' }, unknown);
  return { value, unknown: unknown.map((path) => `unknown field ${JSON.stringify(path)}`) };
}

function read(value: unknown, shape: Shape, at: Place, unknown: string[]): unknown {
  if ('json' in shape) {
    if (shape.json === 'integer') return integer(value, shape, at);
    if (shape.json === 'any' || typeof value === shape.json) return value;
    throw wrongType(value, shape, at);
  }
  if ('list' in shape) {
    if (!Array.isArray(value)) throw wrongType(value, shape, at);
    return value.map((item, i) => {
      // Go leaves an element of a list that is null as it is when made: empty
      if (item === null || item === undefined) return 'fields' in shape.list ? {} : '';
      return read(item, shape.list, { ...at, path: `${at.path}[${i}]` }, unknown);
    });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrongType(value, shape, at);
  if ('map' in shape) {
    const entries = Object.entries(value).map(([key, part]) => [
      key,
      part === null ? '' : read(part, shape.map, at, unknown),
    ]);
    return Object.fromEntries(entries) as Record<string, unknown>;
  }
  const found: Record<string, unknown> = {};
  for (const [name, part] of Object.entries(value)) {
    const field = Object.hasOwn(shape.fields, name) ? shape.fields[name] : undefined;
    const path = at.path ? `${at.path}.${name}` : name;
    const fields = at.fields ? `${at.fields}.${name}` : name;
    if (!field) unknown.push(path);
    else if (part !== null && part !== undefined)
      found[name] = read(part, field, { struct: shape.struct, fields, path }, unknown);
  }
  return found;
}

function integer(value: unknown, shape: Shape, at: Place): number | bigint {
  if (typeof value !== 'number' && typeof value !== 'bigint') throw wrongType(value, shape, at);
  const most = shape.go === 'int32' ? 2 ** 31 : 2 ** 63;
  const fits = (typeof value === 'bigint' || Number.isInteger(value)) && value >= -most && value < most;
  if (!fits) throw wrongType(value, shape, at, ` ${value}`);
  return value;
}

function wrongType(value: unknown, { go }: Shape, { struct: name, fields }: Place, shown = ''): Error {
  const json = Array.isArray(value)
    ? 'array'
    : typeof value === 'boolean'
      ? 'bool'
      : typeof value === 'bigint'
        ? 'number'
        : typeof value;
  const where = name ? `struct field ${name}.${fields}` : 'value';
  return new Error(`json: cannot unmarshal ${json}${shown} into Go ${where} of type ${go}`);
}
