/** Where the Leases are by which nodes say that they are alive, each named as its node. Source: KEP-589. */
export const NODE_LEASE_NAMESPACE = 'kube-node-lease';
