import {
  Kind,
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLError,
  type SelectionSetNode,
} from 'graphql';
import { limitOfDocument } from './limit-error.ts';

export interface ExpansionLimits {
  /** fields inside each other */
  depth: number;
  /** fields of the document with its fragments put in */
  fields: number;
  /** pairs of fields of one name in one place, which validation compares with each other */
  comparisons: number;
}

export type Fragments = ReadonlyMap<string, FragmentDefinitionNode>;
export const fragmentsOf = (document: DocumentNode): Fragments =>
  new Map(document.definitions.filter((d) => d.kind === Kind.FRAGMENT_DEFINITION).map((d) => [d.name.value, d]));

/**
 * Which of its limits a document is over with its fragments put in; undefined: none. Executing takes the fields, and the
 * specification's rule that overlapping fields can be merged compares those of one name two by two: both grow faster than
 * the document, the first by fragments in fragments, the second by the square.
 */
export function overExpansion(document: DocumentNode, limits: ExpansionLimits): GraphQLError | undefined {
  const over = new Expansion(fragmentsOf(document), limits).of(document);
  return over && limitOfDocument(over.limit, limits[over.limit], over.message);
}

/** Thrown out of the walk. */
class TooMuch extends Error {
  constructor(
    readonly limit: keyof ExpansionLimits,
    message: string,
  ) {
    super(message);
  }
}

class Expansion {
  private fields = 0;
  private comparisons = 0;
  private readonly reached = new Set<string>();

  constructor(
    private readonly fragments: Fragments,
    private readonly limits: ExpansionLimits,
  ) {}

  /** What is too much; undefined: nothing. */
  of({ definitions }: DocumentNode): TooMuch | undefined {
    try {
      for (const definition of definitions)
        if (definition.kind === Kind.OPERATION_DEFINITION) this.walk([definition.selectionSet], 1);
      // what no operation reaches is compared too
      for (const [name, { selectionSet }] of this.fragments) if (!this.reached.has(name)) this.walk([selectionSet], 1);
      return undefined;
    } catch (error) {
      if (error instanceof TooMuch) return error;
      throw error;
    }
  }

  /** @param sets selection sets of one field, or of several that are merged */
  private walk(sets: readonly SelectionSetNode[], depth: number): void {
    if (depth > this.limits.depth) throw new TooMuch('depth', `deeper than ${this.limits.depth} fields`);
    const named = new Map<string, { count: number; sets: SelectionSetNode[] }>();
    const spread = new Set<string>();
    const collect = (set: SelectionSetNode): void => {
      for (const selection of set.selections) {
        if (++this.fields > this.limits.fields)
          throw new TooMuch('fields', `more than ${this.limits.fields} fields, fragments put in`);
        if (selection.kind === Kind.FIELD) {
          const name = (selection.alias ?? selection.name).value;
          let same = named.get(name);
          if (!same) named.set(name, (same = { count: 0, sets: [] }));
          same.count++;
          if (selection.selectionSet) same.sets.push(selection.selectionSet);
        } else if (selection.kind === Kind.INLINE_FRAGMENT) collect(selection.selectionSet);
        else {
          const name = selection.name.value;
          if (spread.has(name)) continue;
          spread.add(name);
          this.reached.add(name);
          const fragment = this.fragments.get(name);
          if (fragment) collect(fragment.selectionSet);
        }
      }
    };
    sets.forEach(collect);
    this.compare(spread.size);
    for (const { count } of named.values()) this.compare(count);
    for (const same of named.values()) if (same.sets.length) this.walk(same.sets, depth + 1);
  }

  private compare(count: number): void {
    this.comparisons += (count * (count - 1)) / 2;
    if (this.comparisons > this.limits.comparisons)
      throw new TooMuch(
        'comparisons',
        `more than ${this.limits.comparisons} pairs of fields of one name, or of fragments side by side`,
      );
  }
}
