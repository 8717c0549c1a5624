import { describe, expect, it } from 'vitest';
import { decodeProtobuf } from '../../src/kinds/protobuf/envelope.ts';
import { parseJson } from '../../src/kinds/decode.ts';
import { MAX_VALUES } from '../../src/kinds/body-bounds.ts';
import { applySchemaDefaults } from '../../src/kinds/defaults.ts';
import { structuralSchema } from '../../src/kinds/custom/structural.ts';
import type { ObjectSchema } from '../../src/kinds/schema.ts';
import { badRequest } from '../../src/meta/status.ts';
import type { KubeObject } from '../../src/meta/object.ts';

const list = (items: number): string => `[${'1,'.repeat(items - 1)}1]`;
const TOO_MANY = `Request entity too large: limit is ${MAX_VALUES} values`;

describe('the bounds of a body', () => {
  it('has as many values as may be', () => {
    expect(parseJson(Buffer.from(list(MAX_VALUES)), badRequest).value).toHaveLength(MAX_VALUES);
  });
  it.each([
    ['one more', list(MAX_VALUES + 1), TOO_MANY],
    ['too many of bad JSON', `${list(MAX_VALUES + 1)}]`, TOO_MANY],
    ['too deep', '['.repeat(1_000_000), "invalid character '[' exceeded max depth"],
  ])('refuses %s', (_, text, message) => {
    expect(() => parseJson(Buffer.from(text), badRequest)).toThrow(message);
  });
  it('counts what defaults add', () => {
    const item = {
      type: 'object',
      properties: { a: { type: 'string', default: 'x' }, b: { type: 'string', default: 'y' } },
    };
    const schema = structuralSchema({
      type: 'object',
      properties: { list: { type: 'array', items: item } },
    }) as ObjectSchema;
    const of = (count: number): KubeObject =>
      ({ list: Array.from({ length: count }, () => ({})) }) as unknown as KubeObject;
    expect(() => applySchemaDefaults(schema, of(MAX_VALUES / 2), true)).not.toThrow();
    expect(() => applySchemaDefaults(schema, of(MAX_VALUES / 2 + 1), true)).toThrow(TOO_MANY);
  });
  it.each([
    ['messages of a list', Buffer.from([0x12, 0])],
    ['entries of a map', Buffer.from([0x3a, 0])],
  ])('counts the %s in protobuf', (_, part) => {
    const spec = Buffer.alloc(2_000_000, part);
    const length = Buffer.from([(spec.length & 127) | 128, ((spec.length >> 7) & 127) | 128, spec.length >> 14]);
    const pod = Buffer.concat([Buffer.from([0x12]), length, spec]);
    const size = Buffer.from([(pod.length & 127) | 128, ((pod.length >> 7) & 127) | 128, pod.length >> 14]);
    const body = Buffer.concat([Buffer.from('k8s\0'), Buffer.from([0x12]), size, pod]);
    expect(() => decodeProtobuf(body, { apiVersion: 'v1', kind: 'Pod' })).toThrow(TOO_MANY);
  });
});
