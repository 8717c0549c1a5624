import type { CertificateSigningRequest } from '../../schema/types.ts';
import { unlessGone } from '../control/conflict.ts';
import type { Context } from '../control/contract.ts';
import { formatTime } from '../meta/time.ts';

export const CSRS = 'certificatesigningrequests.certificates.k8s.io';

/** Somebody has approved, denied or signed it: there is nothing to approve any more. */
export const isDecided = ({ status }: CertificateSigningRequest): boolean =>
  status?.certificate !== undefined || (status?.conditions ?? []).length > 0;

/** Says of a request that it may be signed. */
export async function approve(csr: CertificateSigningRequest, message: string, ctx: Context): Promise<void> {
  const time = formatTime(ctx.clock.now());
  const condition = {
    type: 'Approved',
    status: 'True',
    reason: 'AutoApproved',
    message,
    lastUpdateTime: time,
    lastTransitionTime: time,
  };
  await unlessGone(ctx.client.update(CSRS, { ...csr, status: { ...csr.status, conditions: [condition] } }, 'approval'));
}
