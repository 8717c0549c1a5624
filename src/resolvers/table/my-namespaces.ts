import type { OperationContext } from '../context.ts';
import type { Builder } from '../builder.ts';
import { requireRightToAsk } from './rights.ts';

/** Namespaces between two looks at the clock. */
const LOOK_EVERY = 32;

/** Names of the namespaces that the caller may `get`, in order: what he cannot list, he may still be at home in. */
async function myNamespaces({ api, request, budget }: OperationContext): Promise<string[]> {
  requireRightToAsk(api, request);
  await api.store.fresh();
  const found: string[] = [];
  let looked = 0;
  for (const { name } of api.store.list({ resource: 'namespaces' }).items) {
    if (++looked % LOOK_EVERY === 0 && budget.due) await budget.turn();
    const attributes = { group: '', version: 'v1', resource: 'namespaces', subresource: '', namespace: name, name };
    if (api.authorize(request.user, { verb: 'get', ...attributes }).allowed) found.push(name);
  }
  budget.look(looked);
  return found;
}

/** `myNamespaces`: where a page begins that may not list them all. */
export function addMyNamespaces(builder: Builder): void {
  builder.queryField('myNamespaces', (t) =>
    t.stringList({
      description:
        'Names of the namespaces that the caller may get, which who has a role in some of them can ask without a right to list all.',
      resolve: (_root, _args, context) => myNamespaces(context),
    }),
  );
}
