import type { Kind } from '../../../kinds/kind.ts';
import type { KubeObject } from '../../../meta/object.ts';
import { badRequest } from '../../../meta/status.ts';
import type { OperationContext } from '../../context.ts';
import { isRecord } from '../../../meta/record.ts';
import type { Stored } from '../../../store/contract.ts';
import { endsOf, type End } from '../../relations/ends.ts';
import { leadsToOne, relatedOne } from '../../relations/forward.ts';
import { fromOf } from '../../relations/from.ts';
import type { FieldPlace } from '../../relations/snapshots.ts';
import { whenReady } from '../../relations/soon.ts';
import { wholeObject } from '../../whole.ts';
import { compileField, keyOf, type Pick } from '../compile-field.ts';
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
  /** where the value stands in the object itself */
  path?: readonly string[];
  /** of one object; of another one that it leads to, if the caller may read that. Throws 403. */
  of(object: KubeObject): GroupValue | Promise<GroupValue>;
}

/** One of the kind's own, whose value depends on the object alone. */
export interface OwnField extends GroupField {
  path: readonly string[];
  of(object: KubeObject): GroupValue;
}

export const isOwn = (field: GroupField): field is OwnField => field.path !== undefined;

const NONE: GroupValue = { value: undefined, shown: null };

/** A relation of a kind that leads to one object of one kind. */
interface ToOne extends End {
  to: readonly [Kind];
}

/** The relations of a kind, of its ends, by which its objects can be grouped. */
export const relationsToOne = (kind: Kind, ends: readonly End[]): readonly ToOne[] =>
  ends.filter((end): end is ToOne => leadsToOne(end) && end.to.length === 1 && !kind.schema.fields.has(end.field));

/** Compiles one field of a `groupBy`: one of the kind, or of what a relation leads to. Throws 400. */
export function compileGroupField(
  kind: Kind,
  given: unknown,
  at: string,
  context: OperationContext,
  info: FieldPlace,
): GroupField {
  const { registry } = context.api;
  const words = isRecord(given) ? Object.keys(given).filter((word) => given[word] !== undefined) : [];
  const end = relationsToOne(kind, endsOf(kind, registry)).find(({ field }) => field === words[0]);
  if (!end || words.length > 1) return ofKind(kind, given, at);
  const [to] = end.to;
  const field = ofKind(to, (given as Record<string, unknown>)[end.field], `${at}.${end.field}`);
  // of a thousand objects that lead to one, it is looked at once
  const known = new Map<Stored, GroupValue>();
  return {
    pick: field.pick,
    of: (object) =>
      whenReady(relatedOne(end, fromOf(kind, object, registry, context, info)), (found) => {
        if (!found) return NONE;
        let value = known.get(found.stored);
        if (!value) known.set(found.stored, (value = field.of(wholeObject(to, found.stored))));
        return value;
      }),
  };
}

function ofKind(kind: Kind, given: unknown, at: string): OwnField {
  const field = compileField(kind, given, at);
  if (field.many) throw badRequest(`${at}: a field that an object has several of is no group`);
  const read = keyOf(field, compareKeys);
  return {
    pick: field.pick,
    path: field.path,
    of(object) {
      const value = read(object);
      if (value === undefined) return NONE;
      let shown: unknown = null;
      field.each(object, (stored) => (shown = stored));
      return { value, shown };
    },
  };
}
