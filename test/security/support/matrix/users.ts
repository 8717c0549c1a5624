import type { User } from '../../../../src/api/contract.ts';
import type { Manifest } from '../../../support/fake-api.ts';

interface Rule {
  apiGroups: string[];
  resources: string[];
  verbs: string[];
  resourceNames?: string[];
}
interface Rights {
  groups?: string[];
  /** everywhere */
  cluster?: Rule[];
  /** by namespace */
  within?: Record<string, Rule[]>;
}

const RBAC = 'rbac.authorization.k8s.io';
const READ = ['get', 'list', 'watch'];
const WRITE = ['create', 'update', 'patch', 'delete', 'deletecollection'];
const every = (...verbs: string[]): Rule => ({ apiGroups: ['*'], resources: ['*'], verbs });
const core = (verbs: string[], ...resources: string[]): Rule => ({ apiGroups: [''], resources, verbs });
/** what a viewer of a namespace reads: all but its Secrets */
const VIEW: Rule[] = [
  core(READ, 'pods', 'configmaps', 'services', 'events', 'persistentvolumeclaims', 'serviceaccounts', 'endpoints'),
  { apiGroups: ['apps', 'batch', 'autoscaling', 'networking.k8s.io', 'policy'], resources: ['*'], verbs: READ },
];

/** Who asks, by name. Each has a right that another lacks. */
const RIGHTS: Record<string, Rights> = {
  admin: { groups: ['system:masters'] },
  nobody: {},
  'reads-all': { cluster: [every(...READ)] },
  'views-a': { within: { a: VIEW } },
  'edits-a': { within: { a: [every(...READ, ...WRITE)] } },
  'edits-b': { within: { b: [every(...READ, ...WRITE)] } },
  'lists-only': { cluster: [every('list')] },
  'gets-only': { cluster: [every('get')] },
  'watches-only': { cluster: [every('watch')] },
  'writes-only': { cluster: [every(...WRITE)] },
  'gets-two': {
    within: {
      a: [
        { ...core(['get'], 'secrets'), resourceNames: ['password'] },
        { ...core(['get', 'patch'], 'pods'), resourceNames: ['x'] },
      ],
    },
  },
  'lists-one': { within: { a: [{ ...core(['list', 'watch'], 'secrets'), resourceNames: ['cert'] }] } },
  pods: { cluster: [core(READ, 'pods')] },
  'pods-and-nodes': { cluster: [core(['list'], 'pods', 'nodes'), core(['delete', 'patch'], 'pods')] },
  'deletes-maps': { within: { a: [core(['list', 'patch', 'delete', 'create'], 'configmaps')] } },
  'system:node:n1': { groups: ['system:nodes'] },
  'system:node:n2': { groups: ['system:nodes'] },
};

export const USERS: readonly User[] = Object.entries(RIGHTS).map(([name, { groups = [] }]) => ({
  name,
  groups: [...groups, 'system:authenticated'],
}));

export const tokenOf = ({ name }: User): string => `token-of-${name.replaceAll(':', '-')}`;
export const STATIC_TOKENS = USERS.map((user) =>
  [
    tokenOf(user),
    user.name,
    user.name,
    `"${user.groups.filter((group) => group !== 'system:authenticated').join(',')}"`,
  ].join(','),
).join('\n');

/** The roles and bindings that give these rights. */
export function rightsOf(): Manifest[] {
  const all: Manifest[] = [];
  const give = (name: string, rules: Rule[], namespace?: string): void => {
    const metadata = { name, ...(namespace && { namespace }) };
    const role = namespace ? 'Role' : 'ClusterRole';
    all.push(
      { apiVersion: `${RBAC}/v1`, kind: role, metadata, rules },
      {
        apiVersion: `${RBAC}/v1`,
        kind: `${role}Binding`,
        metadata,
        roleRef: { apiGroup: RBAC, kind: role, name },
        subjects: [{ apiGroup: RBAC, kind: 'User', name }],
      },
    );
  };
  for (const [name, { cluster, within = {} }] of Object.entries(RIGHTS)) {
    if (cluster) give(`of-${name}`, cluster);
    for (const [namespace, rules] of Object.entries(within)) give(`of-${name}`, rules, namespace);
  }
  return all;
}
