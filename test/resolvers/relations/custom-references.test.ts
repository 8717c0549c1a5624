import { expect, test } from 'vitest';
import { declaredReferences } from '../../../src/kinds/custom/references.ts';
import type { KubeObject } from '../../../src/meta/object.ts';

const definition = (references: unknown): KubeObject => ({
  metadata: {
    annotations: { 'ku7s.io/references': typeof references === 'string' ? references : JSON.stringify(references) },
  } as unknown as KubeObject['metadata'],
});
const object = (spec: unknown): KubeObject => ({ metadata: { namespace: 'n' } as KubeObject['metadata'], spec });

test('names are found at their paths, through lists too', () => {
  const { relations, faults } = declaredReferences(
    definition([
      { path: 'spec.ref.name', resource: 'things.example.com', field: 'thing' },
      { path: 'spec.refs[].name', resource: 'things.example.com', back: 'users' },
      { path: 'spec.ref.name', namespacePath: 'spec.ref.namespace', resource: 'secrets', field: 'secret' },
    ]),
  );
  const [one, many, elsewhere] = relations;
  expect(faults).toEqual([]);
  const it = object({ ref: { name: 'a', namespace: 'm' }, refs: [{ name: 'b' }, {}, { name: 'c' }, { name: 5 }] });
  expect(one?.form === 'name' && one.name(it)).toBe('a');
  expect(many?.form === 'names' && many.names(it)).toEqual(['b', 'c']);
  expect(elsewhere?.form === 'name' && elsewhere.namespace?.(it)).toBe('m');
  expect(one?.form === 'name' && one.name(object(undefined))).toBeUndefined();
});

test.each<[string, unknown, string]>([
  ['not JSON', '{', ': it must be JSON'],
  ['no list', {}, ': it must be a list'],
  ['no object', [3], '[0]: it must be an object'],
  ['no path', [{ resource: 'pods', field: 'a' }], '[0]: path: '],
  ['a path that is none', [{ path: '..', resource: 'pods', field: 'a' }], '[0]: path: '],
  ['no resource', [{ path: 'a', field: 'a' }], '[0]: resource: '],
  ['a field that GraphQL cannot have', [{ path: 'a', resource: 'pods', field: 'a-b' }], '[0]: field: '],
  ['a field of introspection', [{ path: 'a', resource: 'pods', back: '__schema' }], '[0]: back: '],
  [
    'a namespace that is no text',
    [{ path: 'a', namespacePath: 3, resource: 'pods', field: 'a' }],
    '[0]: namespacePath',
  ],
  ['a namespace of several', [{ path: 'a[]', namespacePath: 'b', resource: 'pods', field: 'a' }], '[0]: namespacePath'],
  ['no end', [{ path: 'a', resource: 'pods' }], '[0]: it has neither'],
])('what cannot be read is left out, and told: %s', (_, references, fault) => {
  const { relations, faults } = declaredReferences(definition(references));
  expect(relations).toEqual([]);
  expect(faults).toEqual([expect.stringContaining(`ku7s.io/references${fault}`)]);
});

test('what can be read beside it stays, up to a bound', () => {
  const good = { path: 'a', resource: 'pods', field: 'a' };
  const some = declaredReferences(definition([good, 3, good]));
  expect([some.relations.length, some.faults.length]).toEqual([2, 1]);
  const many = declaredReferences(definition(Array.from({ length: 40 }, () => good)));
  expect(many.relations).toHaveLength(32);
  expect(many.faults).toEqual(['ku7s.io/references: more than 32']);
});
