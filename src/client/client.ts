import type { New, ObjectLike } from '../meta/object.ts';
import type {
  Client,
  ClientDeleteOptions,
  ClientList,
  ClientListOptions,
  ClientPatchOptions,
  ClientResource,
  ClientWatchEvent,
  ClientWatchOptions,
  GraphQLRequest,
  ObjectOf,
  Transport,
} from './contract.ts';
import { CREATE, DELETE, GET, KINDS, LIST, PATCH, UPDATE, WATCH } from './documents.ts';
import { dataOf } from './errors.ts';

/** Items per page of a list: large enough to be quick, small enough that no page holds the server's thread for long. */
const PAGE = 1000;

/**
 * The one client of the loops.
 * @param defaults who writes: `as` impersonates, `manager` is the field manager of writes
 * @param self the user of the connection where it is known: acting as that one needs no leave
 */
export function createClient(
  transport: Transport,
  defaults: Pick<GraphQLRequest, 'as' | 'manager'> = {},
  self?: string,
): Client {
  const run = async (query: string, variables?: Record<string, unknown>): Promise<Record<string, unknown>> =>
    dataOf(await transport.execute({ ...defaults, query, variables }));

  async function list<R extends string>(
    resource: R,
    options: ClientListOptions = {},
  ): Promise<ClientList<ObjectOf<R>>> {
    const items: ObjectOf<R>[] = [];
    let token: string | undefined;
    for (;;) {
      const data = await run(LIST, { resource, ...options, limit: PAGE, continue: token });
      const page = data['objects'] as ClientList<ObjectOf<R>> & { continue?: string | null };
      if (!page.continue && items.length === 0) return { items: page.items, resourceVersion: page.resourceVersion };
      for (const item of page.items) items.push(item);
      if (!page.continue) return { items, resourceVersion: page.resourceVersion };
      token = page.continue;
    }
  }

  return {
    list,
    async get<R extends string, S extends string = ''>(resource: R, namespace: string, name: string, subresource?: S) {
      return (await run(GET, { resource, namespace, name, subresource }))['object'] as ObjectOf<R, S>;
    },
    async create<R extends string, S extends string = ''>(
      resource: R,
      object: New<ObjectOf<R, S>>,
      options: { subresource?: S; name?: string } = {},
    ) {
      const { namespace } = object.metadata;
      return (await run(CREATE, { resource, namespace, ...options, object }))['createObject'] as ObjectOf<R, S>;
    },
    async update<R extends string, S extends string = ''>(resource: R, object: ObjectOf<R, S>, subresource?: S) {
      const { namespace, name } = object.metadata;
      const variables = { resource, namespace, name, subresource, object };
      return (await run(UPDATE, variables))['updateObject'] as ObjectOf<R, S>;
    },
    async patch<R extends string>(
      resource: R,
      namespace: string,
      name: string,
      patch: unknown,
      options: ClientPatchOptions = {},
    ) {
      const { type = 'merge', ...rest } = options;
      const variables = { resource, namespace, name, patch, type: type.toUpperCase(), ...rest };
      return (await run(PATCH, variables))['patchObject'] as ObjectOf<R>;
    },
    async delete(resource: string, namespace: string, name: string, options: ClientDeleteOptions = {}) {
      await run(DELETE, { resource, namespace, name, ...options });
    },
    async query<T>(document: string, variables?: Record<string, unknown>) {
      return (await run(document, variables)) as T;
    },
    watch: <R extends string>(resource: R, options: ClientWatchOptions) =>
      new Watch<ObjectOf<R>>(transport.subscribe({ ...defaults, query: WATCH, variables: { resource, ...options } })),
    async resources() {
      return (await run(KINDS))['kinds'] as ClientResource[];
    },
    as: (user: string, manager?: string) =>
      createClient(
        transport,
        {
          ...(user !== self && { as: { user, ...(user.startsWith(NODE_USER) && { groups: ['system:nodes'] }) } }),
          manager: manager ?? defaults.manager,
        },
        self,
      ),
  };
}

/** A node's user is always of the nodes' group (kubernetes.io: Node Authorization); impersonation adds no group by itself. */
const NODE_USER = 'system:node:';

/** The events in the results of a subscription. Not a generator: `return()` must end a watch on which `next()` waits. */
class Watch<T extends ObjectLike> implements AsyncIterableIterator<ClientWatchEvent<T>[]> {
  constructor(private readonly results: ReturnType<Transport['subscribe']>) {}

  async next(): Promise<IteratorResult<ClientWatchEvent<T>[]>> {
    const result = await this.results.next();
    if (result.done) return { done: true, value: undefined };
    try {
      return { done: false, value: dataOf(result.value)['objectsWatch'] as ClientWatchEvent<T>[] };
    } catch (error) {
      await this.results.return?.();
      throw error;
    }
  }

  async return(): Promise<IteratorResult<ClientWatchEvent<T>[]>> {
    await this.results.return?.();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
