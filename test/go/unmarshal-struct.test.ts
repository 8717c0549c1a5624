import { describe, expect, test } from 'vitest';
import { unmarshalStruct } from '../../src/go/unmarshal-struct.ts';

const read = (text: string | Buffer) =>
  unmarshalStruct(Buffer.from(text as string), 'pkg.thing', { v: 'string', rv: 'int64', start: 'string' });

describe('a struct, as encoding/json reads it', () => {
  test.each<[string, object]>([
    ['null', {}],
    [' null ', {}],
    ['{}', {}],
    [' { "v" : "a" , "rv" : -1 , "start" : "b" } ', { v: 'a', rv: -1n, start: 'b' }],
    ['{"V":"a","RV":9223372036854775807,"sTaRt":"b"}', { v: 'a', rv: 9223372036854775807n, start: 'b' }],
    ['{"\u017Ftart":"b"}', { start: 'b' }],
    ['{"v":"a","v":"b"}', { v: 'b' }],
    ['{"v":"a","v":null}', { v: 'a' }],
    ['{"x":{"v":"no","y":["}","\\"]"]},"v":"a","z":[{},1,-2.5e3,true,false,null,""]}', { v: 'a' }],
    ['{"v":"\\ud800b\\u00e9"}', { v: '\uFFFDb\u00e9' }],
    ['{"__proto__":1,"constructor":2}', {}],
  ])('%s', (text, value) => {
    expect(read(text)).toEqual(value);
  });

  const into = (what: string, field: string, type: string): string =>
    `json: cannot unmarshal ${what} into Go struct field thing.${field} of type ${type}`;
  test.each<[string | Buffer, string]>([
    ['[]', 'json: cannot unmarshal array into Go value of type pkg.thing'],
    ['"a"', 'json: cannot unmarshal string into Go value of type pkg.thing'],
    ['1', 'json: cannot unmarshal number into Go value of type pkg.thing'],
    ['true', 'json: cannot unmarshal bool into Go value of type pkg.thing'],
    ['{"rv":"x","v":1}', into('string', 'rv', 'int64')],
    ['{"start":1,"rv":"x"}', into('number', 'start', 'string')],
    ['{"Start":{}}', into('object', 'start', 'string')],
    ['{"rv":1.0}', into('number 1.0', 'rv', 'int64')],
    ['{"rv":1e2}', into('number 1e2', 'rv', 'int64')],
    ['{"rv":9223372036854775808}', into('number 9223372036854775808', 'rv', 'int64')],
    ['{"rv":false,"v":"a"', 'unexpected end of JSON input'],
    [Buffer.from([0xff]), "invalid character 'ÿ' looking for beginning of value"],
    [Buffer.from([0x7b, 0xc3]), "invalid character 'Ã' looking for beginning of object key string"],
    [Buffer.from([0x5b, 0x80]), "invalid character '\\u0080' looking for beginning of value"],
  ])('%s is refused', (text, why) => {
    expect(() => read(text)).toThrow(why);
  });
});
