import type { Kind } from '../../kinds/kind.ts';
import type { Relation } from '../../kinds/relation.ts';
import { labelSelectorAsSelector } from '../../meta/labels.ts';
import type { ObjectLike } from '../../meta/object.ts';
import type { Stored } from '../../store/contract.ts';
import { byPlace } from '../../store/by-place.ts';
import type { End } from './ends.ts';
import type { From } from './from.ts';
import { ownedOf } from './ownership.ts';
import { refersTo } from './references.ts';
import { ANY_LABELS, keysOfRelation, labelKey, placeKey, referencesOf } from './relation-keys.ts';
import { whenReady, type Soon } from './soon.ts';

type Declared = Relation<ObjectLike>;

const NONE: readonly Stored[] = [];

/** What of the declaring kind leads to an object, by namespace and name, as the snapshot finds it. Throws 403. */
export function leadingTo(end: End, from: From): Soon<readonly Stored[]> {
  const { relation, declaring } = end;
  const { kind, object, snapshot } = from;
  const { namespace = '', name } = object.metadata;
  const within = placeOfBack(end, from);
  if (within === undefined) return NONE;
  if (relation.form === 'name' && relation.column) return byColumn(relation, declaring, within, from);
  snapshot.authorizeList(declaring, within);
  const { id, keysOf } = keysOfRelation(relation);
  const find = (...keys: string[]): Soon<readonly Stored[]> => snapshot.find(declaring, within, id, keysOf, keys);
  switch (relation.form) {
    case 'owner':
      return ownedOf(from, declaring);
    case 'names':
      return find(name);
    case 'name':
      return whenReady(find(name), (items) =>
        relation.namespace && kind.namespaced
          ? snapshot.having(items, (stored) => relation.namespace?.(stored.object) === namespace)
          : items,
      );
    case 'reference':
      return whenReady(find(placeKey(kind.kind, '', name)), (items) =>
        snapshot.having(items, (stored) =>
          referencesOf(relation, stored).some((one) => refersTo(one, kind, object.metadata)),
        ),
      );
    case 'selector': {
      const labels = object.metadata.labels ?? {};
      const pairs = Object.entries(labels).map(([label, value]) => labelKey(label, value));
      return whenReady(find(ANY_LABELS, ...pairs), (items) =>
        snapshot.having([...items].sort(byPlace), (stored) => {
          const selector = relation.selector(stored.object);
          return selector !== undefined && labelSelectorAsSelector(selector).matches(labels);
        }),
      );
    }
  }
}

/** By a label or field label, which is an index of the store. */
function byColumn(
  relation: Extract<Declared, { form: 'name' }>,
  declaring: Kind,
  within: string,
  { object, snapshot }: From,
): Soon<readonly Stored[]> {
  const { name } = object.metadata;
  const { column } = relation;
  const term = column && 'field' in column ? { field: column.field, operator: '=' as const, value: name } : undefined;
  snapshot.authorizeList(declaring, within, term);
  const { id, keysOf } = keysOfRelation(relation);
  return snapshot.find(declaring, within, id, keysOf, [name], column && { ...column, values: [name] });
}

/** The namespace in which all are that can lead to an object; '' for all namespaces; undefined where none can. */
export function placeOfBack({ relation, declaring }: End, { kind, object }: From): string | undefined {
  if (!declaring.namespaced) return relation.form === 'selector' && kind.namespaced ? undefined : '';
  if (!kind.namespaced) return '';
  const anywhere =
    (relation.form === 'reference' && relation.elsewhere) || (relation.form === 'name' && relation.namespace);
  return anywhere ? '' : (object.metadata.namespace ?? '');
}
