import type { ASTNode } from '@marcbachmann/cel-js';
import { celSyntaxError } from '../cel-error.ts';
import { compileCel } from '../cel.ts';
import { placeOf, showProblems } from './error-text.ts';
import { FUNCTIONS, METHODS, OPERATORS, OTHER_NAMES, resolve } from './functions.ts';
import { ERROR, isDynamic, listOf, mapOf, showType, typeName, unify, UNKNOWN, type CelType } from './types.ts';

/** A node of the parser with one of these operations: what its `args` are depends on it. Places count from the start of the expression. */
type Node<Op extends ASTNode['op'] = ASTNode['op']> = Extract<ASTNode, { op: Op }>;
const nameOf = (node: Node | undefined): string => (node?.op === 'id' ? node.args : '');
type NotBinary = 'value' | 'id' | '.' | '.?' | '[]' | '[?]' | 'list' | 'map' | 'call' | 'rcall' | '?:' | '!_' | '-_';
type Scope = Readonly<Record<string, CelType>>;
interface Issue {
  at: number;
  text: string;
}

/** Macros by the number of names that they bind before what they compute. */
const ONE_NAME = new Set([
  'all',
  'exists',
  'exists_one',
  'existsOne',
  'map',
  'filter',
  'optMap',
  'optFlatMap',
  'sortBy',
]);
const BOTH_NAMES = new Set([
  'transformList',
  'transformMap',
  'transformMapEntry',
  'all',
  'exists',
  'exists_one',
  'existsOne',
]);
const TYPE_NAMES = new Set(['int', 'uint', 'double', 'bool', 'string', 'bytes', 'list', 'map', 'null_type', 'type']);
const NAMESPACES = new Set([
  'math',
  'base64',
  'strings',
  'sets',
  'optional',
  'cel',
  'lists',
  'regex',
  'ip',
  'cidr',
  'format',
  'url',
]);

class Checker {
  readonly issues: Issue[] = [];
  constructor(private readonly text: string) {}

  private report(at: number, text: string): CelType {
    this.issues.push({ at, text });
    return ERROR;
  }

  private undeclared(name: string, at: number): CelType {
    return this.report(at, `undeclared reference to '${name}' (in container '')`);
  }

  private mismatch(name: string, at: number, parameters: readonly CelType[], member = false): CelType {
    const shown = parameters.map(showType);
    const list = member ? `${shown[0]}.(${shown.slice(1).join(', ')})` : `(${shown.join(', ')})`;
    return this.report(at, `found no matching overload for '${name}' applied to '${list}'`);
  }

  /** The first place at or behind `from` that is neither space nor a closing bracket: where an operator stands. */
  private operatorAt(from: number): number {
    let at = from;
    while (/[\s)]/.test(this.text[at] ?? 'x')) at++;
    return at;
  }

  typeOf(node: Node, scope: Scope): CelType {
    switch (node.op) {
      case 'value':
        return literal(node.args);
      case 'id':
        return this.identifier(node, scope);
      case '.':
      case '.?':
        return this.select(node, scope);
      case '[]':
      case '[?]':
        return this.index(node, scope);
      case 'list':
        return this.list(node, scope);
      case 'map':
        return this.map(node, scope);
      case 'call':
        return this.call(node, scope);
      case 'rcall':
        return this.method(node, scope);
      case '?:':
        return this.conditional(node, scope);
      case '!_':
      case '-_':
        return this.operator(node.op, node.pos, [this.typeOf(node.args, scope)]);
      default:
        return this.binary(node, scope);
    }
  }

  private identifier(node: Node<'id'>, scope: Scope): CelType {
    const name = node.args;
    if (Object.hasOwn(scope, name)) return scope[name]!;
    return TYPE_NAMES.has(name) ? 'type' : this.undeclared(name, node.pos);
  }

  private select(node: Node<'.' | '.?'>, scope: Scope): CelType {
    const [operand, name] = node.args;
    const type = this.typeOf(operand, scope);
    if (isDynamic(type) && node.op === '.') return type;
    // an optional, which the functions for them take
    if (node.op === '.?') return UNKNOWN;
    const at = this.text.lastIndexOf('.', node.pos);
    if (typeof type !== 'string' && type.type === 'map') return type.value;
    if (typeof type !== 'string' && type.type === 'object')
      return type.fields.get(name) ?? this.report(at, `undefined field '${name}'`);
    return this.report(at, `type '${showType(type)}' does not support field selection`);
  }

  private index(node: Node<'[]' | '[?]'>, scope: Scope): CelType {
    const [operand, key] = node.args;
    const type = this.typeOf(operand, scope);
    const by = this.typeOf(key, scope);
    if (node.op === '[?]') return UNKNOWN;
    if (isDynamic(type)) return type;
    if (typeof type !== 'string' && type.type === 'list' && unify('int', by)) return type.item;
    if (typeof type !== 'string' && type.type === 'map' && unify(type.key, by)) return type.value;
    return this.mismatch('_[_]', this.operatorAt(operand.end), [type, by]);
  }

  /** Items of a list, keys or values of a map: all of one type. */
  private common(nodes: readonly Node[], scope: Scope): CelType {
    let type: CelType | undefined;
    for (const node of nodes) {
      const own = this.typeOf(node, scope);
      const both: CelType | undefined = type === undefined ? own : unify(type, own);
      if (both === undefined) this.report(node.pos, `expected type '${showType(type!)}' but found '${showType(own)}'`);
      else type = both;
    }
    return type ?? 'dyn';
  }

  private list(node: Node<'list'>, scope: Scope): CelType {
    return listOf(this.common(node.args, scope));
  }

  private map(node: Node<'map'>, scope: Scope): CelType {
    const entries = node.args;
    return mapOf(
      this.common(
        entries.map(([key]) => key),
        scope,
      ),
      this.common(
        entries.map(([, value]) => value),
        scope,
      ),
    );
  }

  private conditional(node: Node<'?:'>, scope: Scope): CelType {
    const [test, yes, no] = node.args;
    const types = [this.typeOf(test, scope), this.typeOf(yes, scope), this.typeOf(no, scope)] as const;
    const result = unify(types[1], types[2]);
    if (result !== undefined && unify('bool', types[0])) return result;
    return this.mismatch('_?_:_', this.operatorAt(test.end), types);
  }

  private operator(name: string, at: number, types: readonly CelType[]): CelType {
    return resolve(OPERATORS[name] ?? [], types) ?? this.mismatch(name, at, types);
  }

  private binary(node: Exclude<Node, Node<NotBinary>>, scope: Scope): CelType {
    const [left, right] = node.args;
    const types = [this.typeOf(left, scope), this.typeOf(right, scope)] as const;
    const at = this.operatorAt(left.end);
    const name = node.op === 'in' ? '@in' : `_${node.op}_`;
    if (node.op === '==' || node.op === '!=')
      return unify(...types) === undefined ? this.mismatch(name, at, types) : 'bool';
    if (node.op !== 'in') return this.operator(name, at, types);
    const [item, range] = types;
    if (isDynamic(range)) return 'bool';
    const of =
      typeof range === 'string'
        ? undefined
        : range.type === 'list'
          ? range.item
          : range.type === 'map'
            ? range.key
            : undefined;
    return of === undefined || unify(of, item) === undefined ? this.mismatch(name, at, types) : 'bool';
  }

  private call(node: Node<'call'>, scope: Scope): CelType {
    const [name, parameters] = node.args;
    if (name === 'has') return (void this.typeOf(parameters[0]!, scope), 'bool');
    const types = parameters.map((parameter) => this.typeOf(parameter, scope));
    const at = this.text.indexOf('(', node.pos);
    if (name === 'size') return this.size(at, types, false);
    if (Object.hasOwn(FUNCTIONS, name)) return resolve(FUNCTIONS[name]!, types) ?? this.mismatch(name, at, types);
    return OTHER_NAMES.has(name)
      ? name === 'type'
        ? 'type'
        : name === 'dyn'
          ? 'dyn'
          : UNKNOWN
      : this.undeclared(name, at);
  }

  private size(at: number, types: readonly CelType[], member: boolean): CelType {
    const [type] = types;
    const sized =
      type !== undefined &&
      types.length === 1 &&
      (isDynamic(type) || typeof type !== 'string' || type === 'string' || type === 'bytes');
    return sized && !(typeof type !== 'string' && type.type === 'object')
      ? 'int'
      : this.mismatch('size', at, types, member);
  }

  private method(node: Node<'rcall'>, scope: Scope): CelType {
    const [name, receiver, parameters] = node.args;
    const space = receiver.op === 'id' && NAMESPACES.has(receiver.args) && !Object.hasOwn(scope, receiver.args);
    if (space && name === 'bind' && nameOf(receiver) === 'cel') {
      const bound = { ...scope, [nameOf(parameters[0])]: this.typeOf(parameters[1]!, scope) };
      return this.typeOf(parameters[2]!, bound);
    }
    if (!space && this.isMacro(name, parameters)) return this.macro(node, scope);
    const at = this.text.indexOf('(', this.text.indexOf(name, receiver.end));
    const types = parameters.map((parameter) => this.typeOf(parameter, scope));
    if (space) return UNKNOWN;
    const own = this.typeOf(receiver, scope);
    if (own === ERROR) return ERROR;
    types.unshift(own);
    if (name === 'size') return this.size(at, types, true);
    if (Object.hasOwn(METHODS, name)) return resolve(METHODS[name]!, types) ?? this.mismatch(name, at, types, true);
    return OTHER_NAMES.has(name) ? UNKNOWN : this.undeclared(name, at);
  }

  private isMacro(name: string, parameters: readonly Node[]): boolean {
    if (parameters[0]?.op !== 'id') return false;
    if (ONE_NAME.has(name) && parameters.length === 2) return true;
    return (
      (name === 'map' && parameters.length === 3) ||
      (BOTH_NAMES.has(name) && parameters[1]?.op === 'id' && parameters.length >= 3)
    );
  }

  private macro(node: Node<'rcall'>, scope: Scope): CelType {
    const [name, receiver, parameters] = node.args;
    const range = this.typeOf(receiver, scope);
    const dynamic = isDynamic(range) || name.startsWith('opt');
    const iterated = typeof range !== 'string' && (range.type === 'list' || range.type === 'map') ? range : undefined;
    if (!dynamic && !iterated) {
      return this.report(
        receiver.pos,
        `expression of type '${showType(range)}' cannot be range of a comprehension (must be list, map, or dynamic)`,
      );
    }
    const names = BOTH_NAMES.has(name) && parameters.length >= 3 && parameters[1]!.op === 'id' ? 2 : 1;
    const key: CelType = !iterated
      ? 'dyn'
      : iterated.type === 'map'
        ? iterated.key
        : names === 2
          ? 'int'
          : iterated.item;
    const inner = { ...scope, [nameOf(parameters[0])]: key };
    if (names === 2)
      inner[nameOf(parameters[1])] = !iterated ? 'dyn' : iterated.type === 'map' ? iterated.value : iterated.item;
    const types = parameters.slice(names).map((parameter) => this.typeOf(parameter, inner));
    if (name === 'all' || name.startsWith('exists')) {
      const at = this.text.indexOf('(', this.text.indexOf(name, receiver.end));
      if (unify('bool', types[0]!) === undefined)
        return this.mismatch(name === 'all' ? '_&&_' : name === 'exists' ? '_||_' : '_?_:_', at, ['bool', types[0]!]);
      return 'bool';
    }
    if (name === 'filter' || name === 'sortBy')
      return range === ERROR ? 'dyn' : iterated?.type === 'map' ? listOf(iterated.key) : range;
    return name === 'map' || name === 'transformList' ? listOf(types.at(-1)!) : UNKNOWN;
  }
}

function literal(value: unknown): CelType {
  if (value === null) return 'null';
  if (typeof value === 'bigint') return 'int';
  if (typeof value === 'number') return 'double';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'string') return 'string';
  return value instanceof Uint8Array ? 'bytes' : 'uint';
}

/** What an expression gives; `error` says in cel-go's words why it does not compile. */
export interface Checked {
  type: CelType;
  error?: string;
}

/**
 * Reads an expression and follows the types of what it knows; of the objects of a cluster nothing is known before it runs.
 * @param variables names and types that the expression may use
 * @param returns names of the types that it may give; empty: any
 */
export function checkCel(expression: string, variables: Scope, returns: readonly string[]): Checked {
  let ast: Node;
  try {
    ast = compileCel(expression).ast;
  } catch (error) {
    return { type: ERROR, error: `compilation failed: ${celSyntaxError(error as Error, expression)}` };
  }
  const checker = new Checker(expression);
  const type = checker.typeOf(ast, variables);
  if (checker.issues.length) {
    const problems = checker.issues
      .sort((a, b) => a.at - b.at)
      .map(({ at, text }) => ({ ...placeOf(expression, at), text }));
    return { type: ERROR, error: `compilation failed: ${showProblems(expression, problems)}` };
  }
  const got = typeName(type);
  if (returns.length === 0 || type === UNKNOWN || returns.includes(got)) return { type };
  const wanted =
    returns.length === 1 ? `must evaluate to ${returns[0]}` : `must evaluate to one of [${returns.join(' ')}]`;
  return { type, error: `${wanted} but got ${got}` };
}
