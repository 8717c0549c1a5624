import type { Kind } from '../../../kinds/kind.ts';
import type { Relation } from '../../../kinds/relation.ts';
import type { KubeObject, ObjectLike } from '../../../meta/object.ts';
import { badRequest } from '../../../meta/status.ts';
import type { OperationContext } from '../../context.ts';
import type { Snapshot } from '../../relations/snapshot.ts';
import { compileField, keyOf, type Pick } from '../compile-field.ts';
import { isRecord } from '../conditions.ts';
import { compareKeys, type Comparable } from '../scalar-values.ts';

/** A value that objects are grouped by. */
export interface GroupValue {
  value: Comparable | undefined;
  /** as the object has it; null where there is none */
  shown: unknown;
}

/** One field of a `groupBy`. */
export interface GroupField {
  pick: Pick;
  /** of one object; of another one that it leads to, if the caller may read that. Throws 403. */
  of(object: KubeObject): GroupValue | Promise<GroupValue>;
}

const NONE: GroupValue = { value: undefined, shown: null };

type ToOne = Extract<Relation<ObjectLike>, { form: 'one' }>;

/** The relations of a kind that lead to one object, by which its objects can be grouped. */
export const relationsToOne = ({ storage, schema }: Kind): readonly ToOne[] =>
  (storage.strategy.relations ?? []).filter(
    (relation): relation is ToOne => relation.form === 'one' && !schema.fields.has(relation.field),
  );

/** Compiles one field of a `groupBy`: one of the kind, or of what a relation leads to. Throws 400. */
export function compileGroupField(
  kind: Kind,
  given: unknown,
  at: string,
  { api, snapshot }: { api: OperationContext['api']; snapshot: Snapshot },
): GroupField {
  const words = isRecord(given) ? Object.keys(given).filter((word) => given[word] !== undefined) : [];
  const relation = relationsToOne(kind).find(({ field }) => field === words[0]);
  const to = relation && api.registry.preferred(relation.to);
  if (!relation || !to || words.length > 1) return ofKind(kind, given, at);
  const field = ofKind(to, (given as Record<string, unknown>)[relation.field], `${at}.${relation.field}`);
  // of a thousand objects that lead to one, it is read once
  const known = new Map<string, Promise<GroupValue>>();
  return {
    pick: field.pick,
    of(object) {
      const name = relation.name(object);
      if (!name) return NONE;
      const namespace = to.namespaced
        ? ((relation.namespace ? relation.namespace(object) : object.metadata.namespace) ?? '')
        : '';
      const id = `${namespace}/${name}`;
      let value = known.get(id);
      if (!value) {
        value = snapshot.get(to, namespace, name).then((other) => (other ? field.of(other) : NONE));
        known.set(id, value);
      }
      return value;
    },
  };
}

function ofKind(kind: Kind, given: unknown, at: string): GroupField & { of(object: KubeObject): GroupValue } {
  const field = compileField(kind, given, at);
  if (field.many) throw badRequest(`${at}: a field that an object has several of is no group`);
  const read = keyOf(field, compareKeys);
  return {
    pick: field.pick,
    of(object) {
      const value = read(object);
      if (value === undefined) return NONE;
      let shown: unknown = null;
      field.each(object, (stored) => (shown = stored));
      return { value, shown };
    },
  };
}
