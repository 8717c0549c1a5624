import type { Kind } from '../../../kinds/kind.ts';
import type { Stored } from '../../../store/contract.ts';
import type { Budget } from '../../budget.ts';
import type { PickedField } from '../compile-field.ts';
import { DerivedValues, scopeOf } from '../derived.ts';
import { partsOf, type PartReader } from '../parts.ts';
import { identityOf } from '../scalar-values.ts';
import { isOwn, type GroupField, type GroupValue } from './group-by.ts';

/** Longest text that is kept, and most values of one object. */
const MAX_LENGTH = 128;
const MAX_VALUES = 64;

const isLong = (value: unknown): boolean => typeof value === 'string' && value.length > MAX_LENGTH;

const NONE: readonly unknown[] = [];

/** The values of a field by object, kept for the next time; undefined where they are too long for that. */
export function keptValues(
  kind: Kind,
  items: readonly Stored[],
  field: PickedField,
  reader: PartReader,
  budget: Budget,
): Promise<readonly (readonly unknown[] | undefined)[]> {
  const name = `values ${scopeOf(items)} ${JSON.stringify(field.path)}`;
  // most objects have what others have too
  const same = new Map<unknown, readonly unknown[]>();
  const parts = partsOf([field.part]);
  const valuesOf = (stored: Stored, index: number): readonly unknown[] | undefined => {
    const values: unknown[] = [];
    field.each(reader.object(stored, index, parts), (value) => values.push(value));
    if (values.length > MAX_VALUES || values.some(isLong)) return undefined;
    if (values.length !== 1) return values.length ? values : NONE;
    const [only] = values;
    const known = same.get(only);
    if (!known) same.set(only, values);
    return known ?? values;
  };
  return DerivedValues.of(kind).all(name, items, valuesOf, budget);
}

/** The same of a field that objects are grouped by; of what a relation leads to nothing is kept. */
export async function keptGroups(
  kind: Kind,
  items: readonly Stored[],
  field: GroupField,
  reader: PartReader,
  budget: Budget,
): Promise<readonly (GroupValue | undefined)[]> {
  if (!isOwn(field)) return [];
  const name = `groups ${scopeOf(items)} ${JSON.stringify(field.path)}`;
  const same = new Map<unknown, GroupValue>();
  const parts = partsOf([field.path]);
  const valueOf = (stored: Stored, index: number): GroupValue | undefined => {
    const found = field.of(reader.object(stored, index, parts));
    if (isLong(found.shown)) return undefined;
    const identity = found.value === undefined ? undefined : identityOf(found.value);
    const known = same.get(identity);
    // equal quantities may be written in two ways
    if (known?.shown === found.shown) return known;
    if (!known) same.set(identity, found);
    return found;
  };
  return DerivedValues.of(kind).all(name, items, valueOf, budget);
}
