import {
  adapt,
  Double,
  Duration,
  isInt,
  isList,
  isMap,
  mapGet,
  mapKeys,
  Optional,
  Timestamp,
  TypeValue,
  Uint,
} from '../../src/cel/values.ts';
import { formatTimestamp } from '../../src/cel/time.ts';

function showDouble(number: number): string {
  if (Number.isInteger(number) && Math.abs(number) < 1e15) return number.toFixed(1);
  return Number.isFinite(number) ? String(number) : number > 0 ? '+Inf' : Number.isNaN(number) ? 'NaN' : '-Inf';
}

/** A value as the tables of expressions write it: `1`, `1u`, `1.0`, `"a"`, `b00ff`, `duration 1000`, `[1, 2]`. */
export function show(raw: unknown): string {
  const value = adapt(raw);
  if (value === null || typeof value === 'boolean' || isInt(value)) return String(value);
  if (typeof value === 'string') return JSON.stringify(value);
  if (value instanceof Uint) return `${value.value}u`;
  if (value instanceof Double) return showDouble(value.value);
  if (value instanceof Uint8Array) return `b${Buffer.from(value).toString('hex')}`;
  if (value instanceof Duration) return `duration ${value.nanos}`;
  if (value instanceof Timestamp) return `timestamp ${formatTimestamp(new Timestamp(value.seconds, value.nanos))}`;
  if (value instanceof Optional) return value.present ? `optional(${show(value.value)})` : 'optional.none';
  if (value instanceof TypeValue) return `type ${value.name}`;
  if (isList(value)) return `[${Array.from(value, show).join(', ')}]`;
  if (!isMap(value)) return `${'typeName' in value ? value.typeName : ''} ${String(value)}`;
  const entries = mapKeys(value).map((key) => `${show(key)}: ${show(mapGet(value, key))}`);
  return `{${entries.sort().join(', ')}}`;
}
