import type { AllocationResult, ResourceResourceClaim } from '../../../schema/types.ts';
import type { Informer } from '../../client/contract.ts';

const BY_DEVICE = 'device';

/** A device among all of a cluster: `DRIVER/POOL/NAME`, of which only a pool's name may have a slash. */
export const deviceId = (driver: string, pool: string, device: string): string => `${driver}/${pool}/${device}`;

/** What an allocation takes for itself; who has admin access only looks on (KEP-5018). */
export const devicesOf = (allocation: AllocationResult | undefined): string[] =>
  (allocation?.devices?.results ?? []).flatMap(({ driver, pool, device, adminAccess }) =>
    adminAccess ? [] : [deviceId(driver, pool, device)],
  );

interface Own {
  devices: readonly string[];
  /** the claim as it was written; undefined while that is under way */
  written: ResourceResourceClaim | undefined;
}

/**
 * Claims as they are and as they are about to be: what this scheduler has allocated counts from the moment of the
 * decision, and until the informer has it too. As many entries as there are writes that the informer has not seen.
 */
export class ClaimLedger {
  /** by the claim's uid */
  private readonly own = new Map<string, Own>();
  private readonly takenBy = new Map<string, string>();

  constructor(private readonly claims: Pick<Informer<ResourceResourceClaim>, 'get' | 'index' | 'addIndex'>) {
    claims.addIndex(BY_DEVICE, ({ status }) => devicesOf(status?.allocation));
  }

  /** The newest that is known of it. */
  claim(namespace: string, name: string): ResourceResourceClaim | undefined {
    const seen = this.claims.get(namespace, name);
    const written = seen && this.own.get(seen.metadata.uid)?.written;
    if (!written) return seen;
    return isBehind(seen, written) ? written : seen;
  }

  isTaken(device: string): boolean {
    if (this.claims.index(BY_DEVICE, device).length > 0) return true;
    const uid = this.takenBy.get(device);
    if (uid === undefined) return false;
    const written = this.own.get(uid)?.written;
    return !written || this.isAhead(written);
  }

  /** The informer tells of a claim: what was written of it is known there now, or gone. */
  seen(claim: ResourceResourceClaim | undefined, old: ResourceResourceClaim | undefined): void {
    for (const told of [claim, old]) {
      const written = told && this.own.get(told.metadata.uid)?.written;
      if (written && !this.isAhead(written)) this.drop(written.metadata.uid);
    }
  }

  /** Whether its allocation is being written. */
  isPending(uid: string): boolean {
    const own = this.own.get(uid);
    return own !== undefined && own.written === undefined;
  }

  begin(uid: string, allocation: AllocationResult): void {
    this.drop(uid);
    const devices = devicesOf(allocation);
    this.own.set(uid, { devices, written: undefined });
    for (const device of devices) this.takenBy.set(device, uid);
  }

  wrote(claim: ResourceResourceClaim): void {
    const { uid } = claim.metadata;
    const devices = devicesOf(claim.status?.allocation);
    this.drop(uid);
    // the answer may come after what it is about, even after its end
    if (!this.isAhead(claim)) return;
    this.own.set(uid, { devices, written: claim });
    for (const device of devices) this.takenBy.set(device, uid);
  }

  /** The informer has an older version of it. */
  private isAhead(written: ResourceResourceClaim): boolean {
    const { namespace = '', name, uid } = written.metadata;
    const seen = this.claims.get(namespace, name);
    return seen?.metadata.uid === uid && isBehind(seen, written);
  }

  /** How many are not known from the informer. */
  get size(): number {
    return this.own.size;
  }

  /** It could not be written, or is known from the informer. */
  drop(uid: string): void {
    const own = this.own.get(uid);
    if (!own) return;
    this.own.delete(uid);
    for (const device of own.devices) if (this.takenBy.get(device) === uid) this.takenBy.delete(device);
  }
}

/** Versions of one object are numbers that grow, which kube-scheduler relies on, too. */
const isBehind = (a: ResourceResourceClaim, b: ResourceResourceClaim): boolean =>
  Number(a.metadata.resourceVersion) < Number(b.metadata.resourceVersion);
