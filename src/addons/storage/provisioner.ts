import type { PersistentVolumeClaim, StorageClass } from '../../../schema/types.ts';
import type { Context, Reconciler } from '../../control/contract.ts';
import { unlessGone } from '../../control/conflict.ts';
import { splitKey } from '../../control/keys.ts';
import { quantityValue } from '../../meta/quantity.ts';
import { isStatusError } from '../../meta/status.ts';
import { storageClassOf } from '../../rules/matching-volume.ts';
import { NAMESPACE } from '../addon.ts';
import { formOf } from './class-parameters.ts';
import { contentOf } from './content-source.ts';
import {
  CLAIMS,
  CLASSES,
  FINALIZER,
  PROVISIONED_BY,
  PROVISIONER,
  SELECTED_NODE,
  STORAGE_PROVISIONER,
  VOLUMES,
} from './names.ts';
import { FolderError, type VolumeRecord } from './node-folders.ts';
import { affinityTo, type Place } from './place.ts';

/** Copies take long, and each takes the disk from the others. */
const WORKERS = 2;

const subject = (claim: PersistentVolumeClaim) => ({ ...claim, apiVersion: 'v1', kind: 'PersistentVolumeClaim' });

/** Makes a folder, and the PersistentVolume that is it, for each claim of this provisioner that is to have it on this node. */
export const provisioner = (place: Place): Reconciler => ({
  name: 'storage-provisioner',
  source: `${PROVISIONER}_${place.node}`,
  workers: WORKERS,
  watches: [{ resource: CLAIMS }, { resource: CLASSES, keys: () => [] }, { resource: VOLUMES, keys: () => [] }],
  async reconcile(key, ctx) {
    const { namespace, name } = splitKey(key);
    const claim = ctx.informer(CLAIMS).get(namespace, name);
    const storage = claim && ctx.informer(CLASSES).get('', storageClassOf(claim));
    if (!claim || !storage || !isToBeMade(claim, storage, place.node)) return;
    if (ctx.informer(VOLUMES).get('', nameOf(claim))) return;
    await provision(claim, storage, place, ctx);
  },
});

/** The name that external provisioners give. */
export const nameOf = ({ metadata }: PersistentVolumeClaim): string => `pvc-${metadata.uid}`;

function isToBeMade({ metadata, spec }: PersistentVolumeClaim, storage: StorageClass, node: string): boolean {
  const { annotations = {}, deletionTimestamp } = metadata;
  if (deletionTimestamp || spec?.volumeName || annotations[STORAGE_PROVISIONER] !== PROVISIONER) return false;
  // a class that does not wait leaves it to the first that comes
  const selected = annotations[SELECTED_NODE];
  return selected === node || (selected === undefined && storage.volumeBindingMode !== 'WaitForFirstConsumer');
}

async function provision(claim: PersistentVolumeClaim, storage: StorageClass, place: Place, ctx: Context) {
  const { namespace = '', name, uid } = claim.metadata;
  ctx.events.event(
    subject(claim),
    'Normal',
    'Provisioning',
    `External provisioner is provisioning volume for claim "${namespace}/${name}"`,
  );
  try {
    const volume = nameOf(claim);
    const path = await make(claim, storage, place, ctx);
    const made = await create(claim, storage, path, place, ctx);
    if (!made) return await place.folders.remove(volume);
    const record = await place.folders.record(volume);
    if (record?.pending === uid) await place.folders.write(volume, withoutPending(record));
    ctx.events.event(subject(claim), 'Normal', 'ProvisioningSucceeded', `Successfully provisioned volume ${volume}`);
  } catch (error) {
    if (isStatusError(error)) throw error;
    await failed(claim, storage, error as Error, ctx);
    throw error;
  }
}

const withoutPending = ({ pending: _, ...record }: VolumeRecord): VolumeRecord => record;

async function make(
  claim: PersistentVolumeClaim,
  storage: StorageClass,
  { folders, snapshots, node }: Place,
  ctx: Context,
): Promise<string> {
  const form = formOf(storage, claim.spec?.volumeMode ?? 'Filesystem');
  const from = await contentOf(claim, form, { folders, snapshots, node }, ctx);
  const cluster = (await ctx.client.get('namespaces', '', NAMESPACE)).metadata.uid;
  const bytes = quantityValue(claim.spec?.resources?.requests?.['storage'] ?? '0');
  const reclaim = storage.reclaimPolicy !== 'Retain';
  const record: VolumeRecord = { form, bytes, cluster, pending: claim.metadata.uid, reclaim };
  return folders.make(nameOf(claim), record, from);
}

/** @returns false where another node was quicker */
async function create(
  claim: PersistentVolumeClaim,
  storage: StorageClass,
  path: string,
  { node }: Place,
  ctx: Context,
): Promise<boolean> {
  const { namespace = '', name, uid, resourceVersion } = claim.metadata;
  const { accessModes = [], resources, volumeMode = 'Filesystem' } = claim.spec ?? {};
  const { reclaimPolicy = 'Delete', mountOptions } = storage;
  try {
    await ctx.client.create(VOLUMES, {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: {
        name: nameOf(claim),
        annotations: { [PROVISIONED_BY]: PROVISIONER },
        ...(reclaimPolicy === 'Delete' && { finalizers: [FINALIZER] }),
      },
      spec: {
        capacity: { storage: resources?.requests?.['storage'] ?? '0' },
        accessModes,
        volumeMode,
        persistentVolumeReclaimPolicy: reclaimPolicy,
        storageClassName: storage.metadata.name,
        ...(mountOptions?.length && { mountOptions }),
        claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name, uid, resourceVersion },
        local: { path },
        nodeAffinity: affinityTo(node),
      },
    });
    return true;
  } catch (error) {
    if (!isStatusError(error, 'AlreadyExists')) throw error;
    const there = await ctx.client.get(VOLUMES, '', nameOf(claim));
    return there.spec?.local?.path === path && there.metadata.annotations?.[PROVISIONED_BY] === PROVISIONER;
  }
}

/** Where this node cannot have it, the scheduler chooses again. */
async function failed(claim: PersistentVolumeClaim, storage: StorageClass, error: Error, ctx: Context): Promise<void> {
  const message = `failed to provision volume with StorageClass "${storage.metadata.name}": ${error.message}`;
  ctx.events.event(subject(claim), 'Warning', 'ProvisioningFailed', message);
  const { annotations = {}, namespace = '', name, uid } = claim.metadata;
  if (!(error instanceof FolderError) || annotations[SELECTED_NODE] === undefined) return;
  const patch = { metadata: { uid, annotations: { [SELECTED_NODE]: null } } };
  await unlessGone(ctx.client.patch(CLAIMS, namespace, name, patch, { type: 'merge' }));
}
