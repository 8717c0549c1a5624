import type { GroupResources, Policy } from './policy.ts';

/** Everybody who was let in: a rule about them leaves failed sign-ins to the next. */
const ANYBODY = ['system:authenticated', 'system:unauthenticated'];
/** The parts of the cluster that do what others have asked for. */
const SYSTEM_GROUPS = ['system:nodes', 'system:serviceaccounts:kube-system'];
const SYSTEM_USERS = ['system:apiserver', 'system:kube-controller-manager', 'system:kube-scheduler'];
const READS = ['get', 'list', 'watch'];

/** What the system writes all the time, of which nobody learns who did what. */
const CHATTER: GroupResources[] = [
  { group: '', resources: ['events', 'endpoints', 'nodes/status', 'pods/status'] },
  { group: 'events.k8s.io', resources: ['events'] },
  { group: 'coordination.k8s.io', resources: ['leases'] },
  { group: 'discovery.k8s.io', resources: ['endpointslices'] },
  { group: 'apps', resources: ['*/status'] },
  { group: 'batch', resources: ['*/status'] },
  { group: 'authentication.k8s.io', resources: ['tokenreviews'] },
  { group: 'authorization.k8s.io', resources: ['subjectaccessreviews'] },
];
/** What is worth a line even when it is only read: values that open doors, and doors. */
const SENSITIVE: GroupResources[] = [
  {
    group: '',
    resources: [
      'secrets',
      'pods/exec',
      'pods/attach',
      'pods/portforward',
      'pods/proxy',
      'services/proxy',
      'nodes/proxy',
    ],
  },
];

/**
 * The policy where none is given: who wrote what, who read Secrets and entered containers, and who was not let in. Never
 * a body of anything, and no reads by the system.
 */
export const defaultPolicy: Policy = {
  omitStages: ['RequestReceived'],
  rules: [
    ...[{ userGroups: SYSTEM_GROUPS }, { users: SYSTEM_USERS }].flatMap((system) => [
      { level: 'None' as const, ...system, verbs: READS },
      { level: 'None' as const, ...system, resources: CHATTER },
    ]),
    { level: 'Metadata', resources: SENSITIVE },
    { level: 'None', userGroups: ANYBODY, verbs: [...READS, 'head', 'options'] },
    // operations, each of whose calls is recorded by itself
    { level: 'None', userGroups: ANYBODY, nonResourceURLs: ['/graphql', '/graphiql*', '/dashboard*'] },
    { level: 'Metadata' },
  ],
};
