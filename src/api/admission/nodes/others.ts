import type { KubeObject } from '../../../meta/object.ts';
import { parseRequest } from '../../../rules/certificates/certificate-request.ts';
import { KUBELET_CLIENT, KUBELET_SERVING, NODE_USER } from '../../../rules/certificates/kubelet-requests.ts';
import { sameJson } from '../../patch/equal.ts';
import { incoming, previous } from '../objects.ts';
import { nameOf, refuse, unexpectedOperation, type NodeRule } from './rule.ts';
import { NODE_LEASE_NAMESPACE } from '../../../rules/node-lease.ts';

/** Reports how far the growth of a claim has come, and changes nothing else of it. */
export const claims: NodeRule = (request, node) => {
  if (request.target.subresource !== 'status') throw refuse(request, 'may only update PVC status');
  if (request.operation !== 'UPDATE') throw unexpectedOperation(request);
  const [now, old] = [incoming(request, 'persistentvolumeclaims'), previous(request, 'persistentvolumeclaims')];
  if (!sameJson(othersOf(now), othersOf(old))) {
    const why = `node ${JSON.stringify(node)} is not allowed to update fields other than status.quantity and status.conditions`;
    throw refuse(request, why);
  }
};

/** What of a claim is not the node's to report. */
function othersOf({ kind: _, apiVersion: __, metadata, status, ...rest }: KubeObject): unknown {
  const { resourceVersion: ___, managedFields: ____, ...meta } = metadata;
  const reported = { capacity: 0, conditions: 0, allocatedResources: 0, allocatedResourceStatuses: 0 };
  const kept = Object.entries((status ?? {}) as object).filter(([field]) => !(field in reported));
  return { ...rest, metadata: meta, status: Object.fromEntries(kept) };
}

export const leases: NodeRule = (request, node) => {
  if (request.target.namespace !== NODE_LEASE_NAMESPACE)
    throw refuse(request, `can only access leases in the "${NODE_LEASE_NAMESPACE}" system namespace`);
  if (nameOf(request) !== node)
    throw refuse(request, 'can only access node lease with the same name as the requesting node');
};

export const csiNodes: NodeRule = (request, node) => {
  if (nameOf(request) !== node)
    throw refuse(request, 'can only access CSINode with the same name as the requesting node');
};

/** The authorizer looks at what is there; what comes, and each one of a collection that goes, is looked at here. */
export const slices: NodeRule = (request, node) => {
  const { operation } = request;
  const key = 'resourceslices.resource.k8s.io';
  if (operation === 'CREATE' && incoming(request, key).spec?.nodeName !== node)
    throw refuse(request, 'can only create ResourceSlice with the same NodeName as the requesting node');
  if (operation === 'DELETE' && previous(request, key).spec.nodeName !== node)
    throw refuse(request, 'can only delete ResourceSlice with the same NodeName as the requesting node');
};

/** Asks for a node's certificates in its own name alone; signers look at the rest. */
export const certificateRequests: NodeRule = (request, node) => {
  if (request.operation !== 'CREATE') return;
  const { spec } = incoming(request, 'certificatesigningrequests.certificates.k8s.io');
  if (spec?.signerName !== KUBELET_SERVING && spec?.signerName !== KUBELET_CLIENT) return;
  let name: string;
  try {
    name = parseRequest(spec.request ?? '').subject.commonName;
  } catch (error) {
    throw refuse(request, `unable to parse csr: ${(error as Error).message}`);
  }
  if (name !== `${NODE_USER}${node}`) throw refuse(request, `can only create a node CSR with CN=${NODE_USER}${node}`);
};
