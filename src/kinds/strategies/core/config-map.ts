import { isDeepStrictEqual } from 'node:util';
import type { ConfigMap } from '../../../../schema/types.ts';
import { forbidden, invalid, Path, tooLong, WHOLE, type FieldError } from '../../../meta/field.ts';
import { isConfigMapKey } from '../../../meta/names.ts';
import type { Unchecked } from '../../../meta/object.ts';
import type { Cell, Strategy } from '../../kind.ts';
import { since, size } from '../../cells.ts';

type Errors = FieldError[];
type Data = Record<string, string> | null | undefined;

/** What a ConfigMap and a Secret have in common. */
interface Held {
  immutable?: boolean;
  data?: Record<string, string>;
  binaryData?: Record<string, string>;
}

/** All values of a ConfigMap or Secret together, in bytes. */
export const MAX_DATA = 1024 * 1024;

export const validateDataKeys = (data: Data, at: Path): Errors =>
  Object.keys(data ?? {}).flatMap((key) => isConfigMapKey(key).map((why) => invalid(at.key(key), key, why)));

/** @param base64 the values are bytes, written so */
export function dataSize(data: Data, base64: boolean): number {
  let size = 0;
  for (const value of Object.values(data ?? {})) size += Buffer.byteLength(value, base64 ? 'base64' : 'utf8');
  return size;
}

/** What `immutable: true` forbids: to take it back, and to change `fields`. */
export function validateImmutableData(object: Held, old: Held, fields: readonly ('data' | 'binaryData')[]): Errors {
  if (!old.immutable) return [];
  const refuse = (field: string) => forbidden(field, 'field is immutable when `immutable` is set');
  const errors: Errors = object.immutable ? [] : [refuse('immutable')];
  for (const field of fields) if (!isDeepStrictEqual(object[field] ?? {}, old[field] ?? {})) errors.push(refuse(field));
  return errors;
}

const data = Path.root('data');
const binaryData = Path.root('binaryData');

export const configMapStrategy: Strategy<ConfigMap> = {
  validate(object) {
    const errors = [...validateDataKeys(object.data, data), ...validateDataKeys(object.binaryData, binaryData)];
    for (const key of Object.keys(object.data ?? {})) {
      if (Object.hasOwn(object.binaryData ?? {}, key))
        errors.push(invalid(data.key(key), key, 'duplicate of key present in binaryData'));
    }
    // an empty path: the error is about the whole object
    if (dataSize(object.data, false) + dataSize(object.binaryData, true) > MAX_DATA)
      errors.push(tooLong(WHOLE, MAX_DATA));
    return errors;
  },
  metadata: { whole: 1 },
  validateUpdate: (object, old) => validateImmutableData(object, old, ['data', 'binaryData']),
  generation: false,
  cells,
};

function cells({ metadata, data, binaryData }: Unchecked<ConfigMap>, now: number): Cell[] {
  return [metadata.name, size(data) + size(binaryData), since(metadata.creationTimestamp, now)];
}
