import { directTransport } from '../../support/direct-transport.ts';
import { FakeApi, type Manifest } from '../../support/fake-api.ts';
import { asUser } from '../recording-api.ts';

/** The result of an operation as a test reads it: what is not there fails the test. */
export interface Result {
  data: any;
  errors?: { message: string; extensions: { code: number } }[];
}

export type Ask = (query: string, variables?: Record<string, unknown>, user?: string) => Promise<Result>;

/** Asks as the administrator, or as another user. */
export const askOf =
  (fake: FakeApi): Ask =>
  async (query, variables, user) => {
    const context = user ? asUser(user) : asUser('admin', ['system:masters', 'system:authenticated']);
    return (await directTransport(fake.graphql.as(context)).execute({ query, variables })) as unknown as Result;
  };

export const namespace = (name: string): Manifest => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });

export const configMap = (
  namespace: string,
  name: string,
  data: Record<string, string> = {},
  labels = {},
): Manifest => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { namespace, name, labels },
  data,
});

export const podOf = (name: string, nodeName: string, cpu: string, memory: string, namespace = 'a'): Manifest => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace, labels: { app: name.slice(0, 1) } },
  spec: {
    nodeName,
    containers: [{ name: 'c', image: `registry.example.com/${name}:1`, resources: { requests: { cpu, memory } } }],
  },
});

/** A role of a user in a namespace: `get` and `list` of some resources. */
export const reader = (user: string, namespace: string, ...resources: string[]): Manifest[] => [
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'Role',
    metadata: { name: user, namespace },
    rules: [{ apiGroups: [''], resources, verbs: ['get', 'list'] }],
  },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name: user, namespace },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: user },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user }],
  },
];
