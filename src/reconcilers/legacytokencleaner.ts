import type { Secret } from '../../schema/types.ts';
import { unlessChanged, unlessGone } from '../control/conflict.ts';
import type { Context, Reconciler } from '../control/contract.ts';
import {
  dayOf,
  INVALID_SINCE,
  isDay,
  LAST_USED,
  SERVICE_ACCOUNT_NAME,
  SERVICE_ACCOUNT_UID,
  TOKEN_SECRET,
  TRACKING,
} from '../rules/legacy-tokens.ts';
import { secretsOf } from '../rules/pod-references.ts';

const DAY = 24 * 3600_000;
/** ms between two looks */
const PERIOD = DAY;
/** kube-controller-manager's --legacy-service-account-token-clean-up-period */
const A_YEAR = 365 * DAY;

/**
 * Takes away tokens that were made for service accounts by themselves, as Kubernetes did before 1.24, and that nobody
 * has used for a year: marked as invalid first, they have another year. Source: kube-controller-manager's
 * legacy-serviceaccount-token-cleaner.
 * @param cleanUp how long a token must have been of no use before it is marked, and again before it goes, ms
 */
export const legacytokencleaner = (cleanUp = A_YEAR): Reconciler => ({
  name: 'legacy-service-account-token-cleaner',
  account: 'legacy-service-account-token-cleaner',
  workers: 1,
  watches: [
    { resource: 'secrets', keys: () => [] },
    { resource: 'serviceaccounts', keys: () => [] },
    { resource: 'pods', keys: () => [] },
  ],
  start: (ctx) => ctx.enqueueAfter('round', 0),
  async reconcile(_key, ctx) {
    const now = ctx.clock.now();
    const before = now - cleanUp;
    const since = await trackedSince(ctx);
    if (since === undefined || before < since) return { requeueAfter: PERIOD };
    const mounted = new Map<string, ReadonlySet<string>>();
    for (const secret of ctx.informer('secrets').list()) {
      if (!isUnused(secret, before) || !isOfAccount(secret, ctx) || isMounted(secret, mounted, ctx)) continue;
      await end(secret, before, ctx);
    }
    return { requeueAfter: PERIOD };
  },
});

/** The end of the day on which tracking began, ms; undefined where that is not known. */
async function trackedSince({ client }: Context): Promise<number | undefined> {
  const map = await unlessGone(client.get('configmaps', TRACKING.namespace, TRACKING.name));
  const since = map?.data?.[TRACKING.since];
  return isDay(since) ? Date.parse(since) + DAY : undefined;
}

/** Whether the token is older, and was not used since; what cannot be read is not known to be so. @param before ms */
function isUnused({ type, metadata }: Secret, before: number): boolean {
  if (type !== TOKEN_SECRET || metadata.deletionTimestamp) return false;
  if (!(Date.parse(metadata.creationTimestamp ?? '') < before)) return false;
  const used = metadata.labels?.[LAST_USED];
  return used === undefined || (isDay(used) && used < dayOf(before));
}

/** Whether its account lists it: what was made by hand is not listed. */
function isOfAccount({ metadata }: Secret, ctx: Context): boolean {
  const { name, namespace = '', annotations = {} } = metadata;
  const account = ctx.informer('serviceaccounts').get(namespace, annotations[SERVICE_ACCOUNT_NAME] ?? '');
  const uid = annotations[SERVICE_ACCOUNT_UID];
  if (!account || (uid && uid !== account.metadata.uid)) return false;
  return account.secrets?.some((reference) => reference.name === name) ?? false;
}

/** @param known by namespace, kept for one round */
function isMounted({ metadata }: Secret, known: Map<string, ReadonlySet<string>>, ctx: Context): boolean {
  const { name, namespace = '' } = metadata;
  let names = known.get(namespace);
  if (!names) {
    names = new Set(
      ctx
        .informer('pods')
        .list(namespace)
        .flatMap(({ spec }) => secretsOf(spec)),
    );
    known.set(namespace, names);
  }
  return names.has(name);
}

/** Marks it first; what has been marked for long goes. Where somebody was faster, the next round looks again. */
async function end({ metadata }: Secret, before: number, { client, clock }: Context): Promise<void> {
  const { name, namespace = '', uid, resourceVersion, labels } = metadata;
  const marked = labels?.[INVALID_SINCE];
  if (!isDay(marked)) {
    const patch = { metadata: { uid, labels: { [INVALID_SINCE]: dayOf(clock.now()) } } };
    await unlessChanged(client.patch('secrets', namespace, name, patch));
  } else if (marked < dayOf(before)) {
    await unlessChanged(client.delete('secrets', namespace, name, resourceVersion ? { resourceVersion } : {}));
  }
}
