import type { Random } from './random.ts';

/** Texts that have broken readers of names, quantities, patterns, numbers, paths and encodings. */
export const TEXTS: readonly string[] = [
  '',
  ' ',
  'a',
  'A',
  '0',
  '-1',
  '1',
  'true',
  'null',
  'NaN',
  '1e309',
  '-',
  '.',
  '..',
  '/',
  '//',
  '%',
  '%00',
  '\u0000',
  '\n',
  '\t\r\n',
  '"',
  "'",
  '\\',
  '{}',
  '[]',
  '{{',
  '${a}',
  '$(A)',
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'kubernetes.io/',
  '/name',
  'a/b/c',
  'a=b',
  'a,b',
  'a in (b)',
  'ünïcödé',
  '日本語',
  '😀',
  '\ud800',
  '\u202e',
  '\ufeff',
  'x'.repeat(64),
  'x'.repeat(254),
  'x'.repeat(5000),
  '9'.repeat(400),
  '1Gi',
  '1.5',
  '-1Mi',
  '1e3Gi',
  '100m',
  '10.0.0.1',
  '::1',
  '10.0.0.0/8',
  '999.1.1.1',
  '2024-01-01T00:00:00Z',
  '2024-13-01T00:00:00Z',
  '0001-01-01T00:00:00Z',
  '99999-01-01T00:00:00Z',
  '1h',
  '-1ns',
  '5%',
  '101%',
  '* * * * *',
  '@every 1s',
  '(a+)+$',
  '[',
  '(?<',
  'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!',
  'self.all(x, self.all(y, true))',
  'latest',
  'All',
  'Strict',
  'Exact',
  'default',
  'system:masters',
  '../../etc/passwd',
  'https://127.0.0.1:1/',
  'k8s.io',
  'metadata.name',
  '.metadata.name',
  '{.items[*]}',
  '{.a',
  '-----BEGIN CERTIFICATE-----',
  'LS0t',
  '====',
];
export const NUMBERS: readonly number[] = [
  0,
  -0,
  1,
  -1,
  2,
  80,
  255,
  256,
  443,
  65535,
  65536,
  30000,
  2 ** 31 - 1,
  2 ** 31,
  -(2 ** 31) - 1,
  2 ** 32,
  2 ** 53 - 1,
  2 ** 53 + 2,
  1e18,
  9.3e18,
  1e20,
  1e100,
  -1e308,
  0.1,
  1.5,
  -0.5,
  5e-324,
];
/** Keys that must never reach a prototype, and others that mean something somewhere. */
export const KEYS: readonly string[] = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'valueOf',
  'hasOwnProperty',
  'toJSON',
  'then',
  'length',
  '',
  ' ',
  '.',
  'a.b',
  '$patch',
  '$retainKeys',
  '$deleteFromPrimitiveList/finalizers',
  '$setElementOrder/containers',
  'metadata',
  'spec',
  'status',
  'kind',
  'apiVersion',
  'name',
  'namespace',
  'items',
  'f:metadata',
  'k:{"name":"c"}',
  'x'.repeat(300),
  'é',
  '\u0000',
  'k8s.io/a',
];

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const leaf = (random: Random): Json =>
  random.weighted<() => Json>([
    [4, () => random.pick(TEXTS)],
    [3, () => random.pick(NUMBERS)],
    [1, () => random.chance(0.5)],
    [1, () => null],
    [1, () => []],
    [1, () => ({})],
  ])();

/** A small value of any shape. */
export function anyValue(random: Random, depth = 2): Json {
  if (depth === 0 || random.chance(0.6)) return leaf(random);
  if (random.chance(0.5)) return Array.from({ length: random.int(4) }, () => anyValue(random, depth - 1));
  const out: Record<string, Json> = {};
  for (let i = random.int(4); i >= 0; i--) define(out, random.pick(KEYS), anyValue(random, depth - 1));
  return out;
}

/** Sets any key as an own one, `__proto__` too, as JSON.parse does. */
export function define(object: Record<string, Json>, key: string, value: Json): void {
  Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
}

interface Place {
  parent: Json[] | Record<string, Json>;
  key: string | number;
}

/** What is there; null where another change has taken it away. */
const valueAt = ({ parent, key }: Place): Json => (parent as Record<string | number, Json>)[key] ?? null;

function placesOf(value: Json, out: Place[] = []): Place[] {
  if (typeof value !== 'object' || value === null) return out;
  const keys = Array.isArray(value) ? value.keys() : Object.keys(value);
  for (const key of keys) {
    out.push({ parent: value, key });
    placesOf(valueAt({ parent: value, key }), out);
  }
  return out;
}

/** Changes some places of a document: other values and types, lost, doubled, renamed and foreign members. */
export function mutateJson(random: Random, document: Json, changes: number): Json {
  let root = structuredClone(document);
  for (let i = 0; i < changes; i++) {
    const places = placesOf(root);
    if (places.length === 0 || random.chance(0.02)) {
      root = anyValue(random);
      continue;
    }
    change(random, random.pick(places), random.pick(places));
  }
  return root;
}

function change(random: Random, { parent, key }: Place, other: Place): void {
  const at = parent as Record<string | number, Json>;
  const old = valueAt({ parent, key });
  const set = (value: Json) => (Array.isArray(parent) ? (at[key] = value) : define(parent, String(key), value));
  random.weighted<() => void>([
    [6, () => set(leaf(random))],
    [2, () => set(anyValue(random))],
    [3, () => (Array.isArray(parent) ? parent.splice(Number(key), 1) : delete parent[key])],
    [
      2,
      () =>
        Array.isArray(parent)
          ? parent.push(structuredClone(old))
          : define(parent, random.pick(KEYS), structuredClone(old)),
    ],
    [2, () => set(structuredClone(valueAt(other)))],
    [1, () => set([old])],
    [1, () => set({ [random.pick(KEYS)]: old })],
    [1, () => set(typeof old === 'string' ? Number(old) : JSON.stringify(old))],
    [2, () => typeof old === 'string' && set(mutateText(random, old))],
    [1, () => typeof old === 'number' && set(old + random.pick([-1, 1, 0.5, 1e9]))],
    [0.2, () => set(Array.from({ length: 2000 }, () => structuredClone(old)))],
  ])();
}

/** Cuts, doubles and exchanges parts of a text. */
export function mutateText(random: Random, text: string): string {
  const at = random.int(text.length + 1);
  const length = random.int(8);
  return random.weighted<() => string>([
    [3, () => text.slice(0, at) + random.pick(TEXTS) + text.slice(at)],
    [3, () => text.slice(0, at) + text.slice(at + length)],
    [2, () => text.slice(0, at) + text.slice(at, at + length).repeat(3) + text.slice(at + length)],
    [1, () => text.slice(0, at)],
    [1, () => random.pick(TEXTS)],
  ])();
}

/** Exchanges, removes and adds bytes. */
export function mutateBytes(random: Random, bytes: Buffer, changes: number): Buffer {
  let out: Buffer = Buffer.from(bytes);
  for (let i = 0; i < changes; i++) {
    const at = random.int(out.length + 1);
    out = random.weighted<() => Buffer>([
      [4, () => Buffer.concat([out.subarray(0, at), random.bytes(1), out.subarray(at + 1)])],
      [2, () => Buffer.concat([out.subarray(0, at), random.bytes(random.int(8)), out.subarray(at)])],
      [2, () => Buffer.concat([out.subarray(0, at), out.subarray(at + random.int(16))])],
      [1, () => out.subarray(0, at)],
      [
        1,
        () =>
          Buffer.concat([
            out.subarray(0, at),
            Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]),
            out.subarray(at),
          ]),
      ],
    ])();
  }
  return out;
}
