import type { PersistentVolume } from '../../../schema/types.ts';
import { unlessGone } from '../../control/conflict.ts';
import type { Context, Reconciler } from '../../control/contract.ts';
import { isStatusError } from '../../meta/status.ts';
import { NAMESPACE } from '../addon.ts';
import { CLAIMS, FINALIZER, PROVISIONER, VOLUMES } from './names.ts';
import type { NodeFolders } from './node-folders.ts';
import { isOf, type Place } from './place.ts';

/** Between two looks for what nobody needs any more, ms. */
const TIDY_MS = 10 * 60_000;
/** The key under which that is done; no volume has such a name. */
const TIDY = '@tidy';

/**
 * What becomes of this node's volumes: those that are released go with their data or are kept, as they say, and what a
 * crash or somebody's force left is collected.
 */
export const reclaimer = (place: Place): Reconciler => ({
  name: 'storage-reclaimer',
  source: `${PROVISIONER}_${place.node}`,
  workers: 2,
  watches: [{ resource: VOLUMES }, { resource: CLAIMS, keys: () => [] }],
  start: (ctx) => ctx.enqueueAfter(TIDY, 0),
  async reconcile(name, ctx) {
    if (name === TIDY) {
      await tidy(place, ctx);
      return { requeueAfter: TIDY_MS };
    }
    const volume = ctx.informer(VOLUMES).get('', name);
    if (volume && isOf(volume, place.node)) await sync(volume, place.folders, ctx);
    return undefined;
  },
});

async function sync(volume: PersistentVolume, folders: NodeFolders, ctx: Context): Promise<void> {
  const { name, deletionTimestamp, finalizers = [] } = volume.metadata;
  const reclaim = volume.spec?.persistentVolumeReclaimPolicy === 'Delete';
  const phase = volume.status?.phase;
  const record = await folders.record(name);
  if (record && record.reclaim !== reclaim) await folders.write(name, { ...record, reclaim });
  const unused = phase === 'Released' || phase === 'Failed' || (deletionTimestamp && phase !== 'Bound');
  if (!reclaim) return finalizers.includes(FINALIZER) ? mark(volume, false, ctx) : undefined;
  if (!unused) return finalizers.includes(FINALIZER) || deletionTimestamp ? undefined : mark(volume, true, ctx);
  try {
    await folders.remove(name);
  } catch (error) {
    ctx.events.event(
      { ...volume, apiVersion: 'v1', kind: 'PersistentVolume' },
      'Warning',
      'VolumeFailedDelete',
      (error as Error).message,
    );
    throw error;
  }
  if (!deletionTimestamp) await unlessGone(ctx.client.delete(VOLUMES, '', name, { uid: volume.metadata.uid }));
  const left = await unlessGone(ctx.client.get(VOLUMES, '', name));
  if (left?.metadata.uid === volume.metadata.uid) await mark(left, false, ctx);
}

/** While the finalizer is there, the object outlives its folder. */
async function mark(volume: PersistentVolume, wanted: boolean, ctx: Context): Promise<void> {
  const { finalizers = [] } = volume.metadata;
  if (finalizers.includes(FINALIZER) === wanted) return;
  const next = wanted ? [...finalizers, FINALIZER] : finalizers.filter((one) => one !== FINALIZER);
  await unlessGone(ctx.client.update(VOLUMES, { ...volume, metadata: { ...volume.metadata, finalizers: next } }));
}

/**
 * Folders that are nobody's: of claims that went before their volume was there, and of volumes whose object somebody has
 * taken away by force though they were to be deleted. Those of another cluster that used this folder are left, and so is
 * what was to be kept.
 */
async function tidy({ folders }: Place, ctx: Context): Promise<void> {
  const cluster = (await ctx.client.get('namespaces', '', NAMESPACE)).metadata.uid;
  for (const name of await folders.tidy()) {
    await tidyOne(name, cluster, folders, ctx).catch((error: unknown) =>
      ctx.log('a volume was left as it is', { name, error: String(error) }),
    );
  }
}

async function tidyOne(name: string, cluster: string, folders: NodeFolders, ctx: Context): Promise<void> {
  const record = await folders.record(name);
  if (record && record.cluster !== cluster) return;
  if (await exists(name, ctx)) return folders.open(name);
  const claim = record?.pending;
  const awaited =
    claim !== undefined &&
    ctx
      .informer(CLAIMS)
      .list()
      .some(({ metadata }) => metadata.uid === claim);
  if (!awaited && (record?.reclaim ?? true)) await folders.remove(name);
}

/** The cache may be behind, and data is at stake. */
async function exists(name: string, ctx: Context): Promise<boolean> {
  try {
    await ctx.client.get(VOLUMES, '', name);
    return true;
  } catch (error) {
    if (isStatusError(error, 'NotFound')) return false;
    throw error;
  }
}
