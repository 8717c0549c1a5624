import { describe, expect, it } from 'vitest';
import { decodeShape, FLAG, listOf, struct, TEXT } from '../../src/go/decode-shape.ts';

const shape = struct('File', {
  name: TEXT,
  on: FLAG,
  count: { go: 'int32', json: 'number' },
  list: listOf(struct('Item', { a: TEXT })),
  names: listOf(TEXT),
  meta: { go: 'v1.ObjectMeta', json: 'any' },
});

describe('a document of a type', () => {
  it.each<[unknown, unknown, string[]]>([
    [{}, {}, []],
    [
      { name: 'a', on: true, count: 3, list: [{ a: 'b' }, {}] },
      { name: 'a', on: true, count: 3, list: [{ a: 'b' }, {}] },
      [],
    ],
    [{ name: null, list: null }, {}, []],
    [{ list: [null], names: [null, 'a'] }, { list: [{}], names: ['', 'a'] }, []],
    [{ meta: { any: ['thing'] } }, { meta: { any: ['thing'] } }, []],
    [{ nam: 'a', name: 'b' }, { name: 'b' }, ['unknown field "nam"']],
    [{ list: [{}, { b: 1 }] }, { list: [{}, {}] }, ['unknown field "list[1].b"']],
    [{ constructor: {}, toString: 1 }, {}, ['unknown field "constructor"', 'unknown field "toString"']],
  ])('%j', (document, value, unknown) => {
    expect(decodeShape(document, shape)).toEqual({ value, unknown });
  });

  it.each<[unknown, string]>([
    [[], 'array into Go value of type v1.File'],
    ['text', 'string into Go value of type v1.File'],
    [{ name: 3 }, 'number into Go struct field File.name of type string'],
    [{ on: 'true' }, 'string into Go struct field File.on of type bool'],
    [{ count: true }, 'bool into Go struct field File.count of type int32'],
    [{ list: {} }, 'object into Go struct field File.list of type []v1.Item'],
    [{ list: [{ a: 1 }] }, 'number into Go struct field Item.list.a of type string'],
  ])('%j is none', (document, why) => {
    expect(() => decodeShape(document, shape)).toThrow(`json: cannot unmarshal ${why}`);
  });
});
