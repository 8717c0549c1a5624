import type { Pod, PodStatus } from '../../../../schema/types.ts';
import type { Unchecked } from '../../../meta/object.ts';
import { sameJson } from '../../patch/equal.ts';
import { objectAs } from '../../object-as.ts';
import { incoming, previous } from '../objects.ts';
import type { AdmissionRequest } from '../plugin.ts';
import { isMirrorPod } from '../pods.ts';
import { apiReferenceOf } from './mirror-references.ts';
import { find, nameOf, refuse, unexpectedOperation, type NodeRule } from './rule.ts';

const quote = JSON.stringify;

/** Makes and takes away mirror pods, reports and evicts: only of what is bound to it. */
export const pods: NodeRule = async (request, node) => {
  const { subresource } = request.target;
  if (subresource === '') return podItself(request, node);
  if (subresource === 'status') return status(request, node);
  if (subresource === 'eviction') return eviction(request, node);
  throw refuse(request, `unexpected pod subresource ${quote(subresource)}, only 'status' and 'eviction' are allowed`);
};

async function podItself(request: AdmissionRequest, node: string): Promise<void> {
  const { operation } = request;
  if (operation === 'CREATE') return mirror(request, node);
  if (operation !== 'DELETE')
    throw refuse(
      request,
      `unexpected operation ${quote(operation)}, node ${quote(node)} can only create and delete mirror pods`,
    );
  if (previous(request, 'pods').spec?.nodeName !== node)
    throw refuse(request, `node ${quote(node)} can only delete pods with spec.nodeName set to itself`);
}

async function mirror(request: AdmissionRequest, node: string): Promise<void> {
  const pod = incoming(request, 'pods');
  const only = `node ${quote(node)} can only create`;
  if (!isMirrorPod(pod))
    throw refuse(request, `pod does not have "kubernetes.io/config.mirror" annotation, ${only} mirror pods`);
  if (pod.spec?.nodeName !== node) throw refuse(request, `${only} pods with spec.nodeName set to itself`);
  await owner(request, pod, node);
  const reference = apiReferenceOf(pod);
  if (typeof reference === 'object')
    throw refuse(request, `error checking mirror pod for API references: ${reference.unknown}`);
  if (reference) throw refuse(request, `node ${quote(node)} can not create pods that reference ${reference}`);
}

/** A mirror pod has its node for its one owner, which controls it. */
async function owner(request: AdmissionRequest, { metadata }: Unchecked<Pod>, node: string): Promise<void> {
  const only = `node ${quote(node)} can only create pods with`;
  const [reference, more] = metadata.ownerReferences ?? [];
  if (more) throw refuse(request, `${only} a single owner reference set to itself`);
  const { apiVersion, kind, name, controller, blockOwnerDeletion, uid } = reference ?? {};
  if (apiVersion !== 'v1' || kind !== 'Node' || name !== node)
    throw refuse(request, `${only} an owner reference set to itself`);
  if (!controller) throw refuse(request, `${only} a controller owner reference set to itself`);
  if (blockOwnerDeletion)
    throw refuse(request, `node ${quote(node)} must not set blockOwnerDeletion on an owner reference`);
  const stored = await find(request, 'node', '', node);
  if (uid !== stored.uid) throw refuse(request, `node ${node} UID mismatch: expected ${uid ?? ''} got ${stored.uid}`);
}

function status(request: AdmissionRequest, node: string): void {
  if (request.operation !== 'UPDATE') throw unexpectedOperation(request);
  const [now, old] = [incoming(request, 'pods'), previous(request, 'pods')];
  if (old.spec?.nodeName !== node)
    throw refuse(request, `node ${quote(node)} can only update pod status for pods with spec.nodeName set to itself`);
  if (!sameJson(now.metadata.labels ?? {}, old.metadata.labels ?? {}))
    throw refuse(request, `node ${quote(node)} cannot update labels through pod status`);
  if (!sameJson(madeClaims(now.status), madeClaims(old.status)))
    throw refuse(request, `node ${quote(node)} cannot update resource claim statues`);
  if (!sameJson(now.status?.extendedResourceClaimStatus ?? null, old.status?.extendedResourceClaimStatus ?? null))
    throw refuse(request, `node ${quote(node)} cannot update extended resource claim status`);
}

const madeClaims = (status: Unchecked<Pod>['status'] | PodStatus): unknown =>
  (status?.resourceClaimStatuses ?? []).map(({ name, resourceClaimName }) => [name, resourceClaimName ?? null]);

async function eviction(request: AdmissionRequest, node: string): Promise<void> {
  if (request.operation !== 'CREATE') throw refuse(request, `unexpected operation ${request.operation}`);
  const pod = await find(request, 'pod', request.target.namespace, nameOf(request));
  if (objectAs('pods', pod).spec?.nodeName !== node)
    throw refuse(request, `node ${node} can only evict pods with spec.nodeName set to itself`);
}
