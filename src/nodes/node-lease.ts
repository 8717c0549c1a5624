import type { Client } from '../client/contract.ts';
import type { Clock } from '../rules/clock.ts';
import { isStatusError } from '../meta/status.ts';
import { NODE_LEASE_NAMESPACE } from '../rules/node-lease.ts';

const RESOURCE = 'leases.coordination.k8s.io';
const LEASE_SECONDS = 40;
export const RENEW_MS = 10_000;

/** metav1.MicroTime */
const microTime = (ms: number): string => `${new Date(ms).toISOString().slice(0, -1)}000Z`;

/** Renews the node's lease, or makes it; one request while nothing goes wrong. @throws StatusError */
export async function renewLease(
  client: Client,
  clock: Pick<Clock, 'now'>,
  name: string,
  nodeUid: string,
): Promise<void> {
  const spec = { holderIdentity: name, leaseDurationSeconds: LEASE_SECONDS, renewTime: microTime(clock.now()) };
  try {
    await client.patch(RESOURCE, NODE_LEASE_NAMESPACE, name, { spec }, { type: 'merge' });
  } catch (error) {
    if (!isStatusError(error, 'NotFound')) throw error;
    const owner = { apiVersion: 'v1', kind: 'Node', name, uid: nodeUid };
    const metadata = { name, namespace: NODE_LEASE_NAMESPACE, ownerReferences: [owner] };
    await client.create(RESOURCE, { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec });
  }
}
