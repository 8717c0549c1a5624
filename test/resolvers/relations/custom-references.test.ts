import { expect, test } from 'vitest';
import { declaredRelations } from '../../../src/kinds/custom/references.ts';
import type { KubeObject } from '../../../src/meta/object.ts';

const definition = (references: unknown): KubeObject => ({
  metadata: {
    annotations: { 'ku7s.io/references': typeof references === 'string' ? references : JSON.stringify(references) },
  } as unknown as KubeObject['metadata'],
});
const object = (spec: unknown): KubeObject => ({ metadata: { namespace: 'n' } as KubeObject['metadata'], spec });

test('names are found at their paths, through lists too', () => {
  const [one, many, elsewhere] = declaredRelations(
    definition([
      { path: 'spec.ref.name', resource: 'things.example.com', field: 'thing' },
      { path: 'spec.refs[].name', resource: 'things.example.com', back: 'users' },
      { path: 'spec.ref.name', namespacePath: 'spec.ref.namespace', resource: 'secrets', field: 'secret' },
    ]),
  );
  const it = object({ ref: { name: 'a', namespace: 'm' }, refs: [{ name: 'b' }, {}, { name: 'c' }, { name: 5 }] });
  expect(one?.form === 'name' && one.name(it)).toBe('a');
  expect(many?.form === 'names' && many.names(it)).toEqual(['b', 'c']);
  expect(elsewhere?.form === 'name' && elsewhere.namespace?.(it)).toBe('m');
  expect(one?.form === 'name' && one.name(object(undefined))).toBeUndefined();
});

test.each([
  ['not JSON', '{'],
  ['no list', {}],
  ['no object', [3]],
  ['no path', [{ resource: 'pods', field: 'a' }]],
  ['a path that is none', [{ path: '..', resource: 'pods', field: 'a' }]],
  ['a field that GraphQL cannot have', [{ path: 'a', resource: 'pods', field: 'a-b' }]],
  ['a field of introspection', [{ path: 'a', resource: 'pods', back: '__schema' }]],
])('what cannot be read is left out: %s', (_, references) => {
  expect(declaredRelations(definition(references))).toEqual([]);
});
