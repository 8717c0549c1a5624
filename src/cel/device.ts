import type { Variables } from './check.ts';
import type { Dialect } from './dialect.ts';
import { FUNCTIONS } from './library/table.ts';
import { quantityValue } from './library/quantities.ts';
import { semverValue } from './library/semvers.ts';
import { ANY, mapOf, objectType, opaque, sized, STRING, type Type } from './types.ts';
import { CelError, CelMap, error, type Value } from './values.ts';
import { resumeWork, startWork } from './work.ts';

const MAX_DOMAIN = 63;
const MAX_ID = 32;
const MAX_VALUE = 64;
/** attributes and capacities of a device together */
const MAX_ATTRIBUTES = 32;
/** what an expression about a device may cost, as it is estimated and as it runs */
export const MAX_DEVICE_COST = 1_000_000;

/** By domain and name. */
const byName = (value: Type): Type => {
  const inner = sized(mapOf(sized(STRING, MAX_ID), value), MAX_ATTRIBUTES);
  return sized(mapOf(sized(STRING, MAX_DOMAIN), inner), MAX_ATTRIBUTES);
};
const FIELDS: Readonly<Record<string, Type>> = {
  driver: sized(STRING, MAX_DOMAIN),
  attributes: byName(sized(ANY, MAX_VALUE)),
  capacity: byName(opaque('kubernetes.Quantity')),
};
/** What an expression knows of a device (KEP-4381). */
export const DEVICE_VARIABLES: Variables = {
  device: sized(
    objectType('kubernetes.DRADevice', new Map(Object.entries(FIELDS).map(([key, type]) => [key, { type, key }]))),
    0,
  ),
};

/** What it may use besides. */
export const DEVICE_DIALECT: Dialect = { functions: FUNCTIONS, binds: true };

/** An attribute has one of these. */
export interface Attribute {
  readonly bool?: boolean;
  readonly int?: number;
  readonly string?: string;
  readonly version?: string;
}
export interface DescribedDevice {
  readonly attributes?: Readonly<Record<string, Attribute>>;
  readonly capacity?: Readonly<Record<string, { readonly value: string }>>;
}

/**
 * The device as expressions see it: names without a domain are the driver's, and a domain that has none is empty.
 * An error where an attribute has no value that is known.
 */
export function deviceValue(driver: string, device: DescribedDevice): Value {
  const outer = startWork();
  try {
    return valueOf(driver, device);
  } finally {
    resumeWork(outer);
  }
}
function valueOf(driver: string, { attributes = {}, capacity = {} }: DescribedDevice): Value {
  const values: [string, Value][] = [];
  for (const [name, attribute] of Object.entries(attributes)) {
    const value = attributeValue(attribute);
    if (value instanceof CelError) return error(`attribute ${name}: ${value.message}`);
    values.push([name, value]);
  }
  const amounts = Object.entries(capacity).map(([name, { value }]): [string, Value] => [name, quantityValue(value)]);
  return { driver, attributes: byDomain(driver, values), capacity: byDomain(driver, amounts) };
}

function attributeValue({ int, bool, string, version }: Attribute): Value {
  if (int !== undefined) return int;
  if (bool !== undefined) return bool;
  if (string !== undefined) return string;
  if (version === undefined) return error('unsupported attribute value');
  const value = semverValue(version);
  return value instanceof CelError ? error(`parse semantic version: ${value.message}`) : value;
}

function byDomain(driver: string, values: readonly (readonly [string, Value])[]): CelMap {
  const domains = new Map<string, Record<string, Value>>();
  for (const [name, value] of values) {
    const slash = name.indexOf('/');
    const domain = slash < 0 ? driver : name.slice(0, slash);
    const known = domains.get(domain) ?? (Object.create(null) as Record<string, Value>);
    domains.set(domain, known);
    known[name.slice(slash + 1)] = value;
  }
  const map = new CelMap({});
  for (const [domain, inner] of domains) map.entries.set(domain, [domain, inner]);
  return map;
}
