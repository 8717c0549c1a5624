import { X509Certificate } from 'node:crypto';
import type { CertificateSigningRequest } from '../../schema/types.ts';
import type { Reconciler } from '../control/contract.ts';
import { unlessGone } from '../control/conflict.ts';
import { timeMs } from '../meta/time.ts';
import { CSRS } from './certificate-requests.ts';

const HOUR = 3600_000;
/**
 * ms that a request is kept after what was last said of it; nothing was said of a pending one, and an unissued one was
 * approved and never signed. Source: KEP-2784 and kube-controller-manager's cleaner.
 */
const KEPT = { issued: HOUR, denied: HOUR, failed: HOUR, pending: 24 * HOUR, unissued: 24 * HOUR } as const;
/** At most so long between two looks, as nobody tells of a certificate's end: it is long after, or it was the signer's will. */
const LOOK_EVERY = HOUR;

/** Deletes requests that have been answered, or that nobody answers, and those whose certificate has ended. */
export const csrcleaner: Reconciler = {
  name: 'csrcleaner',
  account: 'certificate-controller',
  watches: [{ resource: CSRS }],
  async reconcile(name, ctx) {
    const csr = ctx.informer(CSRS).get('', name);
    if (!csr || csr.metadata.deletionTimestamp) return undefined;
    const left = endOf(csr) - ctx.clock.now();
    if (left > 0) return left === Infinity ? undefined : { requeueAfter: Math.min(left, LOOK_EVERY) };
    const { uid, resourceVersion } = csr.metadata;
    await unlessGone(ctx.client.delete(CSRS, '', name, { uid, resourceVersion }));
    return undefined;
  },
};

/** When it may go, ms; Infinity where nothing says since when. */
function endOf({ metadata, status = {} }: CertificateSigningRequest): number {
  const { conditions = [], certificate } = status;
  if (conditions.length === 0) return after(metadata.creationTimestamp, KEPT.pending);
  const ends = conditions.map(({ type, lastUpdateTime }) => {
    if (type === 'Denied') return after(lastUpdateTime, KEPT.denied);
    if (type === 'Failed') return after(lastUpdateTime, KEPT.failed);
    if (type !== 'Approved') return Infinity;
    if (!certificate) return after(lastUpdateTime, KEPT.unissued);
    return Math.min(after(lastUpdateTime, KEPT.issued), endOfCertificate(certificate));
  });
  return Math.min(...ends);
}

/** Never, where it is not said since when. */
function after(time: string | undefined, ms: number): number {
  const end = timeMs(time) + ms;
  return Number.isNaN(end) ? Infinity : end;
}

/** @param certificate PEM in base64 */
function endOfCertificate(certificate: string): number {
  try {
    return after(new X509Certificate(Buffer.from(certificate, 'base64')).validTo, 0);
  } catch {
    return Infinity;
  }
}
