import type { PodTemplateSpec } from '../../schema/types.ts';
import { fnv32a } from '../go/fnv.ts';
import { safeEncode } from '../meta/names-generate.ts';
import { POD_TEMPLATE_TYPES } from './pod-template-types.ts';

/**
 * The hash of a pod template as every Kubernetes controller makes it: 32-bit FNV-1a over the template rendered as a Go
 * value with all types and fields. The same template has the same hash here and there, so a cluster's ReplicaSets keep
 * their names when it moves.
 * @param collisions status.collisionCount of the owner, undefined before the first collision
 */
export function podTemplateHash(template: PodTemplateSpec, collisions?: number): string {
  const text = Buffer.from(`(v1.PodTemplateSpec)${renderStruct('PodTemplateSpec', { ...template })}`);
  const count = Buffer.alloc(collisions === undefined ? 0 : 8);
  if (collisions !== undefined) count.writeUInt32LE(collisions);
  return safeEncode(String(fnv32a(Buffer.concat([text, count]))));
}

type Fields = Record<string, unknown>;
interface GoField {
  name: string;
  json: string;
  type: string;
  embedded: boolean;
}

const TYPES = new Map<string, GoField[]>(
  POD_TEMPLATE_TYPES.trim()
    .split('\n')
    .map((line) => {
      const [name, fields] = line.split(': ') as [string, string];
      return [name, fields.split('; ').map(parseField)];
    }),
);
// The same fields, inline in another type.
TYPES.set('EphemeralContainerCommon', TYPES.get('Container')!);

function parseField(text: string): GoField {
  const words = text.split(' ');
  const embedded = words[0]!.startsWith('^');
  const name = embedded ? words[0]!.slice(1) : words[0]!;
  return { name, json: words.length === 3 ? words[1]! : jsonName(name), type: words.at(-1)!, embedded };
}

/** `DNSPolicy` is `dnsPolicy`, `TTY` is `tty`: what is upper case at the front becomes lower case, up to the next word. */
function jsonName(name: string): string {
  return name.replace(/^[A-Z]+(?=[A-Z][a-z])|^[A-Z]+$|^[A-Z]/, (head) => head.toLowerCase());
}

/** As Go's reflection names it: all API packages are called v1. */
const goType = (type: string): string => {
  const [, prefix = '', base = ''] = /^((?:\[\]|\*|map\[string\])*)(.*)$/.exec(type) ?? [];
  if (base.startsWith('meta.')) return `${prefix}v1.${base.slice(5)}`;
  return prefix + (base.includes('.') || BASIC.has(base) ? base : `v1.${base}`);
};
const BASIC = new Set(['string', 'bool', 'int32', 'int64']);

const isEmpty = (value: unknown): boolean =>
  value === undefined || value === null || (typeof value === 'object' && Object.keys(value).length === 0);

function renderStruct(type: string, value: Fields): string {
  const fields = TYPES.get(type)!.map(({ name, json, type: fieldType, embedded }) => {
    const field = embedded ? value : value[json];
    return `${name}:(${goType(fieldType)})${render(fieldType, field)}`;
  });
  return `{${fields.join(' ')}}`;
}

/** The value without its type. Empty lists and maps are nil: they do not survive the wire. */
function render(type: string, value: unknown): string {
  if (type.startsWith('*')) return value === undefined || value === null ? '<nil>' : render(type.slice(1), value);
  if (type.startsWith('[]')) {
    return isEmpty(value) ? '<nil>' : `[${(value as unknown[]).map((item) => render(type.slice(2), item)).join(' ')}]`;
  }
  if (type.startsWith('map[')) return isEmpty(value) ? '<nil>' : renderMap(value as Fields, 'string');
  if (type === 'ResourceList') return isEmpty(value) ? '<nil>' : renderMap(value as Fields, 'resource.Quantity');
  if (type === 'resource.Quantity') return renderQuantity(value as string | undefined);
  if (type === 'intstr.IntOrString') return renderIntOrString(value as string | number | undefined);
  if (type === 'meta.Time') return '{Time:(time.Time){wall:(uint64)0 ext:(int64)0 loc:(*time.Location)<nil>}}';
  if (TYPES.has(type)) return renderStruct(type, (value ?? {}) as Fields);
  if (type === 'bool') return String(value ?? false);
  if (type === 'int32' || type === 'int64') return String(value ?? 0);
  return String(value ?? '');
}

const renderMap = (map: Fields, type: string): string =>
  `map[${Object.keys(map)
    .sort()
    .map((key) => `${key}:${render(type, map[key])}`)
    .join(' ')}]`;

function renderIntOrString(value: string | number = 0): string {
  const text = typeof value === 'string';
  return `{Type:(intstr.Type)${text ? 1 : 0} IntVal:(int32)${text ? 0 : value} StrVal:(string)${text ? value : ''}}`;
}

const BINARY = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
const DECIMAL: Record<string, number> = { n: -9, u: -6, m: -3, '': 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };

/** A quantity's inner form after parsing: mantissa and decimal scale, the text, the format. */
function renderQuantity(text: string | undefined): string {
  const show = (value: bigint | number, scale: number, s: string, format: string): string =>
    `{i:(resource.int64Amount){value:(int64)${value} scale:(resource.Scale)${scale}} d:(resource.infDecAmount){Dec:(*inf.Dec)<nil>} s:(string)${s} Format:(resource.Format)${format}}`;
  if (text === undefined) return show(0, 0, '', '');
  const [, sign, whole = '', fraction = '', suffix = ''] = /^([+-]?)(\d*)(?:\.(\d*))?(.*)$/s.exec(String(text)) ?? [];
  const digits = BigInt(`${sign === '-' ? '-' : ''}${whole}${fraction}` || '0');
  const binary = BINARY.indexOf(suffix);
  if (binary > 0) return show(digits << BigInt(10 * binary), -fraction.length, String(text), 'BinarySI');
  const exponent = /^[eE]([+-]?\d+)$/.exec(suffix);
  if (exponent) return show(digits, Number(exponent[1]) - fraction.length, String(text), 'DecimalExponent');
  return show(digits, (DECIMAL[suffix] ?? 0) - fraction.length, String(text), 'DecimalSI');
}
