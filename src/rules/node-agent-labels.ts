/** Of the ClusterRoles that make up `ku7s:node-agent`: what a node's agent does beside what a kubelet does. */
export const NODE_AGENT_LABELS: Readonly<Record<string, string>> = { 'ku7s.io/aggregate-to-node-agent': 'true' };
