import { expect, test } from 'vitest';
import { jsonError, jsonObjectError } from '../../src/go/json-unmarshal.ts';

const MAP = 'map[string]interface {}';
test.each([
  ['1', `json: cannot unmarshal number into Go value of type ${MAP}`],
  ['"a"', `json: cannot unmarshal string into Go value of type ${MAP}`],
  ['true', `json: cannot unmarshal bool into Go value of type ${MAP}`],
  ['[]', `json: cannot unmarshal array into Go value of type ${MAP}`],
  ['{"a":1}', undefined],
  ['null', undefined],
  ['tru', "invalid character ' ' in literal true (expecting 'e')"],
  [`${'['.repeat(1001)}${']'.repeat(1001)}`, `json: cannot unmarshal array into Go value of type ${MAP}`],
  ['{"a":'.repeat(5000) + '1' + '}'.repeat(5000), undefined],
])('%.20s as an object', (text, error) => expect(jsonObjectError(text)).toBe(error));

test.each([
  ['{}', 'json: cannot unmarshal object into Go value of type []v1.Taint'],
  ['1', 'json: cannot unmarshal number into Go value of type []v1.Taint'],
  ['[]', undefined],
  ['null', undefined],
])('%s as a list', (text, error) => expect(jsonError(text, '[]v1.Taint')).toBe(error));
