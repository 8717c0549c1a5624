import type { Kind } from '../../../kinds/kind.ts';
import { badRequest } from '../../../meta/status.ts';
import type { Stored } from '../../../store/contract.ts';
import type { Budget } from '../../budget.ts';
import { canonicalText } from '../canonical-text.ts';
import { compileField, type PickedField } from '../compile-field.ts';
import { MIN_OBJECTS } from '../derived.ts';
import { objectFor } from '../object-for.ts';
import { partsOf, PartReader } from '../parts.ts';
import { identityOf } from '../scalar-values.ts';
import { Accumulator, checkReduction, type Reduced, type Reduction } from './accumulator.ts';
import type { GroupField, GroupValue } from './group-by.ts';
import { keptGroups, keptValues } from './kept.ts';

/** Groups of one aggregation: each holds what is reckoned of it. */
const MAX_GROUPS = 10_000;
/** Fields of one aggregation that are added up or compared: each is read of every object. */
const MAX_FIELDS = 50;
/** Objects between two looks at the clock. */
const LOOK_EVERY = 16;

/** Objects that have the same values, and what is reckoned of them. */
export class Group {
  readonly by: readonly GroupValue[];
  readonly index: number;
  private readonly aggregation: Aggregation;
  count = 0;

  constructor(aggregation: Aggregation, index: number, by: readonly GroupValue[]) {
    this.aggregation = aggregation;
    this.index = index;
    this.by = by;
  }

  /** Of one field's values in the group; undefined where it has none. @param at for messages */
  async reduced(reduction: Reduction, of: unknown, at: string): Promise<Reduced | undefined> {
    const { field, groups } = await this.aggregation.column(of, at);
    checkReduction(reduction, field);
    const found = groups[this.index];
    return found ? found.of(reduction) : reduction === 'sum' ? new Accumulator(field).of('sum') : undefined;
  }
}

interface Column {
  field: PickedField;
  /** by the group's index */
  groups: (Accumulator | undefined)[];
}

/** Objects of one kind in groups. A field is read of all of them when the first group is asked about it. */
export class Aggregation {
  readonly groups: Group[] = [];
  private readonly columns = new Map<string, Promise<Column>>();
  /** by the index of the object */
  private groupOf: number[] = [];
  private readonly kind: Kind;
  private readonly items: readonly Stored[];
  private readonly budget: Budget;
  /** the objects are those of a list from which nothing was filtered out: what is found out about them is kept */
  private readonly whole: boolean;

  private constructor(kind: Kind, items: readonly Stored[], budget: Budget, whole: boolean) {
    this.kind = kind;
    this.items = items;
    this.budget = budget;
    this.whole = whole && items.length >= MIN_OBJECTS;
  }

  /** @param fields none: all are one group, also where there are none */
  static async of(
    kind: Kind,
    items: readonly Stored[],
    fields: readonly GroupField[],
    budget: Budget,
    whole = false,
  ): Promise<Aggregation> {
    const aggregation = new Aggregation(kind, items, budget, whole);
    if (fields.length) await aggregation.divide(fields);
    else {
      const all = new Group(aggregation, 0, []);
      all.count = items.length;
      aggregation.groups.push(all);
    }
    return aggregation;
  }

  /** The same objects as one group. */
  asOne(): Promise<Aggregation> {
    return Aggregation.of(this.kind, this.items, [], this.budget, this.whole);
  }

  column(of: unknown, at: string): Promise<Column> {
    const key = canonicalText(of);
    let column = this.columns.get(key);
    if (!column) {
      if (this.columns.size >= MAX_FIELDS) throw badRequest(`${at}: more than ${MAX_FIELDS} fields`);
      const field = compileField(this.kind, of, at);
      // named in another way, to be ordered by it
      const path = JSON.stringify(field.path);
      this.columns.set(key, (column = this.columns.get(path) ?? this.reckon(field)));
      this.columns.set(path, column);
    }
    return column;
  }

  private reader(): Promise<PartReader> {
    return PartReader.of(this.kind, this.whole ? this.items : [], this.budget);
  }

  private async divide(fields: readonly GroupField[]): Promise<void> {
    const { budget, kind } = this;
    const known = new Map<string | number | bigint | boolean, Group>();
    const reader = await this.reader();
    const kept = this.whole
      ? await Promise.all(fields.map((field) => keptGroups(kind, this.items, field, reader, budget)))
      : [];
    let looked = 0;
    for (const [i, stored] of this.items.entries()) {
      const by: GroupValue[] = [];
      for (const [j, field] of fields.entries()) {
        const value = kept[j]?.[i] ?? field.of(objectFor(kind, stored));
        by.push(value instanceof Promise ? await value : value);
      }
      const key = keyOf(by);
      let group = known.get(key);
      if (!group) {
        if (this.groups.length >= MAX_GROUPS)
          throw badRequest(
            `groupBy: more than ${MAX_GROUPS} groups: group by what has fewer values, or filter by where`,
          );
        group = new Group(this, this.groups.length, by);
        known.set(key, group);
        this.groups.push(group);
      }
      group.count++;
      this.groupOf.push(group.index);
      if (++looked % LOOK_EVERY === 0 && budget.due) await budget.turn();
    }
    budget.look(looked);
  }

  private async reckon(field: PickedField): Promise<Column> {
    const { budget, kind, groupOf, items } = this;
    const groups: (Accumulator | undefined)[] = [];
    const reader = await this.reader();
    const parts = partsOf([field.part]);
    const kept = this.whole ? await keptValues(kind, items, field, reader, budget) : undefined;
    let current: Accumulator | undefined;
    const visit = (value: unknown): void => current?.add(value);
    for (const [i, stored] of items.entries()) {
      const index = groupOf[i] ?? 0;
      current = groups[index] ??= new Accumulator(field);
      const values = kept?.[i];
      if (values) for (const value of values) visit(value);
      else field.each(reader.object(stored, i, parts), visit);
      if (i % LOOK_EVERY === LOOK_EVERY - 1 && budget.due) await budget.turn();
    }
    budget.look(items.length);
    return { field, groups };
  }
}

/** Equal for equal values, and a value that is not there is one of its own. */
function keyOf(by: readonly GroupValue[]): string | number | bigint | boolean {
  const [only] = by;
  if (by.length === 1 && only?.value !== undefined) return identityOf(only.value);
  return JSON.stringify(
    by.map(({ value }) => {
      const identity = value === undefined ? null : identityOf(value);
      return typeof identity === 'bigint' ? [String(identity)] : identity;
    }),
  );
}
