import { unlessGone } from '../../../control/conflict.ts';
import type { Context, Reconciler } from '../../../control/contract.ts';
import { splitKey } from '../../../control/keys.ts';
import type { KubeObject } from '../../../meta/object.ts';
import { isStatusError } from '../../../meta/status.ts';
import { formatTime } from '../../../meta/time.ts';
import { CLAIMS, PROVISIONER, VOLUMES } from '../names.ts';
import { isOf, type Place } from '../place.ts';
import { snapshotClass } from './snapshot-class.ts';
import {
  CONTENTS,
  GROUP,
  handleOf,
  SNAPSHOT_CLASSES,
  SNAPSHOTS,
  type VolumeSnapshot,
  type VolumeSnapshotContent,
} from './kinds.ts';
import { takeSnapshot } from './take-snapshot.ts';

const BOUND = 'snapshot.storage.kubernetes.io/volumesnapshot-bound-protection';
const CONTENT_BOUND = 'snapshot.storage.kubernetes.io/volumesnapshotcontent-bound-protection';
/** Between two attempts at what cannot be done yet, ms. */
const RETRY_MS = 10_000;

/**
 * Takes snapshots of this node's volumes, keeps them beside these, and removes them with their objects. Keys: a
 * snapshot's `namespace/name`, a content's name. Source: the roles of snapshot-controller and csi-snapshotter.
 */
export const snapshotter = (place: Place): Reconciler => ({
  name: 'storage-snapshotter',
  source: `${PROVISIONER}_${place.node}`,
  workers: 1,
  watches: [
    { custom: SNAPSHOTS },
    {
      custom: CONTENTS,
      *keys(object, old) {
        const content = (object ?? old) as VolumeSnapshotContent | undefined;
        if (!content) return;
        yield content.metadata.name;
        const { namespace, name } = content.spec?.volumeSnapshotRef ?? {};
        if (namespace && name) yield `${namespace}/${name}`;
      },
    },
    { custom: SNAPSHOT_CLASSES, keys: () => [] },
    { resource: CLAIMS, keys: () => [] },
    { resource: VOLUMES, keys: () => [] },
  ],
  async reconcile(key, ctx) {
    const { namespace, name } = splitKey(key);
    if (!namespace) return syncContent(name, place, ctx);
    const snapshot = ctx.informer(SNAPSHOTS).get(namespace, name) as VolumeSnapshot | undefined;
    return snapshot && syncSnapshot(snapshot, place, ctx);
  },
});

const contentName = ({ metadata }: VolumeSnapshot): string => `snapcontent-${metadata.uid}`;

async function syncSnapshot(snapshot: VolumeSnapshot, place: Place, ctx: Context) {
  const content = ctx.informer(CONTENTS).get('', contentName(snapshot)) as VolumeSnapshotContent | undefined;
  if (snapshot.metadata.deletionTimestamp) return release(snapshot, content, ctx);
  if (!content) return begin(snapshot, place, ctx);
  if (content.spec?.driver !== PROVISIONER) return undefined;
  const { readyToUse = false, creationTime, restoreSize, error } = content.status ?? {};
  const status = {
    boundVolumeSnapshotContentName: content.metadata.name,
    readyToUse,
    ...(creationTime !== undefined && { creationTime: formatTime(creationTime / 1e6) }),
    ...(restoreSize !== undefined && { restoreSize: String(restoreSize) }),
    error: error ?? null,
  };
  const now = snapshot.status;
  const told =
    now?.boundVolumeSnapshotContentName === status.boundVolumeSnapshotContentName &&
    now.readyToUse === readyToUse &&
    now.error?.message === error?.message;
  if (!told) await writeStatus(SNAPSHOTS, snapshot, status, ctx);
  return undefined;
}

/** A content for a snapshot of a claim whose volume is on this node. */
async function begin(snapshot: VolumeSnapshot, place: Place, ctx: Context) {
  const { namespace = '', name, uid } = snapshot.metadata;
  const claim = ctx.informer(CLAIMS).get(namespace, snapshot.spec?.source?.persistentVolumeClaimName ?? '');
  const volume = claim?.spec?.volumeName ? ctx.informer(VOLUMES).get('', claim.spec.volumeName) : undefined;
  if (claim && !volume) return { requeueAfter: RETRY_MS };
  if (!volume || !isOf(volume, place.node)) return undefined;
  const found = snapshotClass(snapshot, ctx.informer(SNAPSHOT_CLASSES).list());
  if ('error' in found) {
    const error = { message: found.error, time: formatTime(ctx.clock.now()) };
    if (snapshot.status?.error?.message !== error.message)
      await writeStatus(SNAPSHOTS, snapshot, { error, readyToUse: false }, ctx);
    return { requeueAfter: RETRY_MS };
  }
  const { metadata, deletionPolicy = 'Delete' } = found;
  await guard(SNAPSHOTS, snapshot, BOUND, true, ctx);
  const content = {
    apiVersion: `${GROUP}/v1`,
    kind: 'VolumeSnapshotContent',
    metadata: { name: contentName(snapshot), finalizers: [CONTENT_BOUND] },
    spec: {
      driver: PROVISIONER,
      deletionPolicy,
      volumeSnapshotClassName: metadata.name,
      source: { volumeHandle: volume.metadata.name },
      volumeSnapshotRef: { apiVersion: `${GROUP}/v1`, kind: 'VolumeSnapshot', namespace, name, uid },
    },
  };
  await ctx.client.create(CONTENTS, content).catch((error: unknown) => {
    if (!isStatusError(error, 'AlreadyExists')) throw error;
  });
  return undefined;
}

/** A snapshot that is deleted takes its content along, unless that is to be kept. */
async function release(snapshot: VolumeSnapshot, content: VolumeSnapshotContent | undefined, ctx: Context) {
  if (!snapshot.metadata.finalizers?.includes(BOUND)) return;
  if (content && content.spec?.deletionPolicy !== 'Retain') {
    const { name, uid, deletionTimestamp } = content.metadata;
    if (!deletionTimestamp) await unlessGone(ctx.client.delete(CONTENTS, '', name, { uid }));
    return;
  }
  await guard(SNAPSHOTS, snapshot, BOUND, false, ctx);
}

async function syncContent(name: string, place: Place, ctx: Context) {
  const content = ctx.informer(CONTENTS).get('', name) as VolumeSnapshotContent | undefined;
  if (content?.spec?.driver !== PROVISIONER) return;
  const handle = handleOf(content.status?.snapshotHandle ?? content.spec.source?.snapshotHandle);
  if (content.metadata.deletionTimestamp) {
    if (handle ? handle.node !== place.node : !isOurs(content, place, ctx)) return;
    if (content.spec.deletionPolicy !== 'Retain') await place.snapshots.remove(handle?.name ?? name);
    await guard(CONTENTS, content, CONTENT_BOUND, false, ctx);
  } else if (!handle && isOurs(content, place, ctx)) await takeSnapshot(content, place, ctx, writeStatus);
}

function isOurs({ spec }: VolumeSnapshotContent, { node }: Place, ctx: Context): boolean {
  const volume = ctx.informer(VOLUMES).get('', spec?.source?.volumeHandle ?? '');
  return volume !== undefined && isOf(volume, node);
}

async function guard(resource: string, object: KubeObject, finalizer: string, wanted: boolean, ctx: Context) {
  const { finalizers = [] } = object.metadata;
  if (finalizers.includes(finalizer) === wanted) return;
  const next = wanted ? [...finalizers, finalizer] : finalizers.filter((one) => one !== finalizer);
  await unlessGone(ctx.client.update(resource, { ...object, metadata: { ...object.metadata, finalizers: next } }));
}

async function writeStatus(resource: string, { metadata }: KubeObject, status: object, ctx: Context): Promise<void> {
  const { namespace = '', name } = metadata;
  await unlessGone(ctx.client.patch(resource, namespace, name, { status }, { type: 'merge', subresource: 'status' }));
}
