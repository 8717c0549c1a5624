import type { Change } from '../../api/history/change.ts';
import type { ChangePage } from '../../api/history/contract.ts';
import { apiVersionOf } from '../../meta/gvk.ts';
import type { FieldChange } from '../../meta/diff.ts';
import type { FieldChangeRef } from '../field-change.ts';
import type { Builder } from '../builder.ts';
import { counted } from '../context.ts';

/** `Change` and what it consists of; a page of them is `ChangePage`. */
export function addChangeTypes(builder: Builder, fieldChange: FieldChangeRef) {
  const facade = builder.enumType('Facade', {
    description: 'The way by which a write came in.',
    values: {
      REST: { value: 'rest' },
      GRAPHQL: { value: 'graphql' },
      LOOP: { value: 'loop', description: "one of this program's own loops" },
    } as const,
  });
  const change = builder.objectRef<Change>('Change').implement({
    description: 'One revision: who changed what, when and how.',
    fields: (t) => ({
      revision: t.string({ resolve: ({ revision }) => String(revision) }),
      at: t.field({
        type: 'Time',
        description: 'by the clock of who wrote it: the order is that of the revisions',
        resolve: ({ at }) => new Date(at).toISOString(),
      }),
      type: t.exposeString('type', { description: 'ADDED, MODIFIED or DELETED' }),
      verb: t.exposeString('verb', { description: 'create, update, patch, apply, delete, or a subresource' }),
      user: t.exposeString('user'),
      manager: t.exposeString('manager', { description: 'field manager' }),
      client: t.string({
        nullable: true,
        description: "address of the client's connection",
        resolve: ({ client }) => client ?? null,
      }),
      facade: t.field({ type: facade, nullable: true, resolve: (one) => one.facade ?? null }),
      impersonator: t.string({
        nullable: true,
        description: 'who acted for the user',
        resolve: ({ impersonator }) => impersonator ?? null,
      }),
      changeSet: t.exposeString('changeSet', { description: 'the request, with all that it wrote: see `undo`' }),
      apiVersion: t.string({ resolve: ({ kind }) => apiVersionOf(kind) }),
      kind: t.string({ resolve: ({ kind }) => kind.kind }),
      resource: t.string({ resolve: ({ key }) => key.resource }),
      namespace: t.string({ nullable: true, resolve: ({ key }) => key.namespace || null }),
      name: t.string({ resolve: ({ key }) => key.name }),
      before: t.field({
        type: 'JSON',
        nullable: true,
        description:
          'The object, without field owners. null where there was none, where it is kept no longer, and of Secrets and what else is confidential.',
        resolve: ({ before }) => before ?? null,
      }),
      after: t.field({
        type: 'JSON',
        nullable: true,
        description: 'the same of what it became; null where it was deleted',
        resolve: ({ after }) => after ?? null,
      }),
      diff: t.field({
        type: [fieldChange],
        nullable: true,
        description:
          'Of Secrets and what else is confidential the paths alone; null where what was before is kept no longer.',
        async resolve(one, _, context, info) {
          if (context.budget.due) await context.budget.turn();
          const { diff } = one;
          return diff ? (counted(diff, context, info) as FieldChange[]) : null;
        },
      }),
    }),
  });
  return builder.objectRef<ChangePage>('ChangePage').implement({
    description: 'What happened, newest first.',
    fields: (t) => ({
      items: t.field({
        type: [change],
        resolve: ({ items }, _, context, info) => counted(items, context, info) as Change[],
      }),
      continue: t.string({
        nullable: true,
        description: '`after` of the next page; null: there is nothing more. A page may have less than was asked for.',
        resolve: ({ cursor }) => cursor ?? null,
      }),
    }),
  });
}
