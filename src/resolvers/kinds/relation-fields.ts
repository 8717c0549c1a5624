import { GraphQLList, GraphQLNonNull, GraphQLString, type GraphQLInterfaceType, type GraphQLObjectType } from 'graphql';
import type { Kind, Registry } from '../../kinds/kind.ts';
import type { Relation } from '../../kinds/relation.ts';
import { parseApiVersion } from '../../meta/gvk.ts';
import { labelSelectorAsSelector } from '../../meta/labels.ts';
import type { KubeObject, ObjectLike } from '../../meta/object.ts';
import type { OperationContext } from '../context.ts';
import { namedTarget } from '../targets.ts';
import type { FieldConfigs } from './output-types.ts';

/**
 * The relation fields of one kind: those of its strategy, owners and owned, and the namespace. A field that the kind itself
 * has keeps its name.
 */
export function relationFields(
  kind: Kind,
  registry: Registry,
  typeOf: (kind: Kind) => GraphQLObjectType,
  anyObject: GraphQLInterfaceType,
): FieldConfigs {
  const fields: FieldConfigs = {
    owners: {
      type: new GraphQLList(anyObject),
      description: 'What metadata.ownerReferences names and is still there.',
      resolve: (object: KubeObject, _, context) => owners(object, kind, context),
    },
    owned: {
      type: new GraphQLList(new GraphQLNonNull(anyObject)),
      description: 'What names this object as owner; of one resource if told so.',
      args: { resource: { type: GraphQLString } },
      resolve: (object: KubeObject, { resource }: { resource?: string | null }, { snapshot }) =>
        snapshot.owned(object.metadata.uid, (key) =>
          resource && key !== resource ? undefined : registry.preferred(key),
        ),
    },
  };
  const namespaces = registry.preferred('namespaces');
  if (kind.namespaced && namespaces) {
    fields['inNamespace'] = {
      type: typeOf(namespaces),
      resolve: (object: KubeObject, _, { snapshot }) => snapshot.get(namespaces, '', object.metadata.namespace ?? ''),
    };
  }
  if (kind.storage.key === 'namespaces') {
    fields['contents'] = {
      type: new GraphQLList(new GraphQLNonNull(anyObject)),
      description: 'All objects of one resource in this namespace.',
      args: { resource: { type: new GraphQLNonNull(GraphQLString) } },
      resolve(object: KubeObject, { resource }: { resource: string }, context) {
        const { kind, namespace } = namedTarget(context, 'list', { resource, namespace: object.metadata.name });
        return context.snapshot.list(kind, namespace);
      },
    };
  }
  for (const relation of kind.storage.strategy.relations ?? []) {
    const to = registry.preferred(relation.to);
    if (!to) continue;
    const type = typeOf(to);
    fields[relation.field] = {
      type: relation.form === 'one' ? type : new GraphQLList(new GraphQLNonNull(type)),
      resolve: (object: KubeObject, _, { snapshot }) => related(object, relation, to, snapshot),
    };
  }
  return fields;
}

async function related(
  object: KubeObject,
  relation: Relation<ObjectLike>,
  to: Kind,
  snapshot: OperationContext['snapshot'],
): Promise<KubeObject | KubeObject[] | null> {
  const namespace = to.namespaced
    ? relation.namespace
      ? (relation.namespace(object) ?? '')
      : (object.metadata.namespace ?? '')
    : '';
  if (relation.form === 'one') {
    const name = relation.name(object);
    return name ? snapshot.get(to, namespace, name) : null;
  }
  if (relation.form === 'grouped')
    return snapshot.group(to, namespace, relation.field, relation.keyOf, relation.key(object));
  const labelSelector = relation.selector(object);
  if (!labelSelector) return [];
  const selector = labelSelectorAsSelector(labelSelector);
  return (await snapshot.list(to, namespace)).filter((other) => selector.matches(other.metadata.labels));
}

async function owners(
  object: KubeObject,
  kind: Kind,
  { api, snapshot }: OperationContext,
): Promise<(KubeObject | null)[]> {
  const references = object.metadata.ownerReferences ?? [];
  return Promise.all(
    references.map(async ({ apiVersion, kind: ownerKind, name, uid }) => {
      const { group, version } = parseApiVersion(apiVersion);
      const owner = api.registry.byKind(group, version, ownerKind);
      if (!owner || (owner.namespaced && !kind.namespaced)) return null;
      const found = await snapshot.get(owner, owner.namespaced ? (object.metadata.namespace ?? '') : '', name);
      // The same name with another uid is another object.
      return found?.metadata.uid === uid ? found : null;
    }),
  );
}
