import {
  BOOL,
  BYTES,
  DOUBLE,
  INT,
  listOf,
  mapOf,
  objectType,
  STRING,
  TIMESTAMP,
  type Field,
  type Type,
} from '../../cel/types.ts';
import { typeFacts } from '../facts.ts';
import { celNames } from './names.ts';

const SCALARS: Readonly<Record<string, Type>> = {
  string: STRING,
  boolean: BOOL,
  int32: INT,
  int64: INT,
  double: DOUBLE,
  bytes: BYTES,
};

/** A field whose type is made when an expression asks for it: a Pod has thousands, an expression names three. */
class LateField implements Field {
  private made: Type | undefined;
  constructor(
    readonly key: string,
    private readonly make: () => Type,
  ) {}
  get type(): Type {
    return (this.made ??= this.make());
  }
}

/**
 * The type of the values of a type expression (facts.ts), as OpenAPI describes them; undefined for what may be of several
 * types (Quantity, IntOrString, JSON), which expressions then do not see. A type within itself has no fields.
 * @param as its name; types within it are named by their paths
 */
function typeOf(expression: string, as: string, within: readonly string[]): (() => Type) | undefined {
  if (expression.startsWith('[]')) {
    const item = typeOf(expression.slice(2), `${as}.@idx`, within);
    return item && (() => listOf(item()));
  }
  if (expression.startsWith('{}')) {
    const value = typeOf(expression.slice(2), `${as}.@elem`, within);
    return value && (() => mapOf(STRING, value()));
  }
  if (expression.startsWith('#')) return referred(expression.slice(1), as, within);
  const scalar = SCALARS[expression];
  return scalar && (() => scalar);
}

function referred(name: string, as: string, within: readonly string[]): (() => Type) | undefined {
  const { fields, v3 } = typeFacts[name] ?? {};
  if (fields && !within.includes(name)) return () => structType(name, as, within);
  if (fields ?? v3?.['type'] === 'object') return () => objectType(as, new Map());
  return v3?.['format'] === 'date-time' ? () => TIMESTAMP : undefined;
}

/**
 * The type of a struct by its OpenAPI definition name.
 * @param as its name; types within it are named by their paths (`Pod.spec.containers.@idx`)
 */
export function structType(name: string, as: string, within: readonly string[] = []): Type {
  const inner = [...within, name];
  const fields = new Map<string, Field>();
  for (const [key, expression] of typeFacts[name]?.fields ?? []) {
    const names = celNames(key);
    const type = names[0] === undefined ? undefined : typeOf(expression, `${as}.${names[0]}`, inner);
    if (type) for (const known of names) fields.set(known, new LateField(key, type));
  }
  return objectType(as, fields);
}
