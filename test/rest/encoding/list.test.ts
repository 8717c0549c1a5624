import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { ListAnswer } from '../../../src/api/contract.ts';
import { createRegistry } from '../../../src/kinds/registry.ts';
import { encodeList } from '../../../src/rest/encoding/list.ts';
import type { Media } from '../../../src/rest/negotiation/negotiate.ts';
import { Item } from '../../../src/store/item.ts';
import { Retained } from '../../../src/store/retained.ts';

const retained = new Retained();
const kind = createRegistry().byResource('', 'v1', 'configmaps')!;

function listOf(count: number): ListAnswer {
  const items = Array.from({ length: count }, (_, n) => {
    const metadata = {
      resourceVersion: String(n),
      name: `c-${n}`,
      namespace: 'x',
      uid: `u-${n}`,
      creationTimestamp: '2026-01-01T00:00:00Z',
    };
    // what a reader that cuts at line ends, commas or `items` would stumble over
    const data = { text: 'one\ntwo, "items": []\nitems: []', '{': '}' };
    const bytes = Buffer.from(JSON.stringify({ metadata, data }));
    return new Item(
      { resource: 'configmaps', namespace: 'x', name: `c-${n}` },
      n,
      bytes,
      { uid: `u-${n}`, labels: undefined, fields: undefined, owners: undefined },
      retained,
    );
  });
  return { kind, items, revision: 99 };
}

const text = (list: ListAnswer, media: Media): string =>
  Buffer.concat([...encodeList(list, media, 'Metadata', 0).pieces]).toString();
const plain = { format: 'json', pretty: false } as const;
const forms: [string, Media['as']][] = [
  ['whole objects', undefined],
  ['a Table', { kind: 'Table', version: 'v1' }],
  ['metadata', { kind: 'PartialObjectMetadataList', version: 'v1' }],
];

describe.each(forms)('a list as %s', (_, as) => {
  const extra = as && { as };
  it.each([0, 1, 3])('of %i says the same in all forms', (count) => {
    const list = listOf(count);
    const value: unknown = JSON.parse(text(list, { ...plain, ...extra }));
    expect(text(list, { format: 'json', pretty: true, ...extra })).toBe(`${JSON.stringify(value, null, 2)}\n`);
    expect(parse(text(list, { format: 'yaml', pretty: false, ...extra }), { version: '1.1' })).toEqual(value);
  });

  it('is made item by item', () => {
    for (const media of [
      { format: 'json', pretty: true, ...extra },
      { format: 'yaml', pretty: false, ...extra },
    ] as Media[]) {
      expect([...encodeList(listOf(50), media, 'Metadata', 0).pieces].length).toBeGreaterThanOrEqual(52);
    }
  });
});

it('a list in protobuf gives an opportunity to pause after each message, before its length is known', () => {
  const pieces = [...encodeList(listOf(20), { format: 'protobuf', pretty: false }, 'Metadata', 0).pieces];
  expect(pieces.slice(0, 20).every((piece) => piece.length === 0)).toBe(true);
  expect(pieces[20]?.subarray(0, 4).toString('latin1')).toBe('k8s\0');
});
