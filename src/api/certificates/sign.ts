import type { CertificateSigningRequestSpec, CertificateSigningRequestStatus } from '../../../schema/types.ts';
import { errorMessage } from '../../meta/error-message.ts';
import { isStatusError } from '../../meta/status.ts';
import type { Stored } from '../../store/contract.ts';
import type { RequestContext, Target } from '../contract.ts';
import type { Core } from '../core.ts';
import { follow } from '../follow.ts';
import { objectAs, type ObjectOf } from '../object-as.ts';
import { parseRequest } from '../../rules/certificates/certificate-request.ts';
import { operationOf } from '../write/operation.ts';
import { replace } from '../write/replace.ts';
import { issueCertificate, type Authority } from './issue.ts';
import { SIGNERS } from './signers.ts';

const REQUESTS = 'certificatesigningrequests.certificates.k8s.io';
const YEAR_MS = 365 * 24 * 3600_000;
/** Shortest time for which a certificate is made, whatever is asked for. */
const MIN_SECONDS = 600;
/** ms after which a request that could not be signed is looked at again */
const AGAIN_MS = 1_000;
const system: RequestContext = {
  user: { name: 'system:apiserver', groups: ['system:masters'] },
  agent: 'kube-apiserver',
  warn() {},
};

type Status = CertificateSigningRequestStatus;

function waits(stored: Stored): boolean {
  const { spec, status } = objectAs(REQUESTS, stored);
  const has = (type: string): boolean => Boolean(status?.conditions?.some((c) => c.type === type));
  return SIGNERS.has(spec.signerName) && has('Approved') && !has('Denied') && !has('Failed') && !status?.certificate;
}

/** The certificate, or that and why there will be none. Rejects where it cannot be said now. */
async function statusOf(
  core: Core,
  authority: Authority,
  spec: CertificateSigningRequestSpec,
  now: string,
): Promise<(status: Status | undefined) => Status> {
  const { usages = [], expirationSeconds = Infinity } = spec;
  const request = parseRequest(spec.request);
  const problem = SIGNERS.get(spec.signerName)?.(request, usages);
  if (problem !== undefined) {
    const times = { lastUpdateTime: now, lastTransitionTime: now };
    const failed = { type: 'Failed', status: 'True', reason: 'SignerValidationFailure', message: problem, ...times };
    return (status) => ({ ...status, conditions: [...(status?.conditions ?? []), failed] });
  }
  const ms = Math.min(YEAR_MS, Math.max(MIN_SECONDS, expirationSeconds) * 1000);
  const pem = await issueCertificate(authority, request, usages, core.clock.now(), ms);
  return (status) => ({ ...status, certificate: Buffer.from(pem).toString('base64') });
}

/** Signs approved certificate requests: only here is the authority's key. Every API process does; the first one's stays. */
export function followCertificateRequests(core: Core, authority: Authority): { stop(): void } {
  const { store, registry } = core;
  let over = false;

  async function sign(stored: Stored): Promise<void> {
    const target: Target = {
      kind: registry.preferred(REQUESTS)!,
      namespace: '',
      name: stored.name,
      subresource: 'status',
    };
    const op = operationOf(core, system, target, 'sign', {});
    const change = await statusOf(core, authority, objectAs(REQUESTS, stored).spec, op.now);
    await replace(op, {
      createMissing: false,
      next(live) {
        const object = structuredClone(live!) as ObjectOf<typeof REQUESTS>;
        // what has taken its name in the meantime has not been approved
        if (object.metadata.uid === stored.uid && !object.status?.certificate) object.status = change(object.status);
        return object;
      },
    });
  }
  const seen = (stored: Stored): void => {
    if (!waits(stored)) return;
    void sign(stored).catch((error: unknown) => {
      if (over || isStatusError(error, 'NotFound')) return;
      core.log(`certificate request ${stored.name}: ${errorMessage(error)}`);
      // Nothing tells of it again: the database may have been away.
      core.clock.setTimeout(() => {
        const now = store.get(stored);
        if (now && !over) seen(now);
      }, AGAIN_MS);
    });
  };
  const unfollow = follow(store, { resource: REQUESTS }, { seen });
  return {
    stop() {
      over = true;
      unfollow();
    },
  };
}
