/**
 * The form of a configuration file: fields by name, one form for each item of a list or value of a map, or the type of
 * a plain value. Forms are data, so that what a file may hold is read in one place.
 */
export type Shape = 'string' | 'boolean' | 'integer' | { list: Shape } | { map: Shape } | { fields: Fields };
export interface Fields {
  readonly [name: string]: Shape;
}

const typeOf = (value: unknown): string =>
  value === null ? 'null' : Array.isArray(value) ? 'list' : Number.isInteger(value) ? 'integer' : typeof value;

/** Errors that are told of one value. */
const MAX_ERRORS = 20;

/**
 * What of a value does not have the form, as strict decoding of Kubernetes' configuration files says it:
 * `unknown field "jwt[0].isuer"`. Null stands for a value that is not given. At most 20 errors.
 */
export function shapeErrors(value: unknown, shape: Shape, at = ''): string[] {
  const errors: string[] = [];
  walk(value, shape, at, errors);
  return errors;
}

function walk(value: unknown, shape: Shape, at: string, errors: string[]): void {
  if (value === null || value === undefined || errors.length >= MAX_ERRORS) return;
  const wanted = typeof shape === 'string' ? shape : 'list' in shape ? 'list' : 'object';
  const given = typeOf(value);
  if (given !== wanted) {
    errors.push(`field ${JSON.stringify(at)} must be of type ${wanted}, not ${given}`);
    return;
  }
  if (typeof shape === 'string') return;
  if ('list' in shape) (value as unknown[]).forEach((item, i) => walk(item, shape.list, `${at}[${i}]`, errors));
  else
    for (const [name, item] of Object.entries(value)) {
      if (errors.length >= MAX_ERRORS) return;
      const path = at ? `${at}.${name}` : name;
      const form = 'map' in shape ? shape.map : Object.hasOwn(shape.fields, name) ? shape.fields[name] : undefined;
      if (form) walk(item, form, path, errors);
      else errors.push(`unknown field ${JSON.stringify(path)}`);
    }
}
