import {
  allNodes,
  qualifiedName,
  type Call,
  type Comprehension,
  type Ident,
  type List,
  type MapNode,
  type Node,
  type Select,
  type Struct,
} from './ast.ts';
import type { Steps } from '../meta/steps.ts';
import type { Dialect } from './dialect.ts';
import type { FunctionDeclaration, Functions, Overload } from './overload.ts';
import type { Problem } from './problem.ts';
import { TYPE_NAMES } from './type-names.ts';
import {
  BOOL,
  BYTES,
  DOUBLE,
  DYN,
  ERROR,
  INT,
  isDyn,
  isOptional,
  itemOf,
  listOf,
  mapOf,
  NULL,
  optionalOf,
  STRING,
  UINT,
  same,
  typeOf,
  type Type,
} from './types.ts';
import { Bindings, moreGeneral, replaced } from './unify.ts';
import { Double, Uint, type Value } from './values.ts';

export type Variables = Readonly<Record<string, Type>>;

function literalType(value: Value): Type {
  if (value === null) return NULL;
  switch (typeof value) {
    case 'boolean':
      return BOOL;
    case 'string':
      return STRING;
    case 'number':
    case 'bigint':
      return INT;
    default:
      if (value instanceof Double) return DOUBLE;
      return value instanceof Uint ? UINT : BYTES;
  }
}

/** The names of an overload's type parameters. */
const parametersOf = new WeakMap<Overload, readonly string[]>();
function typeParameters(overload: Overload): readonly string[] {
  let found = parametersOf.get(overload);
  if (!found) {
    const names = new Set<string>();
    const walk = (type: Type): void => {
      if (type.kind === 'parameter') names.add(type.name);
      type.parameters.forEach(walk);
    };
    [...overload.parameters, overload.result].forEach(walk);
    parametersOf.set(overload, (found = [...names]));
  }
  return found;
}

class Checker {
  readonly problems: Problem[] = [];
  private readonly bindings = new Bindings();
  private readonly checked = new Set<Node>();
  /** names that comprehensions bind, the nearest last */
  private readonly locals = new Map<string, Type[]>();
  private readonly functions: Functions;

  constructor(
    private readonly variables: Variables,
    private readonly dialect: Dialect,
  ) {
    this.functions = dialect.functions;
  }

  private report(at: number, text: string): Type {
    this.problems.push({ at, text });
    return ERROR;
  }
  private undeclared(name: string, at: number): Type {
    return this.report(at, `undeclared reference to '${name}' (in container '')`);
  }
  private mismatch(at: number, expected: Type, found: Type): Type {
    return this.report(at, `expected type '${expected.text}' but found '${found.text}'`);
  }

  check(node: Node): Type {
    // what a macro put in two places is looked at once
    if (!this.checked.has(node)) {
      this.checked.add(node);
      node.type = this.typeOf(node);
    }
    return node.type as Type;
  }
  private typeOf(node: Node): Type {
    switch (node.kind) {
      case 'literal':
        return literalType(node.value);
      case 'ident':
        return this.ident(node);
      case 'select':
        return this.select(node);
      case 'call':
        return this.call(node);
      case 'list':
        return this.list(node);
      case 'map':
        return this.map(node);
      case 'struct':
        return this.struct(node);
      case 'comprehension':
        return this.comprehension(node);
    }
  }

  private lookup(node: Ident | Select, name: string): Type | undefined {
    const own = name.startsWith('.') ? name.slice(1) : name;
    const local = this.locals.get(own)?.at(-1);
    if (local) return local;
    if (Object.hasOwn(this.variables, own)) {
      if (node.kind === 'select') node.variable = own;
      return this.variables[own];
    }
    const named = TYPE_NAMES.get(own);
    if (named) node.constant = named.value;
    if (named) return named.type;
    const made = this.dialect.structs?.find(own);
    if (made) node.unknown = own;
    return made && typeOf(made.type);
  }
  private ident(node: Ident): Type {
    return this.lookup(node, node.name) ?? this.undeclared(node.name, node.at);
  }

  private select(node: Select): Type {
    const name = qualifiedName(node);
    const known = name === undefined ? undefined : this.lookup(node, name);
    if (known) return known;
    const type = this.field(node.operand, node.field, node.at, false);
    return node.test ? BOOL : this.bindings.resolve(type);
  }
  private field(operand: Node, name: string, at: number, optional: boolean): Type {
    const own = this.bindings.resolve(this.check(operand));
    const type = isOptional(own) ? itemOf(own) : own;
    let result: Type;
    if (type.kind === 'map') result = type.parameters[1] as Type;
    else if (type.kind === 'object') {
      result = type.fields?.get(name)?.type ?? this.report(at, `undefined field '${name}'`);
    } else {
      if (type.kind === 'parameter') this.bindings.assignable(DYN, type);
      else if (!isDyn(type) && type.kind !== 'error')
        this.report(at, `type '${type.text}' does not support field selection`);
      result = DYN;
    }
    return optional || isOptional(own) ? optionalOf(result) : result;
  }

  private call(node: Call): Type {
    const { name, args, target, at } = node;
    if (name === '_?._') {
      const [operand, field] = args as [Node, Node];
      this.check(field);
      node.overloads = this.functions.get(name)?.overloads ?? [];
      const text = field.kind === 'literal' ? (field.value as string) : '';
      return this.bindings.resolve(this.field(operand, text, at, true));
    }
    args.forEach((arg) => this.check(arg));
    if (!target) {
      const declared = this.functions.get(name.startsWith('.') ? name.slice(1) : name);
      if (!declared) return this.undeclared(name, at);
      node.name = declared.name;
      return this.resolve(node, declared);
    }
    const prefix = qualifiedName(target);
    const spaced = prefix === undefined ? undefined : this.functions.get(`${prefix}.${name}`);
    if (spaced) {
      node.name = spaced.name;
      node.target = undefined;
      return this.resolve(node, spaced);
    }
    this.check(target);
    const declared = this.functions.get(name);
    return declared ? this.resolve(node, declared) : this.undeclared(name, at);
  }

  /** Finds the overloads that take the arguments. Several: the result is what they share. */
  private resolve(node: Call, { name, overloads }: FunctionDeclaration): Type {
    const { target, args } = node;
    const types = (target ? [target, ...args] : args).map((arg) => arg.type as Type);
    if (name === '_&&_' || name === '_||_') return this.logic(node, overloads);
    const fitting: Overload[] = [];
    let result: Type | undefined;
    for (const overload of overloads) {
      if (overload.member !== (target !== undefined)) continue;
      const names = typeParameters(overload);
      const fresh = new Map(names.map((parameter) => [parameter, this.bindings.fresh()]));
      const wanted = names.length ? overload.parameters.map((p) => replaced(p, fresh)) : overload.parameters;
      if (!this.bindings.allAssignable(types, wanted)) continue;
      fitting.push(overload);
      const own = this.bindings.resolve(names.length ? replaced(overload.result, fresh) : overload.result);
      if (result === undefined) result = own;
      else if (!isDyn(result) && !same(own, result)) result = DYN;
    }
    if (result !== undefined) {
      node.overloads = fitting;
      return result;
    }
    const shown = types.map((type) => this.bindings.resolve(type, true).text);
    const signature = target ? `${shown[0]}.(${shown.slice(1).join(', ')})` : `(${shown.join(', ')})`;
    return this.report(node.at, `found no matching overload for '${name}' applied to '${signature}'`);
  }
  private logic(node: Call, overloads: readonly Overload[]): Type {
    node.overloads = overloads;
    let good = true;
    for (const arg of node.args) {
      if (this.bindings.assignable(arg.type as Type, BOOL)) continue;
      this.mismatch(arg.at, BOOL, arg.type as Type);
      good = false;
    }
    return good ? BOOL : ERROR;
  }

  /** What an optional item or entry holds. */
  private unwrapped(node: Node, optional: boolean): Type {
    const type = this.check(node);
    if (!optional) return type;
    if (isOptional(type)) return itemOf(type);
    if (!isDyn(type)) this.mismatch(node.at, optionalOf(type), type);
    return type;
  }
  private join(before: Type | undefined, type: Type): Type {
    if (before === undefined) return type;
    // mixed literals are found later, since those that are formatted may be mixed
    return this.bindings.assignable(before, type) ? moreGeneral(before, type) : DYN;
  }
  private list(node: List): Type {
    let type: Type | undefined;
    node.items.forEach((item, i) => {
      type = this.join(type, this.unwrapped(item, node.optional.has(i)));
    });
    return listOf(type ?? this.bindings.fresh());
  }
  private map(node: MapNode): Type {
    let keys: Type | undefined;
    let values: Type | undefined;
    for (const { key, value, optional } of node.entries) {
      keys = this.join(keys, this.check(key));
      values = this.join(values, this.unwrapped(value, optional));
    }
    return mapOf(keys ?? this.bindings.fresh(), values ?? this.bindings.fresh());
  }

  private struct(node: Struct): Type {
    const name = node.name.startsWith('.') ? node.name.slice(1) : node.name;
    const named = this.locals.get(name)?.at(-1) ?? this.variables[name];
    if (named) return this.report(node.at, `'${named.text}' is not a type`);
    const found = this.dialect.structs?.find(name);
    if (!found) return this.undeclared(node.name, node.at);
    for (const field of node.fields) {
      const given = this.unwrapped(field.value, field.optional);
      const type = found.type.fields?.get(field.name)?.type;
      if (type && this.bindings.assignable(type, given)) continue;
      // a field that there is not has a type without a name
      const [wanted, provided] = [type?.text ?? '', this.bindings.resolve(given, true).text];
      const text = `expected type of field '${field.name}' is '${wanted}' but provided type is '${provided}'`;
      this.report(field.at, text);
    }
    return found.type;
  }

  private within(name: string, type: Type, run: () => void): void {
    const stack = this.locals.get(name) ?? [];
    this.locals.set(name, stack);
    stack.push(type);
    run();
    stack.pop();
  }
  private assert(node: Node, type: Type): void {
    const found = this.check(node);
    if (!this.bindings.assignable(type, found)) this.mismatch(node.at, type, found);
  }
  /** The types of what a loop over a range binds. */
  private bound(node: Comprehension): [Type, Type] {
    const type = this.bindings.resolve(this.check(node.range));
    const [first = DYN, second = DYN] = type.parameters;
    switch (type.kind) {
      case 'list':
        return node.second === undefined ? [first, first] : [INT, first];
      case 'map':
        return [first, second];
      case 'dyn':
      case 'error':
      case 'parameter':
        this.bindings.assignable(DYN, type);
        return [DYN, DYN];
      default: {
        const why = 'cannot be range of a comprehension (must be list, map, or dynamic)';
        this.report(node.range.at, `expression of type '${type.text}' ${why}`);
        return [ERROR, ERROR];
      }
    }
  }
  private comprehension(node: Comprehension): Type {
    this.check(node.range);
    const gathered = this.check(node.start);
    const [first, second] = this.bound(node);
    this.within(node.accumulator, gathered, () => {
      const body = (): void => {
        this.assert(node.condition, BOOL);
        this.assert(node.step, gathered);
      };
      this.within(node.name, first, () =>
        node.second === undefined ? body() : this.within(node.second, second, body),
      );
      this.check(node.result);
    });
    return this.bindings.resolve(node.result.type as Type);
  }

  /** When all is checked: what is still open may be anything. */
  settle(root: Node): void {
    for (const node of allNodes(root)) if (node.type) node.type = this.bindings.resolve(node.type, true);
  }
}

/**
 * Gives each node of an expression its type and each call its overloads.
 * @returns what is wrong; empty where nothing is
 */
export function* checkSteps(root: Node, variables: Variables, dialect: Dialect): Steps<Problem[]> {
  const checker = new Checker(variables, dialect);
  checker.check(root);
  yield;
  checker.settle(root);
  return checker.problems;
}
