import { DYN, itemOf, type Type } from './types.ts';
import {
  adapt,
  Double,
  Duration,
  isInt,
  isList,
  isMap,
  mapGet,
  mapKeys,
  Opaque,
  Optional,
  Timestamp,
  TypeValue,
  Uint,
  type Value,
} from './values.ts';

function fitsMap(type: Type, map: Parameters<typeof mapKeys>[0]): boolean {
  const [key] = mapKeys(map);
  if (key === undefined) return true;
  const [keys = DYN, values = DYN] = type.parameters;
  return fits(keys, key) && fits(values, mapGet(map, key) as Value);
}

/** Is a value of a type? Of lists and maps their first item tells. */
export function fits(type: Type, value: Value): boolean {
  switch (type.kind) {
    case 'string':
      return typeof value === 'string';
    case 'int':
      return isInt(value);
    case 'list':
      return isList(value) && (value.length === 0 || fits(itemOf(type), adapt(value[0])));
    case 'map':
      return isMap(value) && fitsMap(type, value);
    case 'bool':
      return typeof value === 'boolean';
    case 'double':
      return value instanceof Double;
    case 'uint':
      return value instanceof Uint;
    case 'bytes':
      return value instanceof Uint8Array;
    case 'timestamp':
      return value instanceof Timestamp;
    case 'duration':
      return value instanceof Duration;
    case 'null':
      return value === null;
    case 'type':
      return value instanceof TypeValue;
    case 'opaque':
      return type.name === 'optional_type'
        ? value instanceof Optional
        : value instanceof Opaque && value.typeName === type.name;
    default:
      return true;
  }
}
