import { getNamedType, getNullableType, isListType, isObjectType, type GraphQLResolveInfo } from 'graphql';
import { expect, test } from 'vitest';
import type { OperationContext } from '../../../src/resolvers/context.ts';
import { genericSchema } from '../../../src/resolvers/generic.ts';

const items = Array.from({ length: 1000 }, () => ({}));
/** Lists of objects that may be long, with what they are read off. */
const LONG: Readonly<Record<string, object>> = {
  'BundleResult.objects': { objects: items },
  'ChangePage.items': { items },
  'DeletePreview.objects': { reached: items },
  'LogPage.entries': { entries: items },
  'UndoAnswer.steps': { steps: items },
};
/** Those of which one has some hundreds at most, and those that need more than a source to be read. */
const OTHERS: readonly string[] = [
  'BundleObject.diff',
  'Change.diff',
  'KindInfo.columns',
  'Query.kinds',
  'Query.search',
  'Subscription.logsLive',
  'UndoAnswer.refusals',
];

const schema = genericSchema();
const lists = Object.values(schema.getTypeMap()).flatMap((type) =>
  isObjectType(type) && !type.name.startsWith('__')
    ? Object.values(type.getFields()).flatMap((field) =>
        isListType(getNullableType(field.type)) && isObjectType(getNamedType(field.type))
          ? [`${type.name}.${field.name}`]
          : [],
      )
    : [],
);

test('which lists of objects there are is known', () => {
  expect(lists.toSorted()).toEqual([...Object.keys(LONG), ...OTHERS].toSorted());
});

test.each(Object.entries(LONG))('%s is answered item by item, so that others have their turn', (name, source) => {
  const [type = '', field = ''] = name.split('.');
  const of = schema.getType(type);
  const resolve = isObjectType(of) ? of.getFields()[field]?.resolve : undefined;
  let paced = 0;
  const budget = { items: (list: readonly unknown[]) => ((paced = list.length), list) };
  void resolve?.(source, {}, { budget } as unknown as OperationContext, {} as GraphQLResolveInfo);
  expect(paced).toBe(items.length);
});
