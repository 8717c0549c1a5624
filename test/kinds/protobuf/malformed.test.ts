import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isStatusError } from '../../../src/meta/status.ts';
import { decodeProtobuf, encodeProtobuf, hasProtobuf } from '../../../src/kinds/protobuf/envelope.ts';
import { wire } from '../../../src/kinds/protobuf/facts.ts';
import { encodeWatchFrame } from '../../../src/kinds/protobuf/watch-frame.ts';
import { decodeWatchFrame } from '../../support/watch-frame.ts';

const pairs = JSON.parse(readFileSync(new URL('../../golden/protobuf.json', import.meta.url), 'utf8')) as {
  protobuf: string;
}[];
const pod = Buffer.from((pairs[3] as { protobuf: string }).protobuf, 'base64');
const code = (bytes: Buffer): number => {
  try {
    decodeProtobuf(bytes);
  } catch (error) {
    if (isStatusError(error)) return error.code;
    throw error;
  }
  return 200;
};

describe('malformed protobuf', () => {
  test.each<[string, Buffer]>([
    ['nothing', Buffer.alloc(0)],
    ['JSON', Buffer.from('{"kind":"Pod"}')],
    ['an envelope without kind', Buffer.from('k8s\0')],
    ['a kind that is not known', Buffer.from('k8s\0\x0a\x07\x0a\x02v1\x12\x01X', 'latin1')],
    ['half an object', pod.subarray(0, pod.length >> 1)],
    ['a length beyond the end', Buffer.from([0x6b, 0x38, 0x73, 0, 0x12, 0xff, 0xff, 0xff, 0xff, 0x0f])],
    [
      'a length beyond all bounds',
      Buffer.from([0x6b, 0x38, 0x73, 0, 0x12, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]),
    ],
    ['an endless varint', Buffer.concat([Buffer.from('k8s\0'), Buffer.alloc(20, 0xff)])],
    ['a group', Buffer.from([0x6b, 0x38, 0x73, 0, 0x3b])],
  ])('%s is a bad request', (_, bytes) => expect(code(bytes)).toBe(400));

  test('deep nesting is a bad request', () => {
    let bytes: Buffer = Buffer.alloc(0);
    const length = (n: number): number[] => (n < 128 ? [n] : [(n & 127) | 128, ...length(n >> 7)]);
    for (let i = 0; i < 5000; i++)
      bytes = Buffer.concat([Buffer.from([((29 << 3) & 127) | 2 | 128, 1, ...length(bytes.length)]), bytes]);
    const crd = wire.kinds['apiextensions.k8s.io/v1']!['CustomResourceDefinition'];
    expect(crd).toBeDefined();
    for (const field of [1, 3, 1])
      bytes = Buffer.concat([Buffer.from([(field << 3) | 2, ...length(bytes.length)]), bytes]);
    const meta = Buffer.concat([
      Buffer.from('\x0a\x17apiextensions.k8s.io/v1\x12\x18CustomResourceDefinition', 'latin1'),
    ]);
    const whole = Buffer.concat([
      Buffer.from('k8s\0\x0a'),
      Buffer.from(length(meta.length)),
      meta,
      Buffer.from([0x12, ...length(bytes.length)]),
      bytes,
    ]);
    expect([200, 400]).toContain(code(whole));
  });

  test('any damage gives an object or a bad request', () => {
    fc.assert(
      fc.property(fc.nat(pod.length - 1), fc.nat(255), fc.nat(pod.length), (at, byte, end) => {
        const bytes = Buffer.from(pod);
        bytes[at] = byte;
        expect([200, 400]).toContain(code(bytes));
        expect([200, 400]).toContain(code(bytes.subarray(0, end)));
      }),
      { numRuns: 1000 },
    );
  });
});

describe('every kind', () => {
  const kinds = Object.entries(wire.kinds).flatMap(([version, list]) =>
    Object.keys(list).map((kind) => [version, kind] as const),
  );

  test('comes back from the wire as it went, empty', () => {
    for (const [version, kind] of kinds) {
      const { object } = decodeProtobuf(encodeProtobuf(version, kind, {}));
      expect(decodeProtobuf(encodeProtobuf(version, kind, object)).object).toEqual(object);
    }
  });

  test('options are of every group, custom kinds of none', () => {
    expect(hasProtobuf('apps/v1', 'DeleteOptions')).toBe(true);
    expect(hasProtobuf('apps/v1', 'Pod')).toBe(false);
    expect(hasProtobuf('meta.k8s.io/v1', 'PartialObjectMetadataList')).toBe(true);
    expect(hasProtobuf('example.com/v1', 'Widget')).toBe(false);
    expect(hasProtobuf('constructor', 'name')).toBe(false);
    expect(() => encodeProtobuf('example.com/v1', 'Widget', {})).toThrow('does not implement the protobuf');
  });

  test('types with forms of their own', () => {
    const spec = {
      group: 'g',
      names: { plural: 'p', kind: 'K' },
      scope: 'Namespaced',
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: {
              type: 'object',
              maximum: 1.5,
              additionalProperties: { type: 'string' },
              items: [{ type: 'string' }, { type: 'number' }],
              dependencies: { a: ['b'], c: { type: 'string' } },
              default: { x: [1, null] },
              properties: { p: { type: 'array', items: { type: 'string' }, additionalProperties: false } },
              'x-kubernetes-preserve-unknown-fields': true,
            },
          },
        },
      ],
    };
    const crd = { metadata: { name: 'p.g' }, spec };
    const { object } = decodeProtobuf(encodeProtobuf('apiextensions.k8s.io/v1', 'CustomResourceDefinition', crd));
    expect(object.spec).toEqual(spec);
    const lease = {
      metadata: { name: 'l', labels: { ü: 'é€😀' } },
      spec: { renewTime: '2024-01-01T00:00:00.123456Z', leaseTransitions: -1 },
    };
    const back = decodeProtobuf(encodeProtobuf('coordination.k8s.io/v1', 'Lease', lease)).object;
    expect(back).toMatchObject(lease);
    const text = 'ü'.repeat(100_000);
    expect(
      decodeProtobuf(encodeProtobuf('v1', 'ConfigMap', { data: { text }, binaryData: { b: 'AAEC' } })).object,
    ).toMatchObject({ data: { text }, binaryData: { b: 'AAEC' } });
    const event = { metadata: {}, involvedObject: {}, count: 2147483648, firstTimestamp: '1969-12-31T23:59:00Z' };
    expect(decodeProtobuf(encodeProtobuf('v1', 'Event', event)).object.firstTimestamp).toBe(event.firstTimestamp);
  });
});

describe('watch frames', () => {
  test('are read as they were written, and not before they are complete', () => {
    const frame = encodeWatchFrame('ADDED', pod);
    expect(decodeWatchFrame(frame.subarray(0, 3))).toBeUndefined();
    expect(decodeWatchFrame(frame.subarray(0, frame.length - 1))).toBeUndefined();
    const event = decodeWatchFrame(Buffer.concat([frame, frame]))!;
    expect(event).toMatchObject({ type: 'ADDED', size: frame.length, object: { kind: 'Pod', apiVersion: 'v1' } });
    expect(encodeProtobuf('v1', 'Pod', event.object.object).equals(pod)).toBe(true);
  });
});
