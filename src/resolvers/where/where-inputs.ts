import type { Builder } from '../builder.ts';
import type { OrderBy, Where } from './where.ts';

/** `Where` and `OrderBy`: any field of any kind, by its path. */
export function addWhereInputs(builder: Builder): void {
  const whereOp = builder.enumType('WhereOp', {
    values: [
      'EQ',
      'NE',
      'IN',
      'NOT_IN',
      'EXISTS',
      'MISSING',
      'GT',
      'GE',
      'LT',
      'LE',
      'CONTAINS',
      'STARTS_WITH',
      'ENDS_WITH',
    ] as const,
  });
  const direction = builder.enumType('Direction', { values: ['ASC', 'DESC'] as const });
  const where = builder.inputRef<Where>('Where');
  where.implement({
    description:
      'A condition, or several: all of what is given must hold. A path is `spec.nodeName`, `metadata.labels["app.kubernetes.io/name"]`, ' +
      '`spec.containers.image` (any item of a list) or `spec.containers[0].image`.',
    fields: (t) => ({
      path: t.string(),
      op: t.field({ type: whereOp, defaultValue: 'EQ' }),
      value: t.field({ type: 'JSON' }),
      and: t.field({ type: [where] }),
      or: t.field({ type: [where] }),
      not: t.field({ type: where }),
    }),
  });
  builder.inputRef<OrderBy>('OrderBy').implement({
    fields: (t) => ({
      path: t.string({ required: true }),
      direction: t.field({ type: direction, defaultValue: 'ASC' }),
    }),
  });
}
