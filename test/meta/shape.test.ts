import { describe, expect, it } from 'vitest';
import { shapeErrors, type Shape } from '../../src/meta/shape.ts';

const shape: Shape = {
  fields: {
    name: 'string',
    on: 'boolean',
    count: 'integer',
    list: { list: { fields: { a: 'string' } } },
    map: { map: 'string' },
  },
};

describe('the form of a configuration file', () => {
  it.each<[unknown, string[]]>([
    [{}, []],
    [{ name: 'a', on: true, count: 3, list: [{ a: 'b' }, {}], map: { any: 'thing' } }, []],
    [{ name: null, list: null }, []],
    [{ nam: 'a' }, ['unknown field "nam"']],
    [{ list: [{}, { b: 1 }] }, ['unknown field "list[1].b"']],
    [{ name: 3 }, ['field "name" must be of type string, not integer']],
    [{ count: 1.5 }, ['field "count" must be of type integer, not number']],
    [{ on: 'true' }, ['field "on" must be of type boolean, not string']],
    [{ list: {} }, ['field "list" must be of type list, not object']],
    [{ map: { a: 1 } }, ['field "map.a" must be of type string, not integer']],
    [{ constructor: {}, toString: 1 }, ['unknown field "constructor"', 'unknown field "toString"']],
    [[], ['field "" must be of type object, not list']],
  ])('%j', (value, errors) => {
    expect(shapeErrors(value, shape)).toEqual(errors);
  });

  it('tells a bounded number of errors', () => {
    const value = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`f${i}`, 1]));
    expect(shapeErrors(value, shape).length).toBe(20);
  });
});
