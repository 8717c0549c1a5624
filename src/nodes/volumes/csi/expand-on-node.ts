import type { Client } from '../../../client/contract.ts';
import { compareQuantity, parseQuantity, quantityOf, quantityValue, formatQuantity } from '../../../meta/quantity.ts';
import type { ClaimedVolume } from '../claimed-volume.ts';

/**
 * Has the node's part of a growth done: where the volume is larger than its claim says of itself, the file system is
 * made to fill it, and the claim says so. Source: pkg/volume/util/operationexecutor NodeExpandVolume (KEP-284).
 * @param grow tells the driver the size in bytes; undefined where it has nothing to do for that
 * @returns whether something was done
 */
export async function expandOnNode(
  { claim, volume }: ClaimedVolume,
  client: Client,
  grow: (bytes: number) => Promise<{ capacity_bytes: number } | undefined>,
): Promise<boolean> {
  const size = volume.spec?.capacity?.['storage'];
  const said = claim.status?.capacity?.['storage'];
  if (size === undefined || said === undefined) return false;
  if (compareQuantity(parseQuantity(size), parseQuantity(said)) <= 0) return false;
  const answer = await grow(quantityValue(size));
  if (!answer) return false;
  const larger = answer.capacity_bytes > quantityValue(size);
  const storage = larger ? formatQuantity(quantityOf(answer.capacity_bytes, 'BinarySI')) : size;
  const left = (claim.status?.conditions ?? []).filter(
    ({ type }) => type !== 'FileSystemResizePending' && type !== 'Resizing',
  );
  const { namespace = '', name } = claim.metadata;
  // a claim of the node's may be changed in these fields alone
  const status = { capacity: { storage }, conditions: left.length ? left : null, allocatedResourceStatuses: null };
  await client.patch('persistentvolumeclaims', namespace, name, { status }, { type: 'merge', subresource: 'status' });
  return true;
}
