import type { CertificateSigningRequest, Node } from '../../schema/types.ts';
import type { Context, Reconciler } from '../control/contract.ts';
import { canonicalIp } from '../meta/ip.ts';
import type { AlternativeNames } from '../rules/certificates/alternative-names.ts';
import { parseRequest } from '../rules/certificates/certificate-request.ts';
import {
  KUBELET_SERVING,
  kubeletServingProblem,
  NODE_USER,
  NODES_GROUP,
} from '../rules/certificates/kubelet-requests.ts';
import { approve, CSRS, isDecided } from './certificate-requests.ts';

/** The node that a request to be approved is made by, for itself; undefined where it is not. */
function requester({ spec }: CertificateSigningRequest): string | undefined {
  const { username = '', groups = [] } = spec;
  return username.startsWith(NODE_USER) && groups.includes(NODES_GROUP) ? username.slice(NODE_USER.length) : undefined;
}

/** Are all names that a certificate would be good for addresses that the node has? */
function areItsOwn({ dns, ips }: AlternativeNames, node: Node): boolean {
  const addresses = new Set((node.status?.addresses ?? []).map(({ address }) => canonicalIp(address)));
  return [...dns, ...ips].every((name) => addresses.has(name));
}

/**
 * Approves requests of kubelets for serving certificates: each for itself, and for names and addresses that its Node
 * has. Kubernetes leaves that to the cluster's administrator; this cluster's nodes are its own.
 */
export const kubeletservingapproving: Reconciler = {
  name: 'kubelet-serving-approver',
  account: 'kubelet-serving-approver',
  watches: [
    { resource: CSRS },
    // what a node did not say of itself yet it may say now
    { resource: 'nodes', keys: (node, old, ctx) => (node && hasChanged(node, old) ? waitingOf(node, ctx) : []) },
  ],
  async reconcile(name, ctx) {
    const csr = ctx.informer(CSRS).get('', name);
    if (!csr || isDecided(csr) || csr.spec.signerName !== KUBELET_SERVING) return;
    const self = requester(csr);
    const node = self && ctx.informer('nodes').get('', self);
    if (!node) return;
    const request = parseRequest(csr.spec.request);
    if (kubeletServingProblem(request, csr.spec.usages ?? [])) return;
    if (request.subject.commonName !== csr.spec.username || !areItsOwn(request.names, node)) return;
    await approve(csr, "Auto approving kubelet serving certificate for the node's own addresses.", ctx);
  },
};

const addressesOf = (node: Node | undefined): string => JSON.stringify(node?.status?.addresses);
const hasChanged = (node: Node, old: Node | undefined): boolean => addressesOf(node) !== addressesOf(old);

function* waitingOf({ metadata }: Node, ctx: Context): Iterable<string> {
  for (const csr of ctx.informer(CSRS).list()) {
    if (csr.spec.signerName === KUBELET_SERVING && !isDecided(csr) && requester(csr) === metadata.name)
      yield csr.metadata.name;
  }
}
