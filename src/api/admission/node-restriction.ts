import { nodeNameOf } from '../authorization/node-authorizer.ts';
import { node } from './nodes/node.ts';
import { certificateRequests, claims, csiNodes, leases, slices } from './nodes/others.ts';
import { pods } from './nodes/pods.ts';
import { refuse, type NodeRule } from './nodes/rule.ts';
import { tokens } from './nodes/tokens.ts';
import type { AdmissionPlugin } from './plugin.ts';

const rules: Readonly<Record<string, NodeRule>> = {
  nodes: node,
  pods,
  persistentvolumeclaims: claims,
  serviceaccounts: tokens,
  'leases.coordination.k8s.io': leases,
  'csinodes.storage.k8s.io': csiNodes,
  'resourceslices.resource.k8s.io': slices,
  'certificatesigningrequests.certificates.k8s.io': certificateRequests,
};

/**
 * A node agent changes its own node and the pods on it, and nothing else (KEP-279, KEP-2862). It is what the node sent
 * that is looked at, before webhooks change it.
 */
export const nodeRestriction: AdmissionPlugin = {
  name: 'NodeRestriction',
  // a node of no name is refused wherever it writes
  handles: (_, operation) => operation !== 'CONNECT',
  admit(request) {
    const name = nodeNameOf(request.ctx.user);
    if (name === undefined) return;
    if (!name) throw refuse(request, `could not determine node from user ${JSON.stringify(request.ctx.user.name)}`);
    return rules[request.target.kind.storage.key]?.(request, name);
  },
};
