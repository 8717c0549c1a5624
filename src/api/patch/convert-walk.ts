import { unmarshalError } from '../../go/json-unmarshal.ts';
import { Walk } from '../../kinds/decode-struct.ts';
import { goPlace } from '../../kinds/go-types.ts';
import type { ObjectSchema } from '../../kinds/schema.ts';

/** How Go's reflection calls what a value is. */
function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'slice';
  switch (typeof value) {
    case 'string':
      return 'string';
    case 'boolean':
      return 'bool';
    case 'object':
      return 'map';
    default:
      return Number.isInteger(value) || typeof value === 'bigint' ? 'int64' : 'float64';
  }
}

const NUMBERS = new Set(['int32', 'int64', 'float64']);

/**
 * Type errors of a strategic merge patch, whose outcome is not read as JSON but converted value by value; which kind the
 * object says to be does not matter. Source: apimachinery's converter, FromUnstructured.
 */
export class ConvertWalk extends Walk {
  override anyKind = true;
  constructor(private readonly schema: ObjectSchema) {
    super(schema);
    this.sorted = true;
  }
  override fail(message: string): void {
    super.fail(message.startsWith('illegal base64') ? `error decoding from json: ${message}` : message);
  }
  override mismatch(value: unknown, decoder?: string): void {
    if (decoder) {
      return this.fail(unmarshalError(value, decoder));
    }
    const from = kindOf(value);
    const { type, base } = goPlace(this.schema, this.trail);
    if (base === 'map') this.fail(`cannot restore map from ${from}`);
    else if (base === 'list' || base === 'bytes') this.fail(`cannot restore slice from ${from}`);
    else if (base === 'object') this.fail(`cannot restore struct from: ${from}`);
    else if (NUMBERS.has(from) && (NUMBERS.has(type) || (base === 'string' && from === 'int64')))
      this.fail(`cannot convert ${from} to ${type}`);
    else this.fail(`unrecognized type: ${base === 'boolean' ? 'bool' : base === 'double' ? 'float64' : base}`);
  }
  override unmarshal(what: string, decoder?: string): void {
    const { type } = goPlace(this.schema, this.trail);
    const fraction = what.includes('.');
    this.fail(
      !decoder && fraction
        ? `cannot convert float64 to ${type}`
        : `json: cannot unmarshal ${what} into Go value of type ${decoder ?? type}`,
    );
  }
}
