import { parseGroupResource } from '../../meta/gvk.ts';
import type { Builder } from '../builder.ts';
import { isAllowed, requireRightToAsk } from './rights.ts';

const VERBS = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete', 'deletecollection'];

/** `myRights`: what one may do with a resource that is not a kind here, such as what another API server serves. */
export function addMyRights(builder: Builder): void {
  builder.queryField('myRights', (t) =>
    t.stringList({
      description:
        'The verbs that the caller may do with objects of a resource by its name, whoever serves it (`nodes.metrics.k8s.io`); `kinds` tells the same of those that are served here.',
      args: {
        resource: t.arg.string({ required: true, description: 'the resource by its name' }),
        namespace: t.arg.string({ description: 'where; everywhere when not said' }),
      },
      resolve: async (_root, { resource: name, namespace }, context) => {
        await context.budget.go();
        requireRightToAsk(context.api, context.request);
        const { group, resource } = parseGroupResource(name);
        const place = { group, version: '*', resource, subresource: '', namespace: namespace ?? '', name: '' };
        return VERBS.filter((verb) => isAllowed(context, { verb, ...place }));
      },
    }),
  );
}
