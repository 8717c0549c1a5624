import { expect, test } from 'vitest';
import { managedFieldsIn } from '../../src/resolvers/managed-fields.ts';

const entry = { manager: 'm', fieldsV1: { 'f:spec': { 'k:{"name":"a]}"}': {}, 'v:["\\\\"]': {}, '.': {} } } };

test.each(['', '{}', '{"status":"Failure","message":"a', '{"metadata":{"name":"a'])(
  'what has no metadata has no managedFields: %s',
  (json) => {
    expect(managedFieldsIn(Buffer.from(json))).toBeUndefined();
  },
);

test.each([
  ['last in the metadata', { metadata: { name: 'a', managedFields: [entry, entry] }, spec: {} }],
  ['in the middle', { kind: 'A', metadata: { name: 'a', managedFields: [entry], labels: { a: 'é' } } }],
  ['empty', { metadata: { name: 'a', managedFields: [] } }],
  [
    'beside what looks like it',
    {
      metadata: { name: 'managedFields', annotations: { managedFields: ',"managedFields":[' }, managedFields: [entry] },
    },
  ],
  ['not there', { metadata: { name: '"managedFields":[' }, spec: { managedFields: [entry] } }],
  ['not there, and the object ends soon', { metadata: { name: 'a' } }],
  ['not there, but in a label', { metadata: { labels: { managedFields: 'a' } } }],
])('managedFields are cut from the bytes: %s', (_, object) => {
  const json = Buffer.from(JSON.stringify(object));
  const { start, end } = managedFieldsIn(json) ?? { start: 0, end: 0 };
  const { managedFields: __, ...metadata } = object.metadata as Record<string, unknown>;
  expect(JSON.parse(Buffer.concat([json.subarray(0, start), json.subarray(end)]).toString())).toEqual({
    ...object,
    metadata,
  });
});
