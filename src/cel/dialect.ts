import type { Functions } from './overload.ts';
import type { Type } from './types.ts';
import type { Value } from './values.ts';

/** A type whose values an expression can make: `Object.spec{replicas: 3}`. */
export interface StructType {
  readonly type: Type;
  /** A value, or an error for fields that it cannot have. */
  make(fields: ReadonlyMap<string, Value>): Value;
}

/** What an expression may use besides variables. */
export interface Dialect {
  readonly functions: Functions;
  /** whether it may use `cel.bind` */
  readonly binds?: boolean;
  /** types by their names */
  readonly structs?: { find(name: string): StructType | undefined };
}
