import type { Reconciler } from '../control/contract.ts';
import { isStatusError } from '../meta/status.ts';

/** Gives each namespace that lives its `default` service account, again when it is deleted. Keys are namespaces. */
export const serviceaccount: Reconciler = {
  name: 'service-account',
  watches: [
    { resource: 'namespaces' },
    {
      resource: 'serviceaccounts',
      keys: (account, old) => (!account && old?.metadata.name === 'default' ? [old.metadata.namespace!] : []),
    },
  ],
  async reconcile(namespace, ctx) {
    const object = ctx.informer('namespaces').get('', namespace);
    if (!object || object.status?.phase === 'Terminating' || object.metadata.deletionTimestamp) return;
    if (ctx.informer('serviceaccounts').get(namespace, 'default')) return;
    try {
      await ctx.client.create('serviceaccounts', {
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: { name: 'default', namespace },
      });
    } catch (error) {
      // Forbidden: the namespace has begun to go away.
      if (
        !isStatusError(error, 'AlreadyExists') &&
        !isStatusError(error, 'NotFound') &&
        !isStatusError(error, 'Forbidden')
      )
        throw error;
    }
  },
};
