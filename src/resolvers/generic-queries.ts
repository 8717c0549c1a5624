import { ARGUMENTS } from './argument-texts.ts';
import type { Target } from '../api/contract.ts';
import type { Kind } from '../kinds/kind.ts';
import { badRequest } from '../meta/status.ts';
import type { Builder } from './builder.ts';
import { counted, type OperationContext } from './context.ts';
import { PLAIN } from './compiled/plain.ts';
import { readAggregated, readRemotely } from './read-remotely.ts';
import { requireDiscovery } from './discovery.ts';
import { addKindInfo } from './table/kind-info.ts';
import { MANAGED_FIELDS, namedTarget, selectOptions, type SelectArguments } from './targets.ts';
import { collection } from './where/list-source.ts';
import { selectObjects } from './where/select-objects.ts';
import { WholeObject, wholeAnswer } from './whole.ts';

interface ObjectPage {
  resourceVersion: string;
  continue: string | null;
  remainingItemCount: number | null;
  items: unknown[];
}

interface FilteredArguments extends SelectArguments {
  where?: unknown;
  orderBy?: unknown;
  limit?: number | null | undefined;
  continue?: string | null | undefined;
  managedFields?: boolean | null | undefined;
}

/** Names of resources in one `kinds`. */
const MAX_RESOURCES = 1_000;

const isGiven = (value: unknown): boolean => value !== null && value !== undefined;

/** A page by the filter and order of the typed list of the kind. */
async function filteredPage(
  context: OperationContext,
  { kind, namespace }: Target,
  { limit, continue: after, managedFields, ...args }: FilteredArguments,
): Promise<ObjectPage> {
  const page = await selectObjects(
    context,
    kind,
    { ...args, first: limit, after },
    collection(context, kind, { namespace }),
  );
  const stored = page.stored;
  context.budget.pass(stored.reduce((sum, { bytes }) => sum + bytes.length, 0));
  return {
    resourceVersion: page.resourceVersion,
    continue: page.continue,
    remainingItemCount: page.remainingItemCount,
    items: stored.map((each) => new WholeObject(kind, each, managedFields ?? true)),
  };
}

/** What another API server has listed. */
function remotePage(list: Record<string, unknown>): ObjectPage {
  const items = Array.isArray(list['items']) ? (list['items'] as Record<string, unknown>[]) : [];
  const { resourceVersion = '', continue: after } = (list['metadata'] ?? {}) as Partial<Record<string, string>>;
  const { apiVersion } = list;
  const kind = String(list['kind']).replace(/List$/, '');
  return {
    resourceVersion,
    continue: after || null,
    remainingItemCount: null,
    // items of a list may leave out what they are
    items: items.map((item) => ({ apiVersion, kind, ...item })),
  };
}

/** `kinds`, `object`, `objects`: what a tool needs that knows resources by name only. */
export function addGenericQueries(builder: Builder): void {
  const kindRef = addKindInfo(builder);
  const pageRef = builder.objectRef<ObjectPage>('ObjectPage').implement({
    description: 'A list, or a chunk of it.',
    fields: (t) => ({
      resourceVersion: t.exposeString('resourceVersion', { description: 'the state that it is of', extensions: PLAIN }),
      continue: t.exposeString('continue', {
        nullable: true,
        description: '`continue` of the next page; null: nothing follows',
        extensions: PLAIN,
      }),
      remainingItemCount: t.exposeInt('remainingItemCount', {
        nullable: true,
        description: 'how many follow, where that is known without looking',
        extensions: PLAIN,
      }),
      items: t.field({
        type: ['JSON'],
        description: 'whole objects',
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
      args: {
        preferred: t.arg.boolean({
          defaultValue: false,
          description: 'one version of each kind: that which clients take',
        }),
        resources: t.arg.stringList({ description: 'these alone: `pods`, `deployments.apps`' }),
      },
      resolve(_, { preferred, resources }, context, info) {
        const { api, request } = context;
        requireDiscovery(api, request);
        if (resources && resources.length > MAX_RESOURCES) throw badRequest(`resources: more than ${MAX_RESOURCES}`);
        const { registry } = api;
        const named = resources && new Set(resources);
        const kinds = registry
          .all()
          .filter(
            (kind) =>
              (!preferred || registry.preferred(kind.storage.key) === kind) && (!named || named.has(kind.storage.key)),
          );
        return counted(kinds, context, info) as Kind[];
      },
    }),
    object: t.field({
      type: 'JSON',
      description: 'One object of any kind by its name, as JSON: for tools that know a resource by its name alone.',
      args: {
        resource: t.arg.string({ required: true, description: ARGUMENTS.resource }),
        version: t.arg.string({ description: ARGUMENTS.version }),
        namespace: t.arg.string({ description: ARGUMENTS.namespace }),
        name: t.arg.string({ required: true, description: ARGUMENTS.name }),
        subresource: t.arg.string({ description: ARGUMENTS.subresource }),
        managedFields: t.arg.boolean(MANAGED_FIELDS),
      },
      async resolve(_, args, context) {
        const remote = await readRemotely(context, 'get', args);
        if (remote) return remote;
        const target = namedTarget(context, 'get', args);
        return wholeAnswer(await context.api.get(context.request, target, {}), args);
      },
    }),
    aggregated: t.field({
      type: 'JSON',
      nullable: true,
      description:
        'What an API server beside this one (an APIService with a service) answers to GET of a path; null: none serves the group and version.',
      args: {
        path: t.arg.string({
          required: true,
          description: '`/apis/custom.metrics.k8s.io/v1beta2/namespaces/a/pods/*/requests?labelSelector=app%3Dweb`',
        }),
      },
      resolve: (_, { path }, context) => readAggregated(context, path),
    }),
    objects: t.field({
      type: pageRef,
      description: 'Many objects of one resource, whole as JSON: for tools that know a resource by its name alone.',
      args: {
        resource: t.arg.string({ required: true, description: ARGUMENTS.resource }),
        version: t.arg.string({ description: ARGUMENTS.version }),
        namespace: t.arg.string({ description: ARGUMENTS.namespace }),
        labelSelector: t.arg.string({ description: ARGUMENTS.labelSelector }),
        fieldSelector: t.arg.string({ description: ARGUMENTS.fieldSelector }),
        where: t.arg({ type: 'JSON', description: 'as the `where` of the kind; pages are of 500 then unless said' }),
        orderBy: t.arg({
          type: 'JSON',
          description: 'as the `orderBy` of the kind; pages are of 500 then unless said',
        }),
        limit: t.arg.int({ description: ARGUMENTS.limit }),
        continue: t.arg.string({ description: ARGUMENTS.continue }),
        managedFields: t.arg.boolean(MANAGED_FIELDS),
      },
      async resolve(_, args, context) {
        const remote = await readRemotely(context, 'list', args);
        if (remote) return remotePage(remote);
        const target = namedTarget(context, 'list', args);
        if (isGiven(args.where) || isGiven(args.orderBy)) return filteredPage(context, target, args);
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
