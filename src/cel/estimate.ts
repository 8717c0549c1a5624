import type { Call, Comprehension, Ident, Node, Select } from './ast.ts';
import { ACCUMULATOR } from './ast.ts';
import type { Estimate, Overload, Sized } from './overload.ts';
import { add, fixed, MAX_COUNT, multiply, NOTHING, ONE, scale, union, UNKNOWN, type Range } from './range.ts';
import { DYN, isOptional, itemOf, type Type } from './types.ts';
import { Duration, Timestamp } from './values.ts';
import { LIST_COST, MAP_COST, STRUCT_COST, TRAVERSAL, sizeOf } from './cost.ts';

/** Sizes of what is in a list or a map. */
interface Inside {
  readonly list: boolean;
  readonly key: Range;
  readonly value: Range;
}
interface Local {
  readonly path: Place;
  readonly size: Range | undefined;
  readonly inside: Inside | undefined;
}
const SCALARS = new Set<Type['kind']>(['bool', 'double', 'duration', 'int', 'timestamp', 'uint']);
const isScalar = (type: Type): boolean => SCALARS.has(type.kind) || (isOptional(type) && isScalar(itemOf(type)));

const joined = (a: Inside | undefined, b: Inside | undefined): Inside | undefined =>
  a && b && { list: a.list, key: union(a.key, b.key), value: union(a.value, b.value) };
/**
 * Where names lead: the declared type, NOWHERE for a way that no declared type has, undefined for what no name leads to.
 */
type Place = Type | undefined;
const NOWHERE: Type = { ...DYN };
/** One step below a place. What begins at no name begins, for rules, at the whole; the estimates of Kubernetes do so too. */
function step(place: Place, whole: Place, to: (type: Type) => Type | undefined): Place {
  if (place === undefined) return whole;
  return place === NOWHERE ? NOWHERE : (to(place) ?? NOWHERE);
}
const fieldOf =
  (name: string) =>
  (type: Type): Type | undefined => {
    const field = type.fields?.get(name);
    if (field && !field.keyword) return field.type;
    // of a map to anything each value is as large as any other
    const value = type.kind === 'map' ? type.parameters[1] : undefined;
    return value?.kind === 'any' ? value : undefined;
  };
const itemsOf = ({ kind, parameters }: Type): Type | undefined =>
  kind === 'list' ? parameters[0] : kind === 'map' ? parameters[1] : undefined;
const keysOf = ({ kind, parameters }: Type): Type | undefined => (kind === 'map' ? parameters[0] : undefined);
const nothing = (): undefined => undefined;

/**
 * What an expression may cost at most, told before it runs (KEP-2876). It follows the sizes that schemas set for what a
 * variable holds; of what comes out of a function only that is known which the function says.
 */
class Estimator {
  /** the declared type that a node leads to from a variable, by names alone */
  private readonly paths = new Map<Node, Place>();
  private readonly sizes = new Map<Node, Range>();
  private readonly insides = new Map<Node, Inside>();
  private readonly costs = new Map<Node, Range>();
  private readonly locals = new Map<string, Local[]>();
  /** what rules are about */
  private readonly whole: Place;
  constructor(private readonly variables: Readonly<Record<string, Type>>) {
    this.whole = this.sizedRoot('self');
  }

  private local(name: string): Local | undefined {
    return this.locals.get(name)?.at(-1);
  }
  private push(name: string, local: Local): void {
    const stack = this.locals.get(name);
    if (stack) stack.push(local);
    else this.locals.set(name, [local]);
  }
  private pop(name: string): void {
    this.locals.get(name)?.pop();
  }

  cost(node: Node): Range {
    // an argument that a macro put in two places costs the same in both
    let cost = this.costs.get(node);
    if (!cost) this.costs.set(node, (cost = this.work(node)));
    return cost;
  }

  private work(node: Node): Range {
    switch (node.kind) {
      case 'literal':
        return NOTHING;
      case 'ident':
        return this.ident(node);
      case 'select':
        return this.select(node);
      case 'call':
        return this.call(node);
      case 'list': {
        const value = this.common(node.items);
        this.insides.set(node, { list: true, key: ONE, value });
        return add(this.sum(node.items), fixed(LIST_COST));
      }
      case 'map': {
        const [keys, values] = [node.entries.map((e) => e.key), node.entries.map((e) => e.value)];
        const cost = add(this.sum(keys), this.sum(values));
        this.insides.set(node, { list: false, key: this.common(keys), value: this.common(values) });
        return add(cost, fixed(MAP_COST));
      }
      case 'struct':
        return add(this.sum(node.fields.map(({ value }) => value)), fixed(STRUCT_COST));
      case 'comprehension':
        return node.range.kind === 'list' && node.range.items.length === 0 && node.accumulator !== ACCUMULATOR
          ? this.binding(node)
          : this.loop(node);
    }
  }

  private sum(nodes: readonly Node[]): Range {
    return nodes.reduce((sum, node) => add(sum, this.cost(node)), NOTHING);
  }
  private common(nodes: readonly Node[]): Range {
    this.sum(nodes);
    return nodes.length ? nodes.map((node) => this.size(node)).reduce(union) : NOTHING;
  }

  private ident(node: Ident): Range {
    const local = this.local(node.name);
    this.paths.set(node, local ? local.path : this.declared(node.name));
    return ONE;
  }
  /** The type of a variable whose sizes are known. What is optional is as large as what it holds. */
  private sizedRoot(name: string): Place {
    const type = this.variables[name];
    const own = type && isOptional(type) ? itemOf(type) : type;
    return own?.maxSize === undefined ? undefined : own;
  }
  private declared(name: string): Place {
    return this.sizedRoot(name) ?? this.whole;
  }
  private select(node: Select): Range {
    if (node.constant !== undefined || node.variable !== undefined) {
      this.paths.set(node, this.declared(node.variable ?? ''));
      return ONE;
    }
    const cost = this.cost(node.operand);
    if (node.test) return cost;
    this.paths.set(node, step(this.path(node.operand), this.whole, fieldOf(node.field)));
    const { kind } = node.operand.type ?? DYN;
    return kind === 'map' || kind === 'object' || kind === 'parameter' ? add(cost, ONE) : cost;
  }
  private path(node: Node): Place {
    const local = node.kind === 'ident' ? this.local(node.name) : undefined;
    return local ? local.path : this.paths.get(node);
  }

  private known(node: Node): Range | undefined {
    const found = this.sizes.get(node) ?? literalSize(node);
    if (found) return found;
    const path = this.path(node);
    if (path && path !== NOWHERE) {
      const size = { min: 0, max: path.maxSize ?? 0 };
      this.sizes.set(node, size);
      return size;
    }
    if (isScalar(node.type ?? DYN)) return ONE;
    return node.kind === 'ident' ? this.local(node.name)?.size : undefined;
  }
  private size(node: Node): Range {
    return this.known(node) ?? UNKNOWN;
  }
  private inside(node: Node): Inside | undefined {
    return this.insides.get(node) ?? (node.kind === 'ident' ? this.local(node.name)?.inside : undefined);
  }
  private copySizes(to: Node, from: Node): void {
    const [size, inside] = [this.known(from), this.inside(from)];
    if (size) this.sizes.set(to, size);
    if (inside) this.insides.set(to, inside);
  }

  private sized(node: Node): Sized {
    const known = this.known(node);
    const type = node.type ?? DYN;
    const path = this.path(node);
    const within = path && step(path, undefined, itemsOf);
    const items = type.parameters.length ? this.item(itemOf(type), within) : undefined;
    return {
      type,
      known,
      size: known ?? UNKNOWN,
      items,
      ...(node.kind === 'literal' && { literal: node.value }),
    };
  }
  private item(type: Type, path: Place): Sized {
    const known = path && path !== NOWHERE ? { min: 0, max: path.maxSize ?? 0 } : undefined;
    return { type, known, size: known ?? UNKNOWN, items: undefined };
  }

  private call(node: Call): Range {
    const { name, args, target, overloads = [] } = node;
    const [first] = args;
    if (name === 'dyn' && first) {
      const cost = this.cost(first);
      this.copySizes(node, first);
      return add(cost, ONE);
    }
    const own = target ? this.cost(target) : NOTHING;
    const costs = args.map((arg) => this.cost(arg));
    if (overloads.length === 0) return NOTHING;
    let total: Range | undefined;
    let size: Range | undefined;
    for (const overload of overloads) {
      const estimate = this.one(node, overload, costs);
      total = total ? union(total, estimate.cost) : estimate.cost;
      if (estimate.size) size = size ? union(size, estimate.size) : estimate.size;
      if (first && (overload.id === 'index_list' || overload.id === 'index_map')) {
        size = this.inside(first)?.value;
        this.paths.set(node, step(this.path(first), this.whole, itemsOf));
      }
      size ??= this.known(node);
    }
    if (size) this.sizes.set(node, size);
    return add(own, total ?? NOTHING);
  }

  /** What a call of one overload costs, its arguments included. */
  private one(node: Call, overload: Overload, costs: readonly Range[]): Estimate {
    const { args, target } = node;
    const [a = NOTHING, b = NOTHING, c = NOTHING] = costs;
    switch (overload.id) {
      case 'logical_and':
      case 'logical_or':
        return { cost: { min: a.min, max: add(a, b).max } };
      case 'conditional': {
        const [, yes, no] = args as [Node, Node, Node];
        const inside = joined(this.inside(yes), this.inside(no));
        if (inside) this.insides.set(node, inside);
        return { cost: add(a, union(b, c)), size: union(this.size(yes), this.size(no)) };
      }
      case 'add_list':
      case 'add_string':
      case 'add_bytes': {
        const [left, right] = args as [Node, Node];
        const inside = joined(this.inside(left), this.inside(right));
        if (inside) this.insides.set(node, inside);
        const size = add(this.size(left), this.size(right));
        const cost = overload.id === 'add_list' ? ONE : scale(size, TRAVERSAL);
        return { cost: add(cost, add(a, b)), size };
      }
      default: {
        const values = (target ? [target, ...args] : args).map((arg) => this.sized(arg));
        const { cost, size } = overload.estimate?.(values) ?? { cost: ONE };
        return { cost: costs.reduce(add, cost), size };
      }
    }
  }

  private binding(node: Comprehension): Range {
    const cost = add(this.cost(node.range), this.cost(node.start));
    const { start, accumulator, result } = node;
    this.push(accumulator, { path: this.path(start), size: this.known(start), inside: this.inside(start) });
    const total = add(cost, this.cost(result));
    this.pop(accumulator);
    this.copySizes(node, result);
    return total;
  }

  private loop(node: Comprehension): Range {
    const { range, start, accumulator, name, second } = node;
    const cost = add(this.cost(range), this.cost(start));
    this.push(accumulator, { path: undefined, size: this.known(start), inside: this.inside(start) });
    const inside = this.inside(range);
    const list = inside ? inside.list : range.type?.kind === 'list';
    const path = this.path(range);
    const key = { path: step(path, this.whole, list ? nothing : keysOf), size: inside?.key, inside: undefined };
    const value = { path: step(path, this.whole, itemsOf), size: inside?.value, inside: undefined };
    this.push(name, second !== undefined || !list ? key : value);
    if (second !== undefined) this.push(second, value);
    const each = add(this.cost(node.condition), this.cost(node.step));
    this.pop(name);
    if (second !== undefined) this.pop(second);
    const result = this.cost(node.result);
    this.pop(accumulator);
    const count = this.size(range);
    if (start.kind === 'literal') {
      const size = this.known(start);
      if (size) this.sizes.set(node, size);
    } else if (start.kind === 'list' || start.kind === 'map') {
      this.sizes.set(node, count);
      const made = this.inside(node.step);
      if (made) this.insides.set(node, made);
    }
    return add(add(cost, result), multiply(count, each));
  }
}

function literalSize(node: Node): Range | undefined {
  if (node.kind === 'list') return fixed(node.items.length);
  if (node.kind === 'map') return fixed(node.entries.length);
  if (node.kind !== 'literal') return undefined;
  const { value } = node;
  return value instanceof Timestamp || value instanceof Duration ? ONE : fixed(sizeOf(value));
}

/**
 * The range of costs of a checked expression.
 * @param variables the types of what it knows, with the sizes that they may have
 */
export function estimateCost(node: Node, variables: Readonly<Record<string, Type>>): Range {
  const { min, max } = new Estimator(variables).cost(node);
  return { min, max: Math.min(max, MAX_COUNT) };
}
