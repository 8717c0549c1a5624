import { expect, test } from 'vitest';
import type { CustomResourceDefinition, CustomResourceDefinitionNames as Names } from '../../schema/types.ts';
import { judgeNames } from '../../src/api/definitions/names.ts';
import { newObject } from '../../src/api/new-object.ts';

const definition = (name: string, names: Names, acceptedNames?: Names): CustomResourceDefinition => ({
  metadata: newObject({ name: `${name}.example.com` }).metadata,
  spec: { group: 'example.com', names, scope: 'Namespaced', versions: [] },
  ...(acceptedNames && { status: { acceptedNames } }),
});

const gadgets: Names = {
  plural: 'gadgets',
  singular: 'gadget',
  shortNames: ['g'],
  kind: 'Gadget',
  listKind: 'GadgetList',
};
const owner = definition('gadgets', gadgets, gadgets);
const others = [gadgets];

test('judgeNames.accepts what is free', () => {
  const names = { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' };
  expect(judgeNames(definition('widgets', names), others)).toEqual({ accepted: names });
  expect(judgeNames(owner, [])).toEqual({ accepted: gadgets });
});
test('judgeNames.tells of the last name that is in use, and accepts the others', () => {
  const names = { plural: 'widgets', singular: 'gadget', shortNames: ['w'], kind: 'Gadget', listKind: 'WidgetList' };
  expect(judgeNames(definition('widgets', names), others)).toEqual({
    accepted: { plural: 'widgets', shortNames: ['w'], kind: '', listKind: 'WidgetList' },
    conflict: { reason: 'KindConflict', message: '"Gadget" is already in use' },
  });
});
