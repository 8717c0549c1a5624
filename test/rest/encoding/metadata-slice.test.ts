import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { metadataSlice } from '../../../src/rest/encoding/metadata-slice.ts';

const slice = (metadata: unknown, spec: unknown = {}): unknown =>
  JSON.parse(metadataSlice(Buffer.from(JSON.stringify({ metadata, spec }))).toString());

describe('the metadata of a stored object', () => {
  it.each([
    ['escapes that follow each other', { annotations: { a: '{"b":"","c":"\\"}' } }],
    ['braces in strings', { annotations: { a: '}}{{', '{': '}' } }],
    ['a backslash at the end of a string', { annotations: { a: 'x\\', b: '\\\\' } }],
    [
      'objects within',
      { labels: {}, ownerReferences: [{ name: 'a' }], managedFields: [{ fieldsV1: { 'f:a': { '.': {} } } }] },
    ],
  ])('with %s', (_, metadata) => expect(slice(metadata, { a: '"' })).toEqual(metadata));

  it('is found whatever is in it', () => {
    const anyText = fc.string({ unit: fc.constantFrom('"', '\\', '{', '}', 'a', 'é', '\n', '[', ']') });
    fc.assert(
      fc.property(
        fc.dictionary(anyText, fc.oneof(anyText, fc.dictionary(anyText, anyText))),
        anyText,
        (metadata, spec) => {
          const text = JSON.stringify({ metadata, spec });
          expect(metadataSlice(Buffer.from(text)).toString()).toBe(JSON.stringify(metadata));
        },
      ),
    );
  });

  it('that has no end is an error, not a search without end', () => {
    expect(() => metadataSlice(Buffer.from('{"metadata":{"a":"b'))).toThrow('without metadata');
  });
});
