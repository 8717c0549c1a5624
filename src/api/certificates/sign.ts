import type { CertificateSigningRequestSpec, CertificateSigningRequestStatus } from '../../../schema/types.ts';
import type { Stored } from '../../store/contract.ts';
import type { RequestContext, Target } from '../contract.ts';
import type { Core } from '../core.ts';
import { objectAs, type ObjectOf } from '../object-as.ts';
import { operationOf } from '../write/operation.ts';
import { replace } from '../write/replace.ts';
import { issueCertificate, type Authority } from './issue.ts';

const REQUESTS = 'certificatesigningrequests.certificates.k8s.io';
const YEAR_MS = 365 * 24 * 3600_000;
/** Signers that this cluster's authority serves, and what their certificates may be for. */
const SIGNERS: Readonly<Record<string, readonly string[]>> = {
  'kubernetes.io/kube-apiserver-client': ['digital signature', 'key encipherment', 'client auth'],
  'kubernetes.io/kube-apiserver-client-kubelet': ['digital signature', 'key encipherment', 'client auth'],
  'kubernetes.io/kubelet-serving': ['digital signature', 'key encipherment', 'server auth'],
};
const system: RequestContext = {
  user: { name: 'system:apiserver', groups: ['system:masters'] },
  agent: 'kube-apiserver',
  warn() {},
};

type Status = CertificateSigningRequestStatus;

function waits(stored: Stored): boolean {
  const { spec, status } = objectAs(REQUESTS, stored);
  const has = (type: string): boolean => Boolean(status?.conditions?.some((c) => c.type === type));
  return spec.signerName in SIGNERS && has('Approved') && !has('Denied') && !has('Failed') && !status?.certificate;
}

async function statusOf(
  core: Core,
  authority: Authority,
  spec: CertificateSigningRequestSpec,
  now: string,
): Promise<(status: Status | undefined) => Status> {
  const { usages = [], expirationSeconds = Infinity } = spec;
  const ms = Math.min(YEAR_MS, Math.max(600, expirationSeconds) * 1000);
  try {
    const strange = usages.filter((usage) => !SIGNERS[spec.signerName]?.includes(usage));
    if (strange.length) throw new Error(`usages ${JSON.stringify(strange)} are not for this signer`);
    const pem = await issueCertificate(
      authority,
      Buffer.from(spec.request, 'base64').toString('utf8'),
      usages,
      core.clock.now(),
      ms,
    );
    return (status) => ({ ...status, certificate: Buffer.from(pem).toString('base64') });
  } catch (error) {
    const failed = {
      type: 'Failed',
      status: 'True',
      reason: 'SignerValidationFailure',
      message: (error as Error).message,
      lastUpdateTime: now,
      lastTransitionTime: now,
    };
    return (status) => ({ ...status, conditions: [...(status?.conditions ?? []), failed] });
  }
}

/** Signs approved certificate requests: only here is the authority's key. Every API process does; the first one's stays. */
export function followCertificateRequests(core: Core, authority: Authority): { stop(): void } {
  const { store, registry } = core;
  let over = false;
  let unwatch = (): void => undefined;

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
        if (!object.status?.certificate) object.status = change(object.status);
        return object;
      },
    });
  }
  const seen = (stored: Stored): void => {
    if (waits(stored))
      void sign(stored).catch((error: Error) => core.log(`certificate request ${stored.name}: ${error.message}`));
  };
  function follow(): void {
    const snapshot = store.list({ resource: REQUESTS });
    snapshot.items.forEach(seen);
    unwatch = store.watch({ resource: REQUESTS }, snapshot.revision, {
      onEvents: (events) => events.forEach((event) => event.type !== 'DELETED' && seen(event.stored)),
      onEnd: (reason) => {
        if (reason === 'expired' && !over) follow();
      },
    });
  }
  follow();
  return {
    stop() {
      over = true;
      unwatch();
    },
  };
}
