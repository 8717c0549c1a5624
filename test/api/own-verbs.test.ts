import { expect, test } from 'vitest';
import { ownVerbs } from '../../src/api/own-verbs.ts';
import { createRegistry } from '../../src/kinds/registry.ts';

const kinds = createRegistry().all();
const verbsOf = (kind: (typeof kinds)[number], subresource: string): string[] =>
  Object.keys(ownVerbs({ kind, namespace: '', name: '', subresource }) ?? {}).sort();

test('what is never stored answers all that it serves in its own way', () => {
  for (const kind of kinds.filter(({ storage }) => !storage.persisted))
    expect(verbsOf(kind, ''), kind.kind).toEqual([...kind.verbs].sort());
});

test('what is stored is written and read as everything is', () => {
  for (const kind of kinds.filter(({ storage }) => storage.persisted)) expect(verbsOf(kind, ''), kind.kind).toEqual([]);
});

test('subresources of another kind than their resource have verbs of their own', () => {
  const found = kinds.flatMap((kind) =>
    [...kind.subresources.keys()].flatMap((name) => {
      const own = verbsOf(kind, name);
      return own.length && name !== 'scale' ? [`${kind.resource}/${name}: ${own.join()}`] : [];
    }),
  );
  expect(found).toEqual(['pods/binding: create', 'pods/eviction: create', 'serviceaccounts/token: create']);
  const scales = kinds.filter((kind) => kind.subresources.has('scale'));
  expect(scales.map((kind) => verbsOf(kind, 'scale').join())).toEqual(scales.map(() => 'get,patch,update'));
});
