import { escapeHtml } from '../go/html-escape.ts';
import { stringifyExact } from '../go/json-numbers.ts';
import { quote } from '../go/quote.ts';

/**
 * Field paths and validation errors, with the wording that Kubernetes clients know
 * (k8s.io/apimachinery/pkg/util/validation/field).
 */
export class Path {
  private constructor(
    private readonly parent: Path | undefined,
    private readonly segment: string,
    /** it stands in brackets */
    private readonly isKey: boolean,
  ) {}
  static root(name: string): Path {
    return new Path(undefined, name, false);
  }
  child(...names: string[]): Path {
    // of many thousand paths hardly one is ever told: most are made without a function
    if (names.length === 1) return new Path(this, names[0]!, false);
    return names.reduce<Path>((path, name) => new Path(path, name, false), this);
  }
  index(i: number): Path {
    return new Path(this, String(i), true);
  }
  key(key: string): Path {
    return new Path(this, key, true);
  }
  /** Built only when an error is reported: validation of a good object makes no strings. */
  toString(): string {
    const head = this.parent?.toString() ?? '';
    if (this.isKey) return `${head}[${this.segment}]`;
    return this.segment.startsWith('[') || head === '' ? head + this.segment : `${head}.${this.segment}`;
  }
}

export type FieldErrorType =
  | 'FieldValueNotFound'
  | 'FieldValueRequired'
  | 'FieldValueDuplicate'
  | 'FieldValueInvalid'
  | 'FieldValueNotSupported'
  | 'FieldValueForbidden'
  | 'FieldValueTooLong'
  | 'FieldValueTooMany'
  | 'InternalError'
  | 'FieldValueTypeInvalid';

/** One thing that is wrong with an object; becomes one cause of a 422 Status. */
export interface FieldError {
  readonly type: FieldErrorType;
  readonly field: string;
  /** what stands after `field: ` in the message */
  readonly body: string;
}

type At = Path | string;
/** The whole object, where no field of it is meant: how Go prints the path of an empty name. */
export const WHOLE = '[]';
/** Words are made when they are told, which of many thousand errors most are not. */
const make = (type: FieldErrorType, at: At, body: () => string): FieldError => ({
  type,
  get field() {
    return String(at);
  },
  get body() {
    return body();
  },
});

/** A value as Go prints it in field errors: strings quoted, numbers and booleans bare, structures as JSON. */
export function showValue(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  return typeof value === 'string'
    ? quote(value)
    : typeof value === 'object'
      ? escapeHtml(stringifyExact(value))
      : String(value);
}

export const required = (at: At, detail = ''): FieldError =>
  make('FieldValueRequired', at, () => `Required value${detail && `: ${detail}`}`);
export const invalid = (at: At, value: unknown, detail: string): FieldError =>
  make('FieldValueInvalid', at, () => `Invalid value: ${showValue(value)}${detail && `: ${detail}`}`);
export const typeInvalid = (at: At, value: unknown, detail: string): FieldError =>
  make('FieldValueTypeInvalid', at, () => `Invalid value: ${showValue(value)}${detail && `: ${detail}`}`);
export const duplicate = (at: At, value: unknown): FieldError =>
  make('FieldValueDuplicate', at, () => `Duplicate value: ${showValue(value)}`);
export const forbidden = (at: At, detail: string): FieldError =>
  make('FieldValueForbidden', at, () => `Forbidden${detail && `: ${detail}`}`);
export const notFoundValue = (at: At, value: unknown, detail = ''): FieldError =>
  make('FieldValueNotFound', at, () => `Not found: ${showValue(value)}${detail && `: ${detail}`}`);
/** `supported` is printed in the order given. */
export const notSupported = (at: At, value: unknown, supported: readonly string[]): FieldError =>
  make(
    'FieldValueNotSupported',
    at,
    () =>
      `Unsupported value: ${showValue(value)}${supported.length ? `: supported values: ${supported.map(quote).join(', ')}` : ''}`,
  );
const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;
/** `max` in bytes; the maximum of a schema may be less than none */
export const tooLong = (at: At, max: number): FieldError =>
  make(
    'FieldValueTooLong',
    at,
    () => `Too long: ${max < 0 ? 'value is too long' : `may not be more than ${counted(max, 'byte')}`}`,
  );
export const tooMany = (at: At, actual: number, max: number): FieldError =>
  make('FieldValueTooMany', at, () => `Too many: ${actual}: must have at most ${counted(max, 'item')}`);
export const internalFieldError = (at: At, detail: string): FieldError =>
  make('InternalError', at, () => `Internal error: ${detail}`);
