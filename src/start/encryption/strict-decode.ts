/** What a configuration file may hold, by Go's names of types, which its errors have. */
export type Shape =
  | { go: 'string' | 'int32' | 'duration' }
  | { go: string; list: Shape }
  | { go: string; struct: string; fields: Readonly<Record<string, Shape>> };

/** What Go's JSON calls a value. */
const nameOf = (value: unknown): string =>
  Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;

const JSON_NAMES: Readonly<Record<string, string>> = { string: 'string', int32: 'number', duration: 'string' };

/** Checks a parsed document against a shape as strict JSON decoding does. Throws an Error in its words. */
export function checkShape(value: unknown, shape: Shape): void {
  const unknown: string[] = [];
  check(value, shape, { struct: '', path: [] }, '', unknown);
  if (unknown.length) throw new Error(`strict decoding error: ${unknown.join(', ')}`);
}

interface Where {
  struct: string;
  /** names of fields, without indexes */
  path: readonly string[];
}

function check(value: unknown, shape: Shape, where: Where, at: string, unknown: string[]): void {
  if (value === null || value === undefined) return;
  const found = nameOf(value);
  if ('list' in shape) {
    if (!Array.isArray(value)) throw mismatch(found, shape.go, where);
    for (const [i, each] of value.entries()) check(each, shape.list, where, `${at}[${i}]`, unknown);
  } else if ('struct' in shape) {
    if (found !== 'object') throw mismatch(found, shape.go, where);
    for (const [name, each] of Object.entries(value)) {
      const place = at ? `${at}.${name}` : name;
      const field = Object.hasOwn(shape.fields, name) ? shape.fields[name] : undefined;
      if (!field) unknown.push(`unknown field ${JSON.stringify(place)}`);
      else check(each, field, { struct: shape.struct, path: [...where.path, name] }, place, unknown);
    }
  } else if (found !== JSON_NAMES[shape.go])
    throw mismatch(found, shape.go === 'duration' ? 'string' : shape.go, where);
}

const mismatch = (found: string, type: string, { struct, path }: Where): Error =>
  new Error(
    `json: cannot unmarshal ${found} into Go ${struct ? `struct field ${struct}.${path.join('.')}` : 'value'} of type ${type}`,
  );
