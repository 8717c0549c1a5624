import type { Change } from '../../api/history/change.ts';
import type { ChangePage } from '../../api/history/contract.ts';
import { apiVersionOf } from '../../meta/gvk.ts';
import type { FieldChange } from '../../meta/diff.ts';
import type { FieldChangeRef } from '../field-change.ts';
import type { Builder } from '../builder.ts';
import { counted } from '../context.ts';
import { whenReady } from '../relations/soon.ts';

/** `Change` and what it consists of; a page of them is `ChangePage`. */
export function addChangeTypes(builder: Builder, fieldChange: FieldChangeRef) {
  const facade = builder.enumType('Facade', {
    description: 'The way by which a write came in.',
    values: {
      REST: { value: 'rest', description: 'the REST API: kubectl and client libraries' },
      GRAPHQL: { value: 'graphql', description: 'the GraphQL API' },
      LOOP: { value: 'loop', description: "one of this program's own loops" },
    } as const,
  });
  const change = builder.objectRef<Change>('Change').implement({
    description: 'One revision: who changed what, when and how.',
    fields: (t) => ({
      revision: t.string({
        description: 'the resourceVersion that the write has given the object',
        resolve: ({ revision }) => String(revision),
      }),
      at: t.field({
        type: 'Time',
        description: 'by the clock of who wrote it: the order is that of the revisions',
        resolve: ({ at }) => new Date(at).toISOString(),
      }),
      type: t.exposeString('type', { description: 'ADDED, MODIFIED or DELETED' }),
      verb: t.exposeString('verb', { description: 'create, update, patch, apply, delete, or a subresource' }),
      user: t.exposeString('user', { description: 'who wrote it' }),
      manager: t.exposeString('manager', { description: 'field manager' }),
      client: t.string({
        nullable: true,
        description: "address of the client's connection",
        resolve: ({ client }) => client ?? null,
      }),
      facade: t.field({
        type: facade,
        nullable: true,
        description: 'the way by which it came in',
        resolve: (one) => one.facade ?? null,
      }),
      impersonator: t.string({
        nullable: true,
        description: 'who acted for the user',
        resolve: ({ impersonator }) => impersonator ?? null,
      }),
      ofCluster: t.exposeBoolean('ofCluster', {
        description: "whether one of the cluster's own parts has written it: controllers, the scheduler, nodes",
      }),
      changeSet: t.exposeString('changeSet', { description: 'the request, with all that it wrote: see `undo`' }),
      apiVersion: t.string({ description: '`apps/v1`', resolve: ({ kind }) => apiVersionOf(kind) }),
      kind: t.string({ description: '`Deployment`', resolve: ({ kind }) => kind.kind }),
      resource: t.string({ description: '`pods`, `deployments.apps`', resolve: ({ key }) => key.resource }),
      namespace: t.string({
        nullable: true,
        description: 'null: it is cluster-wide',
        resolve: ({ key }) => key.namespace || null,
      }),
      name: t.string({ description: 'metadata.name', resolve: ({ key }) => key.name }),
      before: t.field({
        type: 'JSON',
        nullable: true,
        description:
          'The object, without field owners. null where there was none, where it is kept no longer, and of Secrets and what else is confidential.',
        resolve: (one) => whenReady(one.ready(), () => one.before ?? null),
      }),
      after: t.field({
        type: 'JSON',
        nullable: true,
        description: 'the same of what it became; null where it was deleted',
        resolve: (one) => whenReady(one.ready(), () => one.after ?? null),
      }),
      diff: t.field({
        type: [fieldChange],
        nullable: true,
        description:
          'Of Secrets and what else is confidential the paths alone; null where what was before is kept no longer.',
        async resolve(one, _, context, info) {
          if (context.budget.due) await context.budget.turn();
          await one.ready();
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
        description: 'the changes of this page',
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
