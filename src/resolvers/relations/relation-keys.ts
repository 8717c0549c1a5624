import type { Reference, Relation } from '../../kinds/relation.ts';
import type { ObjectLike } from '../../meta/object.ts';
import type { Stored } from '../../store/contract.ts';
import type { KeysOf } from './reading.ts';

type Declared = Relation<ObjectLike>;

/** The key of what selects without demanding a label's value. */
export const ANY_LABELS = '';
export const labelKey = (label: string, value: string): string => `${label}=${value}`;
export const placeKey = (kind: string, namespace: string, name: string): string => `${kind}/${namespace}/${name}`;

/** The value of a label or field label as keys. */
export const valueKeys = (values: Readonly<Record<string, string>> | undefined, name: string): readonly string[] => {
  const value = values && Object.hasOwn(values, name) ? values[name] : undefined;
  return value === undefined ? [] : [value];
};

export const referencesOf = (
  relation: Extract<Declared, { form: 'reference' }>,
  stored: Stored,
): readonly Reference[] =>
  relation.fromFields && stored.fields ? relation.fromFields(stored.fields) : relation.references(stored.object);

interface Keyed {
  id: string;
  keysOf: KeysOf;
}
const keyed = new WeakMap<Declared, Keyed>();
let last = 0;

/** What objects of the declaring kind are found by, on the way back: what they refer to. */
export function keysOfRelation(relation: Declared): Keyed {
  let known = keyed.get(relation);
  if (!known) keyed.set(relation, (known = { id: `relation ${++last}`, keysOf: makeKeysOf(relation) }));
  return known;
}

function makeKeysOf(relation: Declared): KeysOf {
  if (relation.form === 'name' && relation.column) {
    const { column } = relation;
    return 'field' in column
      ? ({ fields }) => valueKeys(fields, column.field)
      : ({ labels }) => valueKeys(labels, column.label);
  }
  if (relation.form === 'reference' && relation.fromFields) return (stored) => readKeys(relation, stored);
  // what a body says is looked for once for each of its revisions
  const known = new WeakMap<Stored, readonly string[]>();
  return (stored) => {
    let keys = known.get(stored);
    if (!keys) known.set(stored, (keys = readKeys(relation, stored)));
    return keys;
  };
}

function readKeys(relation: Declared, stored: Stored): readonly string[] {
  switch (relation.form) {
    case 'name': {
      const name = relation.name(stored.object);
      return name ? [name] : [];
    }
    case 'names':
      return relation.names(stored.object);
    case 'reference':
      return referencesOf(relation, stored).map(({ kind = '', name = '' }) => placeKey(kind, '', name));
    case 'selector': {
      const selector = relation.selector(stored.object);
      const [pair] = Object.entries(selector?.matchLabels ?? {});
      return selector ? [pair ? labelKey(pair[0], pair[1] ?? '') : ANY_LABELS] : [];
    }
    case 'owner':
      return stored.owners ?? [];
  }
}
