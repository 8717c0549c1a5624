/** Types as the checker knows them. */
export type Kind =
  | 'dyn'
  | 'any'
  | 'error'
  | 'null'
  | 'bool'
  | 'int'
  | 'uint'
  | 'double'
  | 'string'
  | 'bytes'
  | 'timestamp'
  | 'duration'
  | 'type'
  | 'list'
  | 'map'
  | 'opaque'
  | 'object'
  | 'parameter';

export interface Field {
  readonly type: Type;
  /** as the value has it, where the name of an expression is another */
  readonly key: string;
  /** known by a name that CEL keeps for itself; the estimate of cost does not know it by that */
  readonly keyword?: boolean;
}
export interface Type {
  readonly kind: Kind;
  /** of an opaque type, an object's type or a parameter */
  readonly name: string;
  readonly parameters: readonly Type[];
  /** as messages print it; two types are the same where this is the same */
  readonly text: string;
  /** of an object's type */
  readonly fields?: ReadonlyMap<string, Field>;
  /** the most items, entries or characters that a value has; only the estimate of cost asks. Of a variable's own type it
   * says that sizes are known at all */
  readonly maxSize?: number;
}

const SHOWN: Partial<Record<Kind, string>> = { error: '!error!', null: 'null' };
/** What names bind can double a type again and again; of what is longer than anybody writes nothing is known. */
const MAX_TEXT = 20_000;
function make(kind: Kind, name: string, parameters: readonly Type[] = []): Type {
  const shown = SHOWN[kind] ?? name;
  const text = parameters.length ? `${shown}(${parameters.map((p) => p.text).join(', ')})` : shown;
  return text.length > MAX_TEXT ? DYN : { kind, name, parameters, text };
}

export const DYN: Type = { kind: 'dyn', name: 'dyn', parameters: [], text: 'dyn' };
export const ANY = make('any', 'any');
export const ERROR = make('error', 'error');
export const NULL = make('null', 'null_type');
export const BOOL = make('bool', 'bool');
export const INT = make('int', 'int');
export const UINT = make('uint', 'uint');
export const DOUBLE = make('double', 'double');
export const STRING = make('string', 'string');
export const BYTES = make('bytes', 'bytes');
export const TIMESTAMP = make('timestamp', 'timestamp');
export const DURATION = make('duration', 'duration');
export const TYPE = make('type', 'type');
export const typeOf = (type: Type): Type => make('type', 'type', [type]);
export const listOf = (item: Type): Type => make('list', 'list', [item]);
export const mapOf = (key: Type, value: Type): Type => make('map', 'map', [key, value]);
export const parameter = (name: string): Type => make('parameter', name);
export const opaque = (name: string, ...parameters: Type[]): Type => make('opaque', name, parameters);
export const optionalOf = (type: Type): Type => make('opaque', 'optional_type', [type]);
/** An object whose fields are known; types of the same name are the same. */
export const objectType = (name: string, fields: ReadonlyMap<string, Field>): Type => ({
  ...make('object', name),
  fields,
});
export const sized = (type: Type, maxSize: number): Type => ({ ...type, maxSize });

export const same = (a: Type, b: Type): boolean => a === b || (a.kind === b.kind && a.text === b.text);
export const isDyn = (type: Type): boolean => type.kind === 'dyn' || type.kind === 'any';
export const isOptional = (type: Type): boolean => type.kind === 'opaque' && type.name === 'optional_type';
export const itemOf = (type: Type): Type => type.parameters[0] ?? DYN;

const NAMES: Partial<Record<Kind, string>> = {
  timestamp: 'google.protobuf.Timestamp',
  duration: 'google.protobuf.Duration',
};
/** The full name, which messages about results print. */
export function fullName(type: Type): string {
  const name = NAMES[type.kind] ?? type.name;
  return type.parameters.length ? `${name}(${type.parameters.map(fullName).join(', ')})` : name;
}
