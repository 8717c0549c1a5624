import type { PersistentVolumeClaim } from '../../../schema/types.ts';
import type { Context } from '../../control/contract.ts';
import { isStatusError } from '../../meta/status.ts';
import { CLAIMS, VOLUMES } from './names.ts';
import { FolderError, type Form } from './node-folders.ts';
import { isOf, type Place } from './place.ts';
import { CONTENTS, handleOf, SNAPSHOTS, type VolumeSnapshot, type VolumeSnapshotContent } from './snapshots/kinds.ts';

/**
 * Where the data lies that a new volume begins with: that of another claim of the namespace, or of a snapshot.
 * @returns undefined for one that begins empty
 * @throws FolderError where it cannot be had on this node, or is of another form
 */
export async function contentOf(
  claim: PersistentVolumeClaim,
  form: Form,
  place: Place,
  ctx: Context,
): Promise<string | undefined> {
  const source = claim.spec?.dataSource ?? claim.spec?.dataSourceRef;
  if (!source) return undefined;
  const { namespace = '' } = claim.metadata;
  const { apiGroup, kind, name } = source;
  // the core group may be written as null
  const group = apiGroup ?? '';
  if (kind === 'PersistentVolumeClaim' && group === '') return clone(namespace, name, form, place, ctx);
  if (kind === 'VolumeSnapshot' && group === 'snapshot.storage.k8s.io')
    return restore(namespace, name, form, place, ctx);
  throw new FolderError(`data of a ${kind} of ${JSON.stringify(group)} is not for this provisioner to copy`);
}

const sameKind = (a: Form, b: Form): boolean => (a === 'block') === (b === 'block');

async function clone(namespace: string, name: string, form: Form, { folders, node }: Place, ctx: Context) {
  const source = ctx.informer(CLAIMS).get(namespace, name);
  const volume = source?.spec?.volumeName ? ctx.informer(VOLUMES).get('', source.spec.volumeName) : undefined;
  if (source?.status?.phase !== 'Bound' || !volume) throw new FolderError(`claim ${name} in clone source is not bound`);
  if (!isOf(volume, node)) throw new FolderError(`the volume of claim ${name} is not on this node`);
  const record = await folders.record(volume.metadata.name);
  if (!record || !sameKind(record.form, form)) throw new FolderError(`claim ${name} has another volume mode`);
  return folders.pathOf(volume.metadata.name, record.form);
}

async function restore(namespace: string, name: string, form: Form, { snapshots, node }: Place, ctx: Context) {
  const snapshot = await find<VolumeSnapshot>(SNAPSHOTS, namespace, name, ctx);
  const bound = snapshot?.status?.boundVolumeSnapshotContentName;
  if (!snapshot?.status?.readyToUse || !bound) throw new FolderError(`snapshot ${name} is not ready to use`);
  const content = await find<VolumeSnapshotContent>(CONTENTS, '', bound, ctx);
  const handle = handleOf(content?.status?.snapshotHandle);
  if (handle?.node !== node) throw new FolderError(`snapshot ${name} is not on this node`);
  const record = await snapshots.record(handle.name);
  if (!record || !sameKind(record.form, form)) throw new FolderError(`snapshot ${name} has another volume mode`);
  return snapshots.pathOf(handle.name, record.form);
}

async function find<T>(resource: string, namespace: string, name: string, ctx: Context): Promise<T | undefined> {
  try {
    return (await ctx.client.get(resource, namespace, name)) as T;
  } catch (error) {
    if (isStatusError(error, 'NotFound')) return undefined;
    throw error;
  }
}
