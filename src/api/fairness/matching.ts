import type { Attributes, User } from '../contract.ts';

/** spec of a FlowSchema (flowcontrol.apiserver.k8s.io/v1) */
export interface FlowSchemaSpec {
  priorityLevelConfiguration: { name: string };
  matchingPrecedence?: number;
  distinguisherMethod?: { type: string };
  rules?: PolicyRules[];
}
interface PolicyRules {
  subjects?: Subject[];
  resourceRules?: {
    verbs: string[];
    apiGroups: string[];
    resources: string[];
    clusterScope?: boolean;
    namespaces?: string[];
  }[];
  nonResourceRules?: { verbs: string[]; nonResourceURLs: string[] }[];
}
interface Subject {
  kind: string;
  user?: { name: string };
  group?: { name: string };
  serviceAccount?: { namespace: string; name: string };
}

const has = (list: readonly string[] | undefined, value: string): boolean =>
  list?.some((each) => each === '*' || each === value) ?? false;

function isSubject(subject: Subject, user: User): boolean {
  switch (subject.kind) {
    case 'User':
      return subject.user?.name === '*' || subject.user?.name === user.name;
    case 'Group':
      return subject.group?.name === '*' || user.groups.includes(subject.group?.name ?? '');
    case 'ServiceAccount': {
      const prefix = `system:serviceaccount:${subject.serviceAccount?.namespace}:`;
      if (!user.name.startsWith(prefix)) return false;
      return subject.serviceAccount?.name === '*' || user.name === prefix + subject.serviceAccount?.name;
    }
    default:
      return false;
  }
}

function isPath(pattern: string, path: string): boolean {
  return pattern === '*' || pattern === path || (pattern.endsWith('/*') && path.startsWith(pattern.slice(0, -1)));
}

function appliesTo(rules: PolicyRules, attributes: Attributes): boolean {
  if ('path' in attributes) {
    return (
      rules.nonResourceRules?.some(
        (r) => has(r.verbs, attributes.verb) && r.nonResourceURLs.some((p) => isPath(p, attributes.path)),
      ) ?? false
    );
  }
  const { verb, group, resource, subresource, namespace } = attributes;
  const name = subresource ? `${resource}/${subresource}` : resource;
  return (
    rules.resourceRules?.some(
      (r) =>
        has(r.verbs, verb) &&
        has(r.apiGroups, group) &&
        has(r.resources, name) &&
        (namespace ? has(r.namespaces, namespace) : r.clusterScope === true),
    ) ?? false
  );
}

/** Whether a schema's rules cover a request: a rule fits when one of its subjects and one of its resource or path rules do. */
export const matches = (spec: FlowSchemaSpec, user: User, attributes: Attributes): boolean =>
  spec.rules?.some(
    (rules) => (rules.subjects?.some((s) => isSubject(s, user)) ?? false) && appliesTo(rules, attributes),
  ) ?? false;

/** What tells one flow of a schema from another: the user, the namespace, or nothing. */
export function distinguisher(spec: FlowSchemaSpec, user: User, attributes: Attributes): string {
  if (spec.distinguisherMethod?.type === 'ByUser') return user.name;
  if (spec.distinguisherMethod?.type === 'ByNamespace') return 'namespace' in attributes ? attributes.namespace : '';
  return '';
}
