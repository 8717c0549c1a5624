import type { AnySchema } from './spec.ts';

export interface FoundPath {
  /** `spec.a[b]` */
  path: string;
  /** the first part */
  root: string;
  schema: AnySchema;
}

const fail = (why: string): never => {
  throw new Error(why);
};

const NO_FIELD = 'does not refer to a valid field';

function step(schema: AnySchema, name: string): { schema: AnySchema; named: boolean } {
  const { properties } = schema;
  if (properties)
    return { schema: Object.hasOwn(properties, name) ? (properties[name] as AnySchema) : fail(NO_FIELD), named: true };
  const more = schema.additionalProperties;
  if (!more) return fail(NO_FIELD);
  return { schema: more === true ? {} : more, named: false };
}

/**
 * Where a path like `.spec.a` or `.spec.map['k']` leads in a schema. Throws an Error that says what is wrong with it.
 * @param brackets whether `['k']` may be used
 */
export function findFieldPath(text: string, root: AnySchema, brackets = true): FoundPath {
  const tokens = text.match(/\[|\]|\.|'(?:[^'\\]|\\.)*'|[^.[\]]+/g) ?? [];
  let schema = root;
  let path = '';
  let first = '';
  const enter = (name: string): void => {
    const next = step(schema, name);
    path = next.named ? (path ? `${path}.${name}` : name) : `${path}[${name}]`;
    first ||= path;
    schema = next.schema;
  };
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i] as string;
    if (token === '[') {
      if (!brackets) fail('array notation is not allowed');
      const key = tokens[++i] ?? fail('unexpected end of JSON path');
      if (!/^'.*'$/s.test(key) || key.length < 2) fail(`expected single quoted string but got ${key}`);
      enter(key.slice(1, -1).replace(/\\(.)/g, '$1'));
      const close = tokens[++i] ?? fail('unexpected end of JSON path');
      if (close !== ']') fail(`expected ] but got ${close}`);
    } else if (token === '.') enter(tokens[++i] ?? fail('unexpected end of JSON path'));
    else fail(`expected [ or . but got: ${token}`);
  }
  return { path, root: first, schema };
}
