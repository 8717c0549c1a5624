import type { OperationContext } from '../context.ts';
import type { Builder } from '../builder.ts';
import { isAllowed, requireRightToAsk } from './rights.ts';

/** Names of the namespaces that the caller may `get`, in order: what he cannot list, he may still be at home in. */
async function myNamespaces(context: OperationContext): Promise<string[]> {
  const { api, request, budget } = context;
  requireRightToAsk(api, request);
  await api.store.fresh();
  const found: string[] = [];
  for (const { name } of api.store.list({ resource: 'namespaces' }).items) {
    if (budget.due) await budget.go();
    const attributes = { group: '', version: 'v1', resource: 'namespaces', subresource: '', namespace: name, name };
    if (isAllowed(context, { verb: 'get', ...attributes })) found.push(name);
  }
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
