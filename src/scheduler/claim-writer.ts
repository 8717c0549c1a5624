import type { Pod, ResourceResourceClaim } from '../../schema/types.ts';
import type { Client } from '../client/contract.ts';
import { unlessGone } from '../control/conflict.ts';
import { errorMessage } from '../meta/error-message.ts';
import { isStatusError } from '../meta/status.ts';
import type { ClaimLedger } from './devices/claim-ledger.ts';
import type { Reservation } from './plugins/dynamic-resources.ts';

const CLAIMS = 'resourceclaims.resource.k8s.io';
/** Keeps an allocated claim until its devices are free again. */
const FINALIZER = 'resource.kubernetes.io/delete-protection';
/** Attempts to write a claim that others write too. */
const MAX_ATTEMPTS = 5;

/** Writes what the scheduler decides of claims: allocations, who may use them, and that nobody does. */
export class ClaimWriter {
  constructor(private readonly client: Client) {}

  /** Allocations count from now on, before they are written. */
  begin(ledger: ClaimLedger, reservations: readonly Reservation[]): void {
    for (const { claim, allocation } of reservations) if (allocation) ledger.begin(claim.metadata.uid, allocation);
  }

  /** Writes them, each for the pod. @throws where one cannot be; those before it are the pod's then, see `release` */
  async reserve(ledger: ClaimLedger, pod: Pod, reservations: readonly Reservation[]): Promise<void> {
    try {
      for (const reservation of reservations) ledger.wrote(await this.reserveOne(pod, reservation));
    } catch (error) {
      throw new Error(`running PreBind plugin "DynamicResources": ${errorMessage(error)}`, { cause: error });
    }
  }

  /** The pod does not get its node: others may have what it reserved. */
  async release(ledger: ClaimLedger, pod: Pod, reservations: readonly Reservation[]): Promise<void> {
    const { uid: podUid } = pod.metadata;
    // before anything is written, which may fail: what is pending stays so for ever, and nobody gets its devices
    for (const { claim } of reservations) if (ledger.isPending(claim.metadata.uid)) ledger.drop(claim.metadata.uid);
    for (const { claim } of reservations) {
      const { namespace = '', name, uid } = claim.metadata;
      const known = ledger.claim(namespace, name);
      if (!known?.status?.reservedFor?.some((one) => one.uid === podUid)) continue;
      const patch = { metadata: { uid }, status: { reservedFor: [{ $patch: 'delete', uid: podUid }] } };
      const released = this.client.patch(CLAIMS, namespace, name, patch, { type: 'strategic', subresource: 'status' });
      const written = await unlessGone(released);
      if (written) ledger.wrote(written);
    }
  }

  async deallocate(claim: ResourceResourceClaim): Promise<void> {
    await unlessGone(this.client.update(CLAIMS, { ...claim, status: {} }, 'status'));
  }

  private async reserveOne(pod: Pod, { claim, allocation }: Reservation): Promise<ResourceResourceClaim> {
    const { namespace = '', name } = claim.metadata;
    const shown = `${namespace}/${name}`;
    let current = claim;
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.write(pod, current, allocation, shown);
      } catch (error) {
        if (attempt === MAX_ATTEMPTS || !isStatusError(error, 'Conflict')) throw error;
        current = await this.client.get(CLAIMS, namespace, name);
        if (current.metadata.uid !== claim.metadata.uid) throw new Error(`claim ${shown} got replaced in the meantime`);
      }
    }
  }

  private async write(
    pod: Pod,
    claim: ResourceResourceClaim,
    allocation: Reservation['allocation'],
    shown: string,
  ): Promise<ResourceResourceClaim> {
    if (claim.metadata.deletionTimestamp) throw new Error(`claim ${shown} got deleted in the meantime`);
    if (allocation && claim.status?.allocation)
      throw new Error(`claim ${shown} got allocated elsewhere in the meantime`);
    let current = claim;
    const { finalizers = [] } = claim.metadata;
    if (allocation && !finalizers.includes(FINALIZER)) {
      const metadata = { ...claim.metadata, finalizers: [...finalizers, FINALIZER] };
      current = await this.client.update(CLAIMS, { ...claim, metadata });
    }
    const consumer = { resource: 'pods', name: pod.metadata.name, uid: pod.metadata.uid };
    const reservedFor = [...(current.status?.reservedFor ?? []), consumer];
    const status = { ...current.status, ...(allocation && { allocation }), reservedFor };
    return this.client.update(CLAIMS, { ...current, status }, 'status');
  }
}
