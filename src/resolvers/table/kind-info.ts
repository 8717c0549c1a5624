import type { Kind } from '../../kinds/kind.ts';
import { columnsOf, type ColumnDefinition } from '../../kinds/table-columns.ts';
import type { Builder } from '../builder.ts';
import { counted } from '../context.ts';
import { groupName, namesOf } from '../schema/names.ts';
import { rightsTo } from './rights.ts';

/** A built-in kind's field, and that of a custom one which is always its own. */
const fixedField = ({ custom, group }: Kind, name: string): string => (custom ? `${groupName(group)}_${name}` : name);

/** `KindInfo`: what a tool has to know of a kind to ask for its objects, to show them, and to offer what can be done. */
export function addKindInfo(builder: Builder) {
  const column = builder.objectRef<ColumnDefinition>('KindColumn').implement({
    description: 'A column of the table that kubectl prints of a kind.',
    fields: (t) => ({
      name: t.exposeString('name', { description: 'its heading' }),
      type: t.exposeString('type', { description: '`string`, `integer`, `number`, `boolean`, `date`' }),
      format: t.exposeString('format', { description: '`name` of the column that identifies the object; often empty' }),
      description: t.exposeString('description', { description: 'what is in it' }),
      priority: t.exposeInt('priority', {
        description: '0 of those that are always shown, more of those of `-o wide`',
      }),
    }),
  });
  return builder.objectRef<Kind>('KindInfo').implement({
    description: 'A served resource of one group and version.',
    fields: (t) => ({
      resource: t.string({ description: '`pods`, `deployments.apps`', resolve: (kind) => kind.storage.key }),
      plural: t.exposeString('resource', { description: 'as in the paths of REST: `deployments`' }),
      singular: t.exposeString('singular', { description: '`deployment`' }),
      group: t.exposeString('group', { description: '`apps`; empty for the core group' }),
      version: t.exposeString('version', { description: '`v1`' }),
      kind: t.exposeString('kind', { description: '`Deployment`' }),
      namespaced: t.exposeBoolean('namespaced', { description: 'its objects are in namespaces' }),
      custom: t.exposeBoolean('custom', { description: 'a CustomResourceDefinition has made it' }),
      verbs: t.stringList({
        description: 'what can be done: `get`, `list`, `create` …',
        resolve: (kind) => kind.verbs as string[],
      }),
      shortNames: t.stringList({
        description: 'as kubectl takes them: `deploy`',
        resolve: (kind) => kind.shortNames as string[],
      }),
      categories: t.stringList({
        description: 'lists of several kinds that kubectl gets with it: `all`',
        resolve: (kind) => kind.categories as string[],
      }),
      subresources: t.stringList({
        description: 'parts that are read or written by themselves: `status`, `scale`',
        resolve: (kind) => [...kind.subresources.keys()],
      }),
      type: t.string({ description: 'its GraphQL type', resolve: (kind) => namesOf(kind).type }),
      one: t.string({ description: 'the query of one object', resolve: (kind) => fixedField(kind, namesOf(kind).one) }),
      many: t.string({
        description: 'the query of many objects',
        resolve: (kind) => fixedField(kind, namesOf(kind).many),
      }),
      columns: t.field({
        type: [column],
        description: 'the columns of its table, as `cells` of its objects has them',
        resolve: (kind, _, context, info) => counted(columnsOf(kind), context, info) as ColumnDefinition[],
      }),
      rights: t.stringList({
        description:
          'The verbs that the caller may do: in a namespace, or when none is said in all of them; to objects, or to a subresource of theirs.',
        args: {
          namespace: t.arg.string({ description: 'where; everywhere when not said' }),
          subresource: t.arg.string({ description: '`log`, `exec`, `scale`; the object itself when not said' }),
        },
        resolve: (kind, { namespace, subresource }, context) =>
          rightsTo(context, kind, namespace ?? '', subresource ?? ''),
      }),
    }),
  });
}
