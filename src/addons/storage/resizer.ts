import type { PersistentVolume, PersistentVolumeClaim } from '../../../schema/types.ts';
import { unlessGone } from '../../control/conflict.ts';
import type { Context, Reconciler } from '../../control/contract.ts';
import { splitKey } from '../../control/keys.ts';
import { compareQuantity, parseQuantity, quantityValue } from '../../meta/quantity.ts';
import { CLAIMS, PROVISIONER, VOLUMES } from './names.ts';
import { isOf, type Place } from './place.ts';

const storageOf = (amounts: Readonly<Record<string, string>> | undefined): string => amounts?.['storage'] ?? '0';
const less = (a: string, b: string): boolean => compareQuantity(parseQuantity(a), parseQuantity(b)) < 0;

/** Grows the volumes of this node whose claims ask for more, while they are used. */
export const resizer = (place: Place): Reconciler => ({
  name: 'storage-resizer',
  source: `${PROVISIONER}_${place.node}`,
  workers: 2,
  watches: [{ resource: CLAIMS }, { resource: VOLUMES, keys: () => [] }],
  async reconcile(key, ctx) {
    const { namespace, name } = splitKey(key);
    const claim = ctx.informer(CLAIMS).get(namespace, name);
    if (claim?.status?.phase !== 'Bound' || claim.metadata.deletionTimestamp) return;
    const volume = ctx.informer(VOLUMES).get('', claim.spec?.volumeName ?? '');
    if (!volume || volume.spec?.claimRef?.uid !== claim.metadata.uid || !isOf(volume, place.node)) return;
    const wanted = storageOf(claim.spec?.resources?.requests);
    if (less(storageOf(claim.status?.capacity), wanted)) await grow(claim, volume, wanted, place, ctx);
  },
});

async function grow(
  claim: PersistentVolumeClaim,
  volume: PersistentVolume,
  wanted: string,
  { folders }: Place,
  ctx: Context,
): Promise<void> {
  const { name } = volume.metadata;
  const about = { ...claim, apiVersion: 'v1', kind: 'PersistentVolumeClaim' };
  ctx.events.event(about, 'Normal', 'Resizing', `External resizer is resizing volume ${name}`);
  try {
    await folders.grow(name, quantityValue(wanted));
  } catch (error) {
    const message = `resize volume "${name}" by resizer "${PROVISIONER}" failed: ${(error as Error).message}`;
    ctx.events.event(about, 'Warning', 'VolumeResizeFailed', message);
    throw error;
  }
  if (less(storageOf(volume.spec?.capacity), wanted)) {
    const capacity = { spec: { capacity: { storage: wanted } } };
    await unlessGone(ctx.client.patch(VOLUMES, '', name, capacity, { type: 'merge' }));
  }
  const { namespace = '', name: claimName } = claim.metadata;
  const allocatedResources = { storage: wanted };
  const status = { capacity: { storage: wanted }, allocatedResources, allocatedResourceStatuses: null };
  const written = { type: 'merge', subresource: 'status' } as const;
  await unlessGone(ctx.client.patch(CLAIMS, namespace, claimName, { status }, written));
  ctx.events.event(about, 'Normal', 'VolumeResizeSuccessful', 'Resize volume succeeded');
}
