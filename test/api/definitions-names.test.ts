import { expect, test } from 'vitest';
import { judgeNames, type Names } from '../../src/api/definitions/names.ts';
import type { KubeObject } from '../../src/meta/object.ts';

const definition = (name: string, names: Names, acceptedNames?: Names): KubeObject =>
  ({
    metadata: { name: `${name}.example.com` },
    spec: { group: 'example.com', names },
    ...(acceptedNames && { status: { acceptedNames } }),
  }) as unknown as KubeObject;

const gadgets: Names = {
  plural: 'gadgets',
  singular: 'gadget',
  shortNames: ['g'],
  kind: 'Gadget',
  listKind: 'GadgetList',
};
const others = [definition('gadgets', gadgets, gadgets)];

test('judgeNames.accepts what is free', () => {
  const names = { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' };
  expect(judgeNames(definition('widgets', names), others)).toEqual({ accepted: names });
  expect(judgeNames(others[0] as KubeObject, others)).toEqual({ accepted: gadgets });
});
test('judgeNames.tells of the last name that is in use, and accepts the others', () => {
  const names = { plural: 'widgets', singular: 'gadget', shortNames: ['w'], kind: 'Gadget', listKind: 'WidgetList' };
  expect(judgeNames(definition('widgets', names), others)).toEqual({
    accepted: { plural: 'widgets', shortNames: ['w'], kind: '', listKind: 'WidgetList' },
    conflict: { reason: 'KindConflict', message: '"Gadget" is already in use' },
  });
});
