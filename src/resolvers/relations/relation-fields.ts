import { GraphQLBoolean, GraphQLInt, GraphQLList, GraphQLNonNull, GraphQLString } from 'graphql';
import { selectionOf } from '../../api/selection.ts';
import type { Kind } from '../../kinds/kind.ts';
import { isToEvery } from '../../kinds/leading.ts';
import type { KubeObject } from '../../meta/object.ts';
import { badRequest } from '../../meta/status.ts';
import type { Stored } from '../../store/contract.ts';
import { reads } from '../compiled/reads.ts';
import type { OperationContext } from '../context.ts';
import { namedTarget, targetOf } from '../targets.ts';
import { wholeObject } from '../whole.ts';
import { filterArguments, pageArguments, type ListArguments } from '../where/list-arguments.ts';
import type { ListSource } from '../where/list-source.ts';
import { selectObjects } from '../where/select-objects.ts';
import type { FacetFields, KindTypes } from '../schema/kind-types.ts';
import type { FieldConfigs } from '../schema/output-types.ts';
import { leadingTo, placeOfBack } from './backward.ts';
import { endText } from './end-text.ts';
import { endsOf, type End } from './ends.ts';
import { leadsToOne, relatedMany, relatedOne } from './forward.ts';
import { fromOf, type OfKind } from './from.ts';
import { unlessFailed } from '../converted.ts';
import { cursorIn, mixedArguments, mixedPage, mixedType, type MixedArguments } from './mixed-list.ts';
import { MAX_DEPTH, ownedDown, ownersUp } from './ownership.ts';
import type { Snapshot } from './snapshot.ts';
import type { FieldPlace } from './snapshots.ts';
import { whenReady, type Soon } from './soon.ts';

type Field = FieldConfigs[string];

/**
 * The relation fields of one kind: owners and owned, its namespace, and both sides of the relations that kinds declare. A
 * field that the kind itself has keeps its name.
 */
export function relationFields(kind: Kind, types: KindTypes): FacetFields {
  const { registry } = types;
  const fields: FieldConfigs = {
    owners: ownersField(kind, types),
    owned: ownedField(kind, types),
    usedBy: usedByField(kind, types),
  };
  const namespaces = registry.preferred('namespaces');
  if (kind.namespaced && namespaces) fields['inNamespace'] = namespaceField(namespaces, types);
  if (kind.storage.key === 'namespaces') fields['contents'] = contentsField(types);
  for (const end of endsOf(kind, registry)) {
    const [to] = end.to;
    if (leadsToOne(end)) fields[end.field] = oneField(kind, end, types);
    else if (to) fields[end.field] = manyField(kind, end, to, types);
  }
  return { object: fields };
}

/** A relation that says: this object needs that one. */
const isUse = ({ forward, relation: { form, to } }: End): boolean =>
  !forward && (form === 'name' || form === 'names' || form === 'reference') && !isToEvery(to);

/** A field of one object. */
function single(
  type: Field['type'],
  description: string,
  read: (object: KubeObject, context: OperationContext, info: FieldPlace) => Soon<OfKind | undefined>,
): Field {
  const whole = (
    object: KubeObject,
    _: unknown,
    context: OperationContext,
    info: FieldPlace,
  ): Soon<KubeObject | null> =>
    whenReady(read(object, context, info), (found) => (found ? wholeObject(found.kind, found.stored) : null));
  return {
    type,
    description,
    extensions: reads(whole),
    resolve: async (object: KubeObject, args, context, info) =>
      context.budget.item(await whole(object, args, context, info), info),
  };
}

const oneField = (kind: Kind, end: End, types: KindTypes): Field => {
  const [to, ...others] = end.to;
  const type = others.length || !to ? types.anyObject : types.object(to);
  return single(type, endText(end), (from, context, info) =>
    relatedOne(end, fromOf(kind, from, types.registry, context, info)),
  );
};

const namespaceField = (namespaces: Kind, types: KindTypes): Field =>
  single(types.object(namespaces), 'The namespace that it is in.', ({ metadata }, context, info) =>
    whenReady(
      context.snapshotOf(info).get(namespaces, '', metadata.namespace ?? ''),
      (stored) => stored && { kind: namespaces, stored },
    ),
  );

function manyField(kind: Kind, end: End, to: Kind, types: KindTypes): Field {
  const read = (object: KubeObject, args: ListArguments, context: OperationContext, info: FieldPlace): unknown => {
    const from = fromOf(kind, object, types.registry, context, info);
    const source = sourceOf(to, from.snapshot, (snapshot) =>
      end.forward ? relatedMany(end, { ...from, snapshot }) : leadingTo(end, { ...from, snapshot }),
    );
    return selectObjects(context, to, args, source);
  };
  return {
    type: types.connection(to),
    description: endText(end),
    args: { ...filterArguments(to, types), ...pageArguments(to, types) },
    extensions: reads(read),
    resolve: read,
  };
}

/** What a relation leads to as the source of a list. */
const sourceOf =
  (kind: Kind, snapshot: Snapshot, read: (snapshot: Snapshot) => Soon<readonly Stored[]>): ListSource =>
  async ({ labelSelector, fieldSelector, revision }) => {
    const at = revision === undefined ? snapshot : snapshot.at(Number(revision));
    const items = await at.served(kind, await read(at));
    const { matches, scope } = selectionOf(targetOf(kind, {}), { labelSelector, fieldSelector });
    const { name } = scope;
    if (!matches && name === undefined) return { items, revision: at.revision };
    return {
      items: await at.having(items, (one) => (name ?? one.name) === one.name && (!matches || matches(one))),
      revision: at.revision,
    };
  };

/** A field of objects of several kinds. */
function mixed<A extends MixedArguments>(
  types: KindTypes,
  description: string,
  args: NonNullable<Field['args']>,
  read: (object: KubeObject, args: A, context: OperationContext, info: FieldPlace) => Mixed,
): Field {
  const page = async (object: KubeObject, given: A, context: OperationContext, info: FieldPlace): Promise<unknown> => {
    const own = context.snapshotOf(info);
    const cursor = cursorIn(given.after);
    const snapshot = cursor ? own.at(cursor.revision) : own;
    return mixedPage(await read(object, given, context, info)(snapshot), given, snapshot, context);
  };
  return {
    type: mixedType(types),
    description,
    args: { ...args, ...mixedArguments(types) },
    extensions: reads(page),
    resolve: page,
  };
}
type Mixed = (snapshot: Snapshot) => Soon<readonly OfKind[]>;

const depthOf = (depth: number | null | undefined): number => {
  const levels = depth ?? 1;
  if (levels < 1 || levels > MAX_DEPTH) throw badRequest(`depth must be between 1 and ${MAX_DEPTH}`);
  return levels;
};
const DEPTH = { type: GraphQLInt, description: `levels, 1 when not given, at most ${MAX_DEPTH}` };

interface OwnersArguments {
  depth?: number | null | undefined;
  readable?: boolean | null | undefined;
}
const READABLE = {
  type: GraphQLBoolean,
  description:
    'only those that the caller may read; when not given, one that they may not read is an error in its place',
};

function ownersField(kind: Kind, { anyObject, registry }: KindTypes): Field {
  const read = (object: KubeObject, args: OwnersArguments, context: OperationContext, info: FieldPlace) =>
    ownersUp(fromOf(kind, object, registry, context, info), depthOf(args.depth), args.readable === true);
  return {
    type: new GraphQLList(anyObject),
    description:
      'What metadata.ownerReferences names, nearest first; null in the place of one that is not there any more.',
    args: { depth: DEPTH, readable: READABLE },
    extensions: reads(read),
    resolve: async (object: KubeObject, args: OwnersArguments, context, info) =>
      context.budget.items(await read(object, args, context, info), info),
  };
}

interface OwnedArguments extends MixedArguments {
  resource?: string | null | undefined;
  depth?: number | null | undefined;
}
const RESOURCE = { type: GraphQLString, description: 'one resource: `pods`, `deployments.apps`' };

const ownedField = (kind: Kind, types: KindTypes): Field =>
  mixed<OwnedArguments>(
    types,
    'What names this object as owner, nearest first. Resources that the caller may not list are left out.',
    { resource: RESOURCE, depth: DEPTH },
    (object, { resource, depth }, context, info) => {
      const from = fromOf(kind, object, types.registry, context, info);
      return (snapshot) => ownedDown({ ...from, snapshot }, depthOf(depth), resource ?? undefined);
    },
  );

const usedByField = (kind: Kind, types: KindTypes): Field =>
  mixed<OwnedArguments>(
    types,
    'What refers to this object, of all kinds whose objects can. Resources that the caller may not list are left out.',
    { resource: RESOURCE },
    (object, { resource }, context, info) => {
      const from = fromOf(kind, object, types.registry, context, info);
      return async (snapshot) => {
        const found: OfKind[] = [];
        for (const end of endsOf(kind, context.api.registry, 'all').filter(isUse)) {
          const { declaring } = end;
          if (resource && declaring.storage.key !== resource) continue;
          const within = placeOfBack(end, from);
          if (within === undefined || !snapshot.mayList(declaring, within)) continue;
          const leading = await unlessFailed(context, async () => leadingTo(end, { ...from, snapshot }));
          for (const stored of leading ?? []) found.push({ kind: declaring, stored });
        }
        return [...new Map(found.map((one) => [one.stored, one])).values()];
      };
    },
  );

const contentsField = (types: KindTypes): Field =>
  mixed<MixedArguments & { resource: string }>(
    types,
    'All objects of one resource in this namespace.',
    { resource: { ...RESOURCE, type: new GraphQLNonNull(GraphQLString) } },
    ({ metadata }, { resource }, context) => {
      const { kind, namespace } = namedTarget(context, 'list', { resource, namespace: metadata.name });
      return (snapshot) => {
        snapshot.authorizeList(kind, namespace);
        return whenReady(snapshot.list(kind, namespace), (items) => items.map((stored) => ({ kind, stored })));
      };
    },
  );
