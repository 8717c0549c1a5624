import { stringify } from 'yaml';
import { encodeProtobuf, hasProtobuf } from '../../../src/kinds/protobuf/envelope.ts';
import type { Random } from './random.ts';
import type { Seed } from './seeds.ts';
import { mutateBytes, mutateText, type Json } from './values.ts';

export const JSON_TYPE = 'application/json';
export const YAML = 'application/yaml';
export const PROTOBUF = 'application/vnd.kubernetes.protobuf';
export const PATCHES = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
];
const TYPES = [
  JSON_TYPE,
  YAML,
  PROTOBUF,
  ...PATCHES,
  'text/plain',
  '',
  'application/json; charset=utf-16',
  'a',
  '/',
  'application/cbor',
  'multipart/form-data; boundary=x',
  'application/JSON',
];

/** The body in the form of its media type, sometimes broken below the level of values. */
export function encoded(
  random: Random,
  { body, headers, method }: Seed,
): { bytes: Buffer | undefined; type: string | undefined } {
  if (body === undefined) return { bytes: undefined, type: undefined };
  const text = random.chance(0.01) ? nested(random) : JSON.stringify(body);
  const patch = headers['content-type'];
  if (patch)
    return {
      bytes: broken(random, random.chance(0.1) && patch.includes('yaml') ? yamlOf(random, body) : Buffer.from(text)),
      type: random.chance(0.05) ? random.pick(TYPES) : patch,
    };
  return random.weighted<() => { bytes: Buffer; type: string | undefined }>([
    [14, () => ({ bytes: broken(random, Buffer.from(text)), type: JSON_TYPE })],
    [3, () => ({ bytes: broken(random, yamlOf(random, body)), type: YAML })],
    [method === 'PATCH' ? 0 : 3, () => ({ bytes: protobufOf(random, body), type: PROTOBUF })],
    [1, () => ({ bytes: broken(random, Buffer.from(text)), type: random.pick(TYPES) })],
  ])();
}

function yamlOf(random: Random, body: Json): Buffer {
  const bombs = [
    'a: &a [x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c]\n',
    '- *x\n',
    '&a [*a]',
    'a: !!binary x\nb: !!js/function y\n',
    '---\na: 1\n---\nb: 2\n',
    '? {a: b}\n: c\n',
    '<<: {a: b}\n',
    'a: 0o17\nb: 1_000\nc: .inf\n',
  ];
  if (random.chance(0.1)) return Buffer.from(random.pick(bombs));
  return Buffer.from(mutateSome(random, stringify(body)));
}
const mutateSome = (random: Random, text: string): string => (random.chance(0.3) ? mutateText(random, text) : text);

function protobufOf(random: Random, body: Json): Buffer {
  const { apiVersion, kind } = (body ?? {}) as { apiVersion?: unknown; kind?: unknown };
  let bytes = random.bytes(random.int(64));
  if (typeof apiVersion === 'string' && typeof kind === 'string' && hasProtobuf(apiVersion, kind)) {
    try {
      bytes = encodeProtobuf(apiVersion, kind, body as object);
    } catch {
      // a mutated object need not have a protobuf form
    }
  }
  return random.chance(0.7) ? mutateBytes(random, bytes, 1 + random.int(4)) : bytes;
}

const broken = (random: Random, bytes: Buffer): Buffer =>
  random.chance(0.1) ? mutateBytes(random, bytes, 1 + random.int(3)) : bytes;

function nested(random: Random): string {
  const depth = random.pick([100, 2_000, 10_000, 100_000]);
  const [open, close] = random.pick([
    ['[', ']'],
    ['{"a":', '}'],
    ['{"metadata":{"labels":', '}}'],
  ] as const);
  return `${open.repeat(depth)}1${close.repeat(random.chance(0.8) ? depth : 0)}`;
}
