import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { jsonSyntaxError, MAX_DEPTH } from '../../src/go/json-syntax.ts';

const END = 'unexpected end of JSON input';

// answered by encoding/json, and by sigs.k8s.io/json in the same words
describe('why a text is no JSON', () => {
  test.each([
    ['', END],
    [' ', END],
    ['tru', "invalid character ' ' in literal true (expecting 'e')"],
    ['trux', "invalid character 'x' in literal true (expecting 'e')"],
    ['t', "invalid character ' ' in literal true (expecting 'r')"],
    ['nul', "invalid character ' ' in literal null (expecting 'l')"],
    ['fals ', "invalid character ' ' in literal false (expecting 'e')"],
    ['truee', "invalid character 'e' after top-level value"],
    ['-', "invalid character ' ' in numeric literal"],
    ['-a', "invalid character 'a' in numeric literal"],
    ['01', "invalid character '1' after top-level value"],
    ['1.', "invalid character ' ' after decimal point in numeric literal"],
    ['1.x', "invalid character 'x' after decimal point in numeric literal"],
    ['1e', "invalid character ' ' in exponent of numeric literal"],
    ['1e+', "invalid character ' ' in exponent of numeric literal"],
    ['1ex', "invalid character 'x' in exponent of numeric literal"],
    ['"a', END],
    ['"\\x"', "invalid character 'x' in string escape code"],
    ['"\\', "invalid character ' ' in string escape code"],
    ['"\\u12g4"', "invalid character 'g' in \\u hexadecimal character escape"],
    ['"\\u12', "invalid character ' ' in \\u hexadecimal character escape"],
    ['"a\nb"', "invalid character '\\n' in string literal"],
    ['["a\x01"]', "invalid character '\\x01' in string literal"],
    ['[1', END],
    ['[1,', END],
    ['[1 2]', "invalid character '2' after array element"],
    ['[,', "invalid character ',' looking for beginning of value"],
    ['[1,]', "invalid character ']' looking for beginning of value"],
    ['{', END],
    ['{"a"', END],
    ['{"a":', END],
    ['{"a":1', END],
    ['{"a":1,}', "invalid character '}' looking for beginning of object key string"],
    ['{"a" 1}', "invalid character '1' after object key"],
    ['{"a":1 "b"}', `invalid character '"' after object key:value pair`],
    ['{a:1}', "invalid character 'a' looking for beginning of object key string"],
    ['{}{}', "invalid character '{' after top-level value"],
    ["'a'", "invalid character '\\'' looking for beginning of value"],
    ['\x00', "invalid character '\\x00' looking for beginning of value"],
    ['é', "invalid character 'Ã' looking for beginning of value"],
    ['\u00a0', "invalid character 'Â' looking for beginning of value"],
    ['+1', "invalid character '+' looking for beginning of value"],
    ['.5', "invalid character '.' looking for beginning of value"],
  ])('%j: %s', (text, error) => expect(jsonSyntaxError(text)).toBe(error));

  test('it may be 10,000 deep', () => {
    const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
    expect(jsonSyntaxError(nested(MAX_DEPTH))).toBeUndefined();
    expect(jsonSyntaxError(nested(MAX_DEPTH + 1))).toBe("invalid character '[' exceeded max depth");
    expect(jsonSyntaxError('{"a":'.repeat(MAX_DEPTH + 1))).toBe("invalid character '{' exceeded max depth");
    expect(jsonSyntaxError('['.repeat(MAX_DEPTH))).toBe(END);
  });

  test('what JSON.parse takes is good, and what it refuses is told', () => {
    const text = fc.oneof(
      fc.json(),
      fc.string(),
      fc.json().map((good) => good.slice(0, -1)),
      fc.json().map((good) => `${good},`),
    );
    fc.assert(
      fc.property(text, (each) => {
        let good = true;
        try {
          JSON.parse(each);
        } catch {
          good = false;
        }
        expect(jsonSyntaxError(each) === undefined).toBe(good);
      }),
    );
  });
});
