import { expect, test } from 'vitest';
import type { CustomResourceDefinition, CustomResourceDefinitionNames as Names } from '../../schema/types.ts';
import { GroupNames } from '../../src/api/definitions/group-names.ts';
import { newObject } from '../../src/api/new-object.ts';

const definition = (plural: string, group: string, accepted: boolean): CustomResourceDefinition => {
  const names: Names = { plural, kind: plural };
  return {
    metadata: newObject({ name: `${plural}.${group}` }).metadata,
    spec: { group, names, scope: 'Namespaced', versions: [] },
    status: {
      acceptedNames: accepted ? names : { plural: '', kind: '' },
      conditions: [
        { type: 'NamesAccepted', status: accepted ? 'True' : 'False', lastTransitionTime: '2026-01-01T00:00:00Z' },
      ],
    },
  };
};

test('names are judged beside those of the same group', () => {
  const names = new GroupNames();
  for (const [plural, group] of [
    ['a', 'one.example.com'],
    ['b', 'one.example.com'],
    ['c', 'two.example.com'],
  ] as const)
    names.put(definition(plural, group, true));
  expect(names.others('a.one.example.com')).toEqual([{ plural: 'b', kind: 'b' }]);
  expect(names.others('c.two.example.com')).toEqual([]);
});

test('when one goes only those are told of that want what it had', () => {
  const names = new GroupNames();
  names.put(definition('a', 'one.example.com', true));
  names.put(definition('b', 'one.example.com', true));
  names.put(definition('waits', 'one.example.com', false));
  names.put(definition('waits', 'two.example.com', false));
  expect(names.remove('a.one.example.com')).toEqual(['waits.one.example.com']);
  names.put(definition('waits', 'one.example.com', true));
  expect(names.remove('b.one.example.com')).toEqual([]);
  expect(names.remove('b.one.example.com')).toEqual([]);
});
