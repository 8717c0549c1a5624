import { parseTimestamp } from '../../cel/time.ts';
import { CelError, Double, Duration, KeyedList, SetList, Timestamp, type Value } from '../../cel/values.ts';
import { formatDurationNanos } from '../custom/format-duration.ts';
import { isObject, type JsonSchema } from '../custom/json-schema.ts';

/** Strings of these formats are no strings to a rule. */
function formatted(format: string | undefined, text: string): unknown {
  switch (format) {
    case 'date-time': {
      const time = parseTimestamp(text) ?? parseTimestamp(text.toUpperCase().replace(' ', 'T'));
      return time instanceof Timestamp ? time : new CelError(`Invalid date-time formatted string ${text}`);
    }
    case 'date':
      return parseTimestamp(`${text}T00:00:00Z`) ?? new CelError(`Invalid date formatted string ${text}`);
    case 'duration': {
      const nanos = formatDurationNanos(text);
      return nanos === undefined ? new CelError(`Invalid duration ${text}`) : new Duration(nanos);
    }
    case 'byte':
      return Uint8Array.from(Buffer.from(text, 'base64'));
    default:
      return text;
  }
}

/**
 * A value of a schema as rules see it: numbers and formatted strings have the schema's type, lists are compared as it
 * says, and what is null is not there. Shares with the value all that is the same.
 */
export function ruleValue(schema: JsonSchema, value: unknown): Value {
  return convert(schema, value) as Value;
}
function convert(schema: JsonSchema, value: unknown): unknown {
  if (typeof value === 'number') return schema.type === 'number' ? new Double(value) : value;
  if (typeof value === 'string') return schema.type === 'string' ? formatted(schema.format, value) : value;
  if (Array.isArray(value)) return convertList(schema, value);
  return isObject(value) ? convertObject(schema, value) : value;
}

function convertList(schema: JsonSchema, list: readonly unknown[]): readonly unknown[] {
  const items = schema.items ?? {};
  let made: unknown[] | undefined;
  const kind = schema['x-kubernetes-list-type'];
  if (kind === 'set') made = new SetList();
  else if (kind === 'map') {
    const keyed = new KeyedList();
    keyed.fields = schema['x-kubernetes-list-map-keys'] ?? [];
    made = keyed;
  }
  for (const [i, item] of list.entries()) {
    const converted = convert(items, item);
    if (!made && converted !== item) made = list.slice(0, i);
    made?.push(converted);
  }
  return made ?? list;
}

function convertObject(schema: JsonSchema, object: Record<string, unknown>): Record<string, unknown> {
  const { properties, additionalProperties } = schema;
  const more = isObject(additionalProperties) ? (additionalProperties as JsonSchema) : undefined;
  let made: Record<string, unknown> | undefined;
  for (const [key, item] of Object.entries(object)) {
    const below = properties?.[key] ?? more;
    const converted = below ? convert(below, item) : item;
    // of a map null is a value, of an object a field that is not there
    const gone = item === null && properties !== undefined;
    if (!gone && converted === item) continue;
    made ??= { ...object };
    if (gone) delete made[key];
    else made[key] = converted;
  }
  return made ?? object;
}
