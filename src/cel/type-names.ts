import {
  BOOL,
  BYTES,
  DOUBLE,
  DURATION,
  INT,
  listOf,
  mapOf,
  NULL,
  opaque,
  parameter,
  STRING,
  TIMESTAMP,
  TYPE,
  typeOf,
  UINT,
  type Type,
} from './types.ts';
import { TypeValue } from './values.ts';

const [A, B] = [parameter('A'), parameter('B')];
const NAMED: readonly [name: string, type: Type][] = [
  ['bool', BOOL],
  ['bytes', BYTES],
  ['double', DOUBLE],
  ['google.protobuf.Duration', DURATION],
  ['google.protobuf.Timestamp', TIMESTAMP],
  ['int', INT],
  ['list', listOf(A)],
  ['map', mapOf(A, B)],
  ['null_type', NULL],
  ['string', STRING],
  ['type', TYPE],
  ['uint', UINT],
  ['optional_type', opaque('optional_type', A)],
  ...['net.IP', 'net.CIDR', 'kubernetes.URL', 'kubernetes.Quantity', 'kubernetes.Semver', 'kubernetes.NamedFormat'].map(
    (name): [string, Type] => [name, opaque(name)],
  ),
];

/** Types that expressions may name, to compare them with `type(x)`. */
export const TYPE_NAMES: ReadonlyMap<string, { type: Type; value: TypeValue }> = new Map(
  NAMED.map(([name, type]) => [name, { type: typeOf(type), value: new TypeValue(name) }]),
);
