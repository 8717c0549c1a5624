import {
  getNamedType,
  isNonNullType,
  isObjectType,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
} from 'graphql';
import type { Kind } from '../../../../src/kinds/kind.ts';
import { namesOf } from '../../../../src/resolvers/schema/names.ts';

export type Operation = 'query' | 'mutation' | 'subscription';

/**
 * Fields of the root that no kind has: each is asked for in a row of its own, those of kept lines, of other servers and of
 * one's namespaces beside what they need (test/resolvers/logs, aggregated, table).
 */
const OTHERS: Record<Operation, readonly string[]> = {
  query: [
    'kinds',
    'object',
    'objects',
    'aggregated',
    'search',
    'history',
    'changes',
    'deletePreview',
    'logs',
    'myNamespaces',
    'myRights',
  ],
  mutation:
    'createObject updateObject patchObject deleteObject updateObjects deleteObjects applyBundle undo evictPod bindPod execPod cordonNode uncordonNode writeLogs'.split(
      ' ',
    ),
  subscription: ['objectsWatch', 'watch', 'drainNode', 'logsLive'],
};
const ROLLOUTS: readonly string[] = ['deployments.apps', 'daemonsets.apps', 'statefulsets.apps'];

const LOGS: readonly string[] = ['pods', 'jobs.batch', 'replicasets.apps', ...ROLLOUTS];

/** The fields of the root that the matrix asks for a kind. */
function ofKind(kind: Kind): Record<Operation, string[]> {
  const { one, many, kind: word, kinds } = namesOf(kind);
  const may = (...verbs: string[]): boolean => verbs.every((verb) => kind.verbs.includes(verb));
  const rollouts = ROLLOUTS.includes(kind.storage.key);
  return {
    query: [
      ...(may('get') ? [one] : []),
      ...(may('list') ? [many] : []),
      ...(may('list') && kind.storage.persisted ? [`${many}Aggregate`] : []),
    ],
    mutation: [
      ...(may('create') ? [`create${word}`] : []),
      ...(may('update') ? [`update${word}`] : []),
      ...(may('patch') ? [`patch${word}`, `apply${word}`, `tryApply${word}`] : []),
      ...(may('delete') ? [`delete${word}`] : []),
      ...(may('list', 'patch') ? [`update${kinds}`] : []),
      ...(may('list', 'delete') ? [`delete${kinds}`] : []),
      ...(kind.subresources.get('scale')?.verbs.includes('patch') ? [`scale${word}`] : []),
      ...(rollouts ? [`rolloutRestart${word}`, `rolloutUndo${word}`] : []),
      ...(kind.storage.key === 'deployments.apps' ? [`rolloutPause${word}`, `rolloutResume${word}`] : []),
    ],
    subscription: [
      ...(may('watch') ? [`${many}Watch`] : []),
      ...(may('list', 'watch') ? [`${many}Live`] : []),
      ...(may('list', 'watch') && kind.storage.persisted ? [`${many}AggregateLive`] : []),
      ...(LOGS.includes(kind.storage.key) ? [`${one}Logs`] : []),
      ...(rollouts ? [`${one}RolloutStatus`] : []),
    ],
  };
}

/** The fields of a root, and of the groups and versions below it, that no row of the matrix asks for. */
export function unknownFields(schema: GraphQLSchema, kinds: readonly Kind[]): string[] {
  const roots = {
    query: schema.getQueryType(),
    mutation: schema.getMutationType(),
    subscription: schema.getSubscriptionType(),
  };
  const unknown: string[] = [];
  for (const operation of Object.keys(OTHERS) as Operation[]) {
    const known = new Set([...OTHERS[operation], ...kinds.flatMap((kind) => ofKind(kind)[operation])]);
    const visit = (type: GraphQLObjectType, path: string): void => {
      for (const [name, field] of Object.entries(type.getFields())) {
        const inner = getNamedType(field.type);
        if (isObjectType(inner) && /__(Query|Mutation|Subscription)/.test(inner.name)) visit(inner, `${path}.${name}`);
        else if (!known.has(name)) unknown.push(`${path}.${name}`);
      }
    };
    const root = roots[operation];
    if (root) visit(root, operation);
  }
  return unknown;
}

/** What a field of an object leads to, and how it is asked for. */
export interface Edge {
  name: string;
  form: 'objects' | 'page' | 'history' | 'revisions';
  selection: string;
}

/** The fields of a kind's objects that lead to others. */
export function edgesOf(schema: GraphQLSchema, kind: Kind, kinds: readonly Kind[]): Edge[] {
  const type = schema.getType(namesOf(kind).type);
  if (!isObjectType(type)) return [];
  const types = new Set(kinds.map((each) => namesOf(each).type));
  return Object.values(type.getFields()).flatMap((field) => edgeOf(field, types) ?? []);
}

function edgeOf({ name, type, args }: GraphQLField<unknown, unknown>, types: ReadonlySet<string>): Edge | undefined {
  const inner = getNamedType(type).name;
  if (types.has(inner) || inner === 'KubernetesObject') return { name, form: 'objects', selection: `${name} { raw }` };
  const ofKind = inner.endsWith('Connection') && types.has(inner.slice(0, -'Connection'.length));
  if (ofKind || inner === 'KubernetesObjectConnection') {
    // `contents` has to be told of what
    const needed = args.some((arg) => isNonNullType(arg.type)) ? '(resource: "secrets")' : '';
    return { name, form: 'page', selection: `${name}${needed} { totalCount items { raw } }` };
  }
  if (inner === 'ChangePage')
    return { name, form: 'history', selection: `${name} { items { before after diff { path from to } } }` };
  if (inner === 'RolloutRevision') return { name, form: 'revisions', selection: `${name} { name }` };
  return undefined;
}
