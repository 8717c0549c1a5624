import { expect, test } from 'vitest';
import { validateValue } from '../../../src/kinds/custom/validate-schema.ts';

const noInteger = (types: string) => `Invalid value: "number": spec in body must be of type ${types}: "number"`;
const MORE = 'Invalid value: 9.223372036854776e+18: spec in body should be less than or equal to 10';

/** As they are read: integers of 64 bits exactly, all else as a double. What kube-apiserver 1.35.4 says of them. */
test.each<[value: number | bigint, schema: object, ...errors: string[]]>([
  [2 ** 63, { type: 'integer' }, noInteger('integer')],
  [-(2 ** 63) - 2048, { type: 'integer' }, noInteger('integer')],
  [2 ** 64, { type: 'integer', format: 'int64' }, noInteger('integer')],
  [1e18, { type: 'integer' }, noInteger('integer')],
  [1.5, { type: 'integer' }, noInteger('integer')],
  [2 ** 63, { 'x-kubernetes-int-or-string': true }, noInteger('integer,string')],
  [2 ** 63, { type: 'integer', maximum: 10 }, noInteger('integer'), MORE],
  [
    9223372036854775807n,
    { type: 'integer', maximum: 10 },
    'Invalid value: 9223372036854775807: spec in body should be less than or equal to 10',
  ],
  [9223372036854775807n, { type: 'integer' }],
  [-9223372036854775808n, { type: 'integer' }],
  [2_147_483_648, { type: 'integer', format: 'int32' }],
  [1e3, { type: 'integer' }],
  [2 ** 63, { type: 'number' }],
  [1e39, { type: 'number', format: 'float' }],
])('%s of %j', (value, schema, ...errors) => {
  expect(validateValue(schema, value, 'spec', undefined).map(({ body }) => body)).toEqual(errors);
});
