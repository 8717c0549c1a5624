import type { Overload } from './overload.ts';
import type { Type } from './types.ts';
import type { Value } from './values.ts';

/** What an expression is made of once its macros are unfolded, as in the language definition. */
interface Base {
  /** place in the expression, in UTF-16 units */
  readonly at: number;
  /** how many operators, selections and calls are nested at most, this one included */
  readonly depth: number;
  /** what the checker found */
  type?: Type;
}
export interface Literal extends Base {
  readonly kind: 'literal';
  readonly value: Value;
}
export interface Ident extends Base {
  readonly kind: 'ident';
  readonly name: string;
  /** of the name of a type */
  constant?: Value;
  /** the name of a type that has no value of its own: it can be made, not compared */
  unknown?: string;
}
export interface Select extends Base {
  readonly kind: 'select';
  readonly operand: Node;
  readonly field: string;
  /** only asks whether the field is there: `has(a.b)` */
  readonly test: boolean;
  /** a qualified name of a type: `google.protobuf.Duration` */
  constant?: Value;
  /** as that of an Ident */
  unknown?: string;
  /** a variable whose name has a dot */
  variable?: string;
}
export interface Call extends Base {
  readonly kind: 'call';
  /** changes where the receiver is part of the name: `sets.contains(…)` */
  name: string;
  target: Node | undefined;
  readonly args: readonly Node[];
  /** those that the types of the arguments allow */
  overloads?: readonly Overload[];
}
export interface List extends Base {
  readonly kind: 'list';
  readonly items: readonly Node[];
  /** places of items that are left out where their optional has no value */
  readonly optional: ReadonlySet<number>;
}
export interface Entry {
  readonly key: Node;
  readonly value: Node;
  readonly optional: boolean;
}
export interface MapNode extends Base {
  readonly kind: 'map';
  readonly entries: readonly Entry[];
}
export interface Struct extends Base {
  readonly kind: 'struct';
  readonly name: string;
  readonly fields: readonly FieldValue[];
}
export interface FieldValue {
  readonly name: string;
  readonly value: Node;
  readonly optional: boolean;
  /** of the colon, in UTF-16 units */
  readonly at: number;
}
/** A loop; all macros over lists and maps are one. Its range is also empty, then it only binds a name (`accumulator`). */
export interface Comprehension extends Base {
  readonly kind: 'comprehension';
  readonly range: Node;
  readonly name: string;
  readonly second: string | undefined;
  readonly accumulator: string;
  readonly start: Node;
  readonly condition: Node;
  readonly step: Node;
  readonly result: Node;
}
export type Node = Literal | Ident | Select | Call | List | MapNode | Struct | Comprehension;

/** The name of what a macro gathers; no expression can write it. */
export const ACCUMULATOR = '@result';

/** `a.b.c` as one name, where it is nothing but names. */
export function qualifiedName(node: Node): string | undefined {
  if (node.kind === 'ident') return node.name;
  if (node.kind !== 'select' || node.test) return undefined;
  const prefix = qualifiedName(node.operand);
  return prefix === undefined ? undefined : `${prefix}.${node.field}`;
}

/** The nodes below one, in the order of the expression. */
export function childrenOf(node: Node): readonly Node[] {
  switch (node.kind) {
    case 'select':
      return [node.operand];
    case 'call':
      return node.target ? [node.target, ...node.args] : node.args;
    case 'list':
      return node.items;
    case 'map':
      return node.entries.flatMap(({ key, value }) => [key, value]);
    case 'struct':
      return node.fields.map(({ value }) => value);
    case 'comprehension':
      return [node.range, node.start, node.condition, node.step, node.result];
    default:
      return [];
  }
}

/** All nodes of an expression, each once: the argument of some macros stands in two places. */
export function allNodes(root: Node): Node[] {
  const found = new Set<Node>([root]);
  for (const node of found) for (const child of childrenOf(node)) found.add(child);
  return [...found];
}
