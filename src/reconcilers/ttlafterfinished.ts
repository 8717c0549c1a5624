import type { Reconciler } from '../control/contract.ts';
import { timeMs } from '../meta/time.ts';
import { unlessGone } from '../control/conflict.ts';
import { splitKey } from '../control/keys.ts';

/** Deletes jobs `ttlSecondsAfterFinished` after their end. */
export const ttlafterfinished: Reconciler = {
  name: 'ttl-after-finished',
  watches: [{ resource: 'jobs.batch' }],
  async reconcile(key, ctx) {
    const { namespace, name } = splitKey(key);
    const job = ctx.informer('jobs.batch').get(namespace, name);
    const ttl = job?.spec?.ttlSecondsAfterFinished;
    const end = job?.status?.conditions?.find(
      ({ type, status }) => (type === 'Complete' || type === 'Failed') && status === 'True',
    );
    if (ttl === undefined || !end || job!.metadata.deletionTimestamp) return undefined;
    const left = timeMs(end.lastTransitionTime) + ttl * 1000 - ctx.clock.now();
    if (left > 0) return { requeueAfter: left };
    // The cache may be behind a change of the time to live, and a delete cannot be taken back.
    const fresh = await unlessGone(ctx.client.get('jobs.batch', namespace, name));
    if (fresh?.metadata.uid !== job!.metadata.uid || fresh.spec?.ttlSecondsAfterFinished !== ttl) return undefined;
    const { uid, resourceVersion } = fresh.metadata;
    await unlessGone(
      ctx.client.delete('jobs.batch', namespace, name, { propagationPolicy: 'Foreground', uid, resourceVersion }),
    );
    return undefined;
  },
};
