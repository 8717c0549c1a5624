import type { Kind } from '../kinds/kind.ts';
import type { Builder } from './builder.ts';
import { counted, type OperationContext } from './context.ts';
import { PLAIN } from './compiled/plain.ts';
import { requireDiscovery } from './discovery.ts';
import { MANAGED_FIELDS, namedTarget, selectOptions } from './targets.ts';
import { WholeObject, wholeAnswer } from './whole.ts';

interface ObjectPage {
  resourceVersion: string;
  continue: string | null;
  remainingItemCount: number | null;
  items: unknown[];
}

/** `kinds`, `object`, `objects`: what a tool needs that knows resources by name only. */
export function addGenericQueries(builder: Builder): void {
  const kindRef = builder.objectRef<Kind>('KindInfo').implement({
    description: 'A served resource of one group and version.',
    fields: (t) => ({
      resource: t.string({ description: '`pods`, `deployments.apps`', resolve: (kind) => kind.storage.key }),
      plural: t.exposeString('resource'),
      singular: t.exposeString('singular'),
      group: t.exposeString('group'),
      version: t.exposeString('version'),
      kind: t.exposeString('kind'),
      namespaced: t.exposeBoolean('namespaced'),
      custom: t.exposeBoolean('custom'),
      verbs: t.stringList({ resolve: (kind) => kind.verbs as string[] }),
      shortNames: t.stringList({ resolve: (kind) => kind.shortNames as string[] }),
      categories: t.stringList({ resolve: (kind) => kind.categories as string[] }),
      subresources: t.stringList({ resolve: (kind) => [...kind.subresources.keys()] }),
      type: t.string({ description: 'its GraphQL type', resolve: (kind) => kind.names.type }),
      one: t.string({ description: 'the query of one object', resolve: (kind) => kind.names.one }),
      many: t.string({ description: 'the query of many objects', resolve: (kind) => kind.names.many }),
    }),
  });
  const pageRef = builder.objectRef<ObjectPage>('ObjectPage').implement({
    description: 'A list, or a chunk of it.',
    fields: (t) => ({
      resourceVersion: t.exposeString('resourceVersion', { extensions: PLAIN }),
      continue: t.exposeString('continue', { nullable: true, extensions: PLAIN }),
      remainingItemCount: t.exposeInt('remainingItemCount', { nullable: true, extensions: PLAIN }),
      items: t.field({
        type: ['JSON'],
        // without a context where it is compiled
        resolve: (page, _, context: OperationContext | undefined, info) =>
          context ? (counted(page.items, context, info) as unknown[]) : page.items,
        extensions: PLAIN,
      }),
    }),
  });

  builder.queryFields((t) => ({
    kinds: t.field({
      type: [kindRef],
      description: 'All served kinds; with `preferred` only one version of each.',
      args: { preferred: t.arg.boolean({ defaultValue: false }) },
      resolve(_, { preferred }, { api, request }) {
        requireDiscovery(api, request);
        return api.registry.all().filter((kind) => !preferred || api.registry.preferred(kind.storage.key) === kind);
      },
    }),
    object: t.field({
      type: 'JSON',
      args: {
        resource: t.arg.string({ required: true }),
        version: t.arg.string(),
        namespace: t.arg.string(),
        name: t.arg.string({ required: true }),
        subresource: t.arg.string(),
        managedFields: t.arg.boolean(MANAGED_FIELDS),
      },
      async resolve(_, args, context) {
        const target = namedTarget(context, 'get', args);
        return wholeAnswer(await context.api.get(context.request, target, {}), args);
      },
    }),
    objects: t.field({
      type: pageRef,
      args: {
        resource: t.arg.string({ required: true }),
        version: t.arg.string(),
        namespace: t.arg.string(),
        labelSelector: t.arg.string(),
        fieldSelector: t.arg.string(),
        limit: t.arg.int(),
        continue: t.arg.string(),
        managedFields: t.arg.boolean(MANAGED_FIELDS),
      },
      async resolve(_, args, context) {
        const target = namedTarget(context, 'list', args);
        const answer = await context.api.list(context.request, target, {
          ...selectOptions(args),
          ...(args.limit && { limit: args.limit }),
          ...(args.continue && { continue: args.continue }),
        });
        context.budget.pass(answer.items.reduce((sum, { bytes }) => sum + bytes.length, 0));
        return {
          resourceVersion: String(answer.revision),
          continue: answer.continue ?? null,
          remainingItemCount: answer.remainingItemCount ?? null,
          items: answer.items.map((stored) => new WholeObject(target.kind, stored, args.managedFields ?? true)),
        };
      },
    }),
  }));
}
