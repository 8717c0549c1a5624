import type { Namespace, NamespaceCondition, Pod } from '../../schema/types.ts';
import type { ClientResource } from '../client/contract.ts';
import type { Context, Reconciler } from '../control/contract.ts';
import { unlessGone } from '../control/conflict.ts';
import { errorMessage } from '../meta/error-message.ts';
import { formatTime, timeMs } from '../meta/time.ts';
import { isStatusError, StatusError } from '../meta/status.ts';
import { isPodTerminal } from '../rules/pods.ts';
import { present } from '../meta/present.ts';

/** Looked at again after so many ms while objects wait for their finalizers or their grace. */
const RETRY = 1000;
/** Deletes under way at once. */
const PARALLEL = 32;

/** Empties a namespace that is being deleted, says in conditions what is left, and takes the finalizer away at the end. */
export const namespace: Reconciler = {
  name: 'namespace',
  workers: 10,
  watches: [{ resource: 'namespaces' }],
  async reconcile(name, ctx) {
    const object = ctx.informer('namespaces').get('', name);
    if (!object?.metadata.deletionTimestamp) return;
    if (object.status?.phase !== 'Terminating') {
      await unlessGone(
        ctx.client.update('namespaces', { ...object, status: { ...object.status, phase: 'Terminating' } }, 'status'),
      );
      return;
    }
    if (!object.spec?.finalizers?.includes('kubernetes')) return;
    const left = await empty(object, ctx);
    await writeConditions(object, left, ctx);
    if (left.waiting || left.remaining.size > 0 || left.errors.length > 0) return { requeueAfter: RETRY };
    const fresh = await unlessGone(ctx.client.get('namespaces', '', name));
    if (!fresh) return;
    const finalizers = (fresh.spec?.finalizers ?? []).filter((finalizer) => finalizer !== 'kubernetes');
    await unlessGone(ctx.client.update('namespaces', { ...fresh, spec: { ...fresh.spec, finalizers } }, 'finalize'));
  },
};

interface Left {
  /** objects by resource */
  remaining: Map<string, number>;
  /** objects by finalizer */
  finalizers: Map<string, number>;
  errors: string[];
  discovery?: string;
  /** pods are there, and nothing else has been looked at */
  waiting?: boolean;
}

async function empty(object: Namespace, ctx: Context): Promise<Left> {
  const left: Left = { remaining: new Map(), finalizers: new Map(), errors: [] };
  let resources: ClientResource[] = [];
  try {
    resources = (await ctx.client.resources()).filter(
      ({ namespaced, verbs }) => namespaced && verbs.includes('list') && verbs.includes('delete'),
    );
  } catch (error) {
    left.discovery = errorMessage(error);
  }
  // Pods first: what they use stays until they have ended (KEP-5080).
  const pods = resources.find(({ resource }) => resource === 'pods');
  if (pods) await emptyKind(object, pods, left, ctx);
  // Nothing is said of what remains before all has been looked at.
  if (left.remaining.has('pods')) return { ...left, remaining: new Map(), finalizers: new Map(), waiting: true };
  // Events last: the deletions themselves make some.
  const rank = ({ resource }: ClientResource): number => (resource.startsWith('events') ? 1 : 0);
  for (const kind of [...resources].sort((a, b) => rank(a) - rank(b)))
    if (kind !== pods) await emptyKind(object, kind, left, ctx);
  return left;
}

async function emptyKind(object: Namespace, kind: ClientResource, left: Left, ctx: Context): Promise<void> {
  try {
    await emptyResource(object, kind, left, ctx);
  } catch (error) {
    if (!(error instanceof StatusError && (error.code === 404 || error.code === 405)))
      left.errors.push(errorMessage(error));
  }
}

async function emptyResource(
  { metadata: { name: namespace, deletionTimestamp } }: Namespace,
  { resource, group, version }: ClientResource,
  left: Left,
  ctx: Context,
): Promise<void> {
  const { items } = await ctx.client.list(resource, { namespace });
  if (items.length === 0) return;
  const pending = items.filter((item) => !item.metadata.deletionTimestamp);
  for (let from = 0; from < pending.length; from += PARALLEL) {
    await Promise.all(
      pending.slice(from, from + PARALLEL).map(({ metadata }) =>
        ctx.client
          .delete(resource, namespace, metadata.name, { propagationPolicy: 'Background', uid: metadata.uid })
          .catch((error: unknown) => {
            if (!isStatusError(error, 'NotFound') && !isStatusError(error, 'Conflict'))
              left.errors.push(errorMessage(error));
          }),
      ),
    );
  }
  const { items: rest } = pending.length ? await ctx.client.list(resource, { namespace }) : { items };
  if (rest.length === 0) return;
  left.remaining.set(resource, rest.length);
  const held = rest.some(({ metadata }) => metadata.finalizers?.length);
  const grace = resource === 'pods' ? graceOf(items as Pod[]) * 1000 : 0;
  const overdue = ctx.clock.now() >= timeMs(deletionTimestamp) + grace;
  if (overdue && !held)
    left.errors.push(
      `unexpected items still remain in namespace: ${namespace} for gvr: ${group}/${version}, Resource=${resource.split('.')[0]}`,
    );
  for (const item of rest) {
    for (const finalizer of item.metadata.finalizers ?? [])
      left.finalizers.set(finalizer, (left.finalizers.get(finalizer) ?? 0) + 1);
  }
}

/** Seconds that pods may take to end: the longest grace of those that run. */
const graceOf = (pods: readonly Pod[]): number =>
  Math.max(0, ...pods.map((pod) => (isPodTerminal(pod) ? 0 : (pod.spec?.terminationGracePeriodSeconds ?? 0))));

const count = (entries: Map<string, number>, show: (key: string, n: number) => string): string =>
  [...entries]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, n]) => show(key, n))
    .join(', ');

async function writeConditions(object: Namespace, left: Left, ctx: Context): Promise<void> {
  const time = formatTime(ctx.clock.now());
  const make = (type: string, bad: string, reason: [good: string, bad: string], good: string): NamespaceCondition => ({
    type,
    status: bad ? 'True' : 'False',
    lastTransitionTime: time,
    reason: bad ? reason[1] : reason[0],
    message: bad || good,
  });
  const remaining = count(
    left.remaining,
    (resource, n) => `${resource.includes('.') ? resource : `${resource}.`} has ${n} resource instances`,
  );
  const finalizers = count(left.finalizers, (finalizer, n) => `${finalizer} in ${n} resource instances`);
  const conditions = [
    make(
      'NamespaceDeletionDiscoveryFailure',
      left.discovery ?? '',
      ['ResourcesDiscovered', 'DiscoveryFailed'],
      'All resources successfully discovered',
    ),
    make(
      'NamespaceDeletionGroupVersionParsingFailure',
      '',
      ['ParsedGroupVersions', 'GroupVersionParsingFailed'],
      'All legacy kube types successfully parsed',
    ),
    make(
      'NamespaceDeletionContentFailure',
      left.errors.length
        ? `Failed to delete all resource types, ${left.errors.length} remaining: ${left.errors.join(', ')}`
        : '',
      ['ContentDeleted', 'ContentDeletionFailed'],
      'All content successfully deleted, may be waiting on finalization',
    ),
    make(
      'NamespaceContentRemaining',
      remaining && `Some resources are remaining: ${remaining}`,
      ['ContentRemoved', 'SomeResourcesRemain'],
      'All content successfully removed',
    ),
    make(
      'NamespaceFinalizersRemaining',
      finalizers && `Some content in the namespace has finalizers remaining: ${finalizers}`,
      ['ContentHasNoFinalizers', 'SomeFinalizersRemain'],
      'All content-preserving finalizers finished',
    ),
  ];
  const old = object.status?.conditions ?? [];
  const merged = conditions.map((condition) => {
    const before = old.find(({ type }) => type === condition.type);
    return before?.status === condition.status
      ? { ...condition, ...present({ lastTransitionTime: before.lastTransitionTime }) }
      : condition;
  });
  const unchanged = merged.every((condition) =>
    old.some(
      ({ type, status, message }) =>
        type === condition.type && status === condition.status && message === condition.message,
    ),
  );
  if (unchanged) return;
  await unlessGone(
    ctx.client.update('namespaces', { ...object, status: { ...object.status, conditions: merged } }, 'status'),
  );
}
