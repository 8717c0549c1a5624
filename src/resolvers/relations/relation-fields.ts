import { GraphQLList, GraphQLNonNull, GraphQLString } from 'graphql';
import type { Kind, Registry } from '../../kinds/kind.ts';
import type { Relation } from '../../kinds/relation.ts';
import { parseApiVersion } from '../../meta/gvk.ts';
import { labelSelectorAsSelector } from '../../meta/labels.ts';
import type { KubeObject, ObjectLike } from '../../meta/object.ts';
import type { Stored } from '../../store/contract.ts';
import { namedTarget } from '../targets.ts';
import { wholeObject } from '../whole.ts';
import type { FacetFields, KindTypes } from '../schema/kind-types.ts';
import type { FieldConfigs } from '../schema/output-types.ts';
import type { Snapshot } from './snapshot.ts';

/**
 * The relation fields of one kind: those of its strategy, owners and owned, and the namespace. A field that the kind itself
 * has keeps its name.
 */
export function relationFields(kind: Kind, types: KindTypes): FacetFields {
  const { registry, anyObject } = types;
  const fields: FieldConfigs = {
    owners: {
      type: new GraphQLList(anyObject),
      description: 'What metadata.ownerReferences names and is still there.',
      async resolve(object: KubeObject, _, context, info) {
        return context.budget.items(await owners(object, kind, context.api.registry, context.snapshotOf(info)), info);
      },
    },
    owned: {
      type: new GraphQLList(new GraphQLNonNull(anyObject)),
      description: 'What names this object as owner; of one resource if told so.',
      args: { resource: { type: GraphQLString } },
      async resolve(object: KubeObject, { resource }: { resource?: string | null }, { snapshotOf, budget }, info) {
        const owned = await snapshotOf(info).owned(object.metadata.uid, (key) =>
          resource && key !== resource ? undefined : registry.preferred(key),
        );
        return budget.items(owned, info, (one) => wholeObject(one.kind, one.stored));
      },
    },
  };
  const namespaces = registry.preferred('namespaces');
  if (kind.namespaced && namespaces) {
    fields['inNamespace'] = {
      type: types.object(namespaces),
      async resolve(object: KubeObject, _, { snapshotOf, budget }, info) {
        return budget.item(await snapshotOf(info).get(namespaces, '', object.metadata.namespace ?? ''), info);
      },
    };
  }
  if (kind.storage.key === 'namespaces') {
    fields['contents'] = {
      type: new GraphQLList(new GraphQLNonNull(anyObject)),
      description: 'All objects of one resource in this namespace.',
      args: { resource: { type: new GraphQLNonNull(GraphQLString) } },
      async resolve(object: KubeObject, { resource }: { resource: string }, context, info) {
        const { kind, namespace } = namedTarget(context, 'list', { resource, namespace: object.metadata.name });
        const all = await context.snapshotOf(info).list(kind, namespace);
        return context.budget.items(all, info, (stored) => wholeObject(kind, stored));
      },
    };
  }
  for (const relation of kind.storage.strategy.relations ?? []) {
    const to = registry.preferred(relation.to);
    if (!to) continue;
    const type = types.object(to);
    fields[relation.field] = {
      type: relation.form === 'one' ? type : new GraphQLList(new GraphQLNonNull(type)),
      async resolve(object: KubeObject, _, { snapshotOf, budget }, info) {
        const snapshot = snapshotOf(info);
        const namespace = namespaceOf(object, relation, to);
        if (relation.form === 'one') {
          const name = relation.name(object);
          return name ? budget.item(await snapshot.get(to, namespace, name), info) : null;
        }
        const found = await related(object, relation, to, namespace, snapshot);
        return budget.items(found, info, (stored) => wholeObject(to, stored));
      },
    };
  }
  return { object: fields };
}

function namespaceOf(object: KubeObject, relation: Relation<ObjectLike>, to: Kind): string {
  if (!to.namespaced) return '';
  return (relation.namespace ? relation.namespace(object) : object.metadata.namespace) ?? '';
}

async function related(
  object: KubeObject,
  relation: Exclude<Relation<ObjectLike>, { form: 'one' }>,
  to: Kind,
  namespace: string,
  snapshot: Snapshot,
): Promise<readonly Stored[]> {
  if (relation.form === 'grouped') return snapshot.group(to, namespace, relation, relation.key(object));
  const labelSelector = relation.selector(object);
  if (!labelSelector) return [];
  const selector = labelSelectorAsSelector(labelSelector);
  return snapshot.list(to, namespace, ({ labels }) => selector.matches(labels));
}

async function owners(
  object: KubeObject,
  kind: Kind,
  registry: Registry,
  snapshot: Snapshot,
): Promise<(KubeObject | null)[]> {
  const references = object.metadata.ownerReferences ?? [];
  return Promise.all(
    references.map(async ({ apiVersion, kind: ownerKind, name, uid }) => {
      const { group, version } = parseApiVersion(apiVersion);
      const owner = registry.byKind(group, version, ownerKind);
      if (!owner || (owner.namespaced && !kind.namespaced)) return null;
      const found = await snapshot.get(owner, owner.namespaced ? (object.metadata.namespace ?? '') : '', name);
      // The same name with another uid is another object.
      return found?.metadata.uid === uid ? found : null;
    }),
  );
}
