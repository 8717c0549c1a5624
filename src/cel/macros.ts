import { ACCUMULATOR, type Call, type Comprehension, type Ident, type List, type Literal, type Node } from './ast.ts';
import type { Value } from './values.ts';

/** What a macro cannot be given. */
export class MacroError {
  constructor(
    readonly at: number,
    readonly text: string,
  ) {}
}
type Macro = (make: Make, target: Node, args: readonly Node[]) => Node | MacroError;

/** Makes the nodes that a macro unfolds to; all stand where the macro stands. */
class Make {
  constructor(
    private readonly at: number,
    private readonly depth: number,
  ) {}
  literal(value: Value): Literal {
    return { kind: 'literal', at: this.at, depth: this.depth, value };
  }
  ident(name: string): Ident {
    return { kind: 'ident', at: this.at, depth: this.depth, name };
  }
  accumulator(): Ident {
    return this.ident(ACCUMULATOR);
  }
  list(...items: Node[]): List {
    return { kind: 'list', at: this.at, depth: this.depth, items, optional: NONE };
  }
  map(): Node {
    return { kind: 'map', at: this.at, depth: this.depth, entries: [] };
  }
  call(name: string, ...args: Node[]): Call {
    return { kind: 'call', at: this.at, depth: this.depth, name, target: undefined, args };
  }
  member(name: string, target: Node, ...args: Node[]): Call {
    return { kind: 'call', at: this.at, depth: this.depth, name, target, args };
  }
  loop(
    range: Node,
    names: readonly string[],
    parts: Pick<Comprehension, 'start' | 'condition' | 'step' | 'result'>,
  ): Comprehension {
    const [name = '', second] = names;
    return {
      kind: 'comprehension',
      at: this.at,
      depth: this.depth,
      range,
      name,
      second,
      accumulator: ACCUMULATOR,
      ...parts,
    };
  }
  /** `name` stands for `value` in `result`: a loop over nothing. */
  bind(name: string, value: Node, result: Node): Comprehension {
    const { at, depth } = this;
    const [condition, step] = [this.literal(false), this.ident(name)];
    return {
      kind: 'comprehension',
      at,
      depth,
      range: this.list(),
      name: '#unused',
      second: undefined,
      accumulator: name,
      start: value,
      condition,
      step,
      result,
    };
  }
}
const NONE: ReadonlySet<number> = new Set();

const OVERWRITES = 'iteration variable overwrites accumulator variable';
/** The names that a macro binds, from its first arguments. */
function namesOf(args: readonly Node[], count: number, otherwise: string): string[] | MacroError {
  const names: string[] = [];
  for (const arg of args.slice(0, count)) {
    if (arg.kind !== 'ident') return new MacroError(arg.at, otherwise);
    if (names.includes(arg.name)) return new MacroError(arg.at, `duplicate variable name: ${arg.name}`);
    names.push(arg.name);
  }
  const taken = names.findIndex((name) => name === ACCUMULATOR || name === '__result__');
  return taken < 0 ? names : new MacroError((args[taken] as Node).at, OVERWRITES);
}

type Quantify = (make: Make, predicate: Node) => Parameters<Make['loop']>[2];
const all: Quantify = (make, predicate) => ({
  start: make.literal(true),
  condition: make.call('@not_strictly_false', make.accumulator()),
  step: make.call('_&&_', make.accumulator(), predicate),
  result: make.accumulator(),
});
const exists: Quantify = (make, predicate) => ({
  start: make.literal(false),
  condition: make.call('@not_strictly_false', make.call('!_', make.accumulator())),
  step: make.call('_||_', make.accumulator(), predicate),
  result: make.accumulator(),
});
const existsOne: Quantify = (make, predicate) => ({
  start: make.literal(0),
  condition: make.literal(true),
  step: make.call('_?_:_', predicate, make.call('_+_', make.accumulator(), make.literal(1)), make.accumulator()),
  result: make.call('_==_', make.accumulator(), make.literal(1)),
});
const quantifier =
  (quantify: Quantify, count: number): Macro =>
  (make, target, args) => {
    const names = namesOf(args, count, 'argument must be a simple name');
    return names instanceof MacroError ? names : make.loop(target, names, quantify(make, args[count] as Node));
  };

/** A loop that gathers a list or a map: `gather` adds to it, where `filter` holds. */
function gathering(make: Make, start: Node, gather: Node, filter: Node | undefined): Parameters<Make['loop']>[2] {
  const step = filter ? make.call('_?_:_', filter, gather, make.accumulator()) : gather;
  return { start, condition: make.literal(true), step, result: make.accumulator() };
}
const listing =
  (count: number, otherwise: string): Macro =>
  (make, target, args) => {
    const names = namesOf(args, count, otherwise);
    if (names instanceof MacroError) return names;
    const gather = make.call('_+_', make.accumulator(), make.list(args.at(-1) as Node));
    return make.loop(
      target,
      names,
      gathering(make, make.list(), gather, args.length - count === 2 ? args[count] : undefined),
    );
  };
const NO_IDENTIFIER = 'argument is not an identifier';
const map = listing(1, NO_IDENTIFIER);
const filter: Macro = (make, target, args) => {
  const [item, predicate] = args as [Node, Node];
  return map(make, target, [item, predicate, item]);
};
const mapping =
  (entries: boolean): Macro =>
  (make, target, args) => {
    const names = namesOf(args, 2, 'argument must be a simple name');
    if (names instanceof MacroError) return names;
    const value = args.at(-1) as Node;
    const more = entries ? [value] : [make.ident(names[0] as string), value];
    const gather = make.call('cel.@mapInsert', make.accumulator(), ...more);
    return make.loop(target, names, gathering(make, make.map(), gather, args.length === 4 ? args[2] : undefined));
  };

const optional =
  (name: string, wrap: (make: Make, value: Node) => Node): Macro =>
  (make, target, args) => {
    const [variable, value] = args as [Node, Node];
    if (variable.kind !== 'ident')
      return new MacroError(variable.at, `${name}() variable name must be a simple identifier`);
    const bound = make.bind(variable.name, make.member('value', target), value);
    return make.call('_?_:_', make.member('hasValue', target), wrap(make, bound), make.call('optional.none'));
  };

const SORTED = '@__sortBy_input__';
const SORTABLE = new Set<Node['kind']>(['list', 'select', 'ident', 'comprehension', 'call']);
const sortBy: Macro = (make, target, args) => {
  if (!SORTABLE.has(target.kind))
    return new MacroError(
      target.at,
      'sortBy can only be applied to a list, identifier, comprehension, call or select expression',
    );
  const keys = map(make, make.ident(SORTED), args);
  if (keys instanceof MacroError) return keys;
  return make.bind(SORTED, target, make.member('@sortByAssociatedKeys', make.ident(SORTED), keys));
};

/** Macros by name and number of arguments. */
const MACROS: ReadonlyMap<string, Macro> = new Map(
  Object.entries({
    'all/2': quantifier(all, 1),
    'all/3': quantifier(all, 2),
    'exists/2': quantifier(exists, 1),
    'exists/3': quantifier(exists, 2),
    'exists_one/2': quantifier(existsOne, 1),
    'exists_one/3': quantifier(existsOne, 2),
    'existsOne/3': quantifier(existsOne, 2),
    'map/2': map,
    'map/3': map,
    'filter/2': filter,
    'transformList/3': listing(2, 'argument must be a simple name'),
    'transformList/4': listing(2, 'argument must be a simple name'),
    'transformMap/3': mapping(false),
    'transformMap/4': mapping(false),
    'transformMapEntry/3': mapping(true),
    'transformMapEntry/4': mapping(true),
    'optMap/2': optional('optMap', (make, value) => make.call('optional.of', value)),
    'optFlatMap/2': optional('optFlatMap', (_, value) => value),
    'sortBy/2': sortBy,
  }),
);

/** `cel.bind(name, value, result)`, which not all expressions have. */
const bind: Macro = (make, _, args) => {
  const [variable, value, result] = args as [Node, Node, Node];
  if (variable.kind !== 'ident')
    return new MacroError(variable.at, 'cel.bind() variable names must be simple identifiers');
  return make.bind(variable.name, value, result);
};

/** What `target.name(args)` unfolds to, if that is a macro. @param binds is `cel.bind` one? */
export function unfold(
  name: string,
  target: Node,
  args: readonly Node[],
  at: number,
  depth: number,
  binds: boolean,
): Node | MacroError | undefined {
  if (binds && name === 'bind' && args.length === 3 && target.kind === 'ident' && target.name === 'cel')
    return bind(new Make(at, depth), target, args);
  return MACROS.get(`${name}/${args.length}`)?.(new Make(at, depth), target, args);
}

/** `has(a.b)` */
export function unfoldHas(arg: Node, at: number, depth: number): Node | MacroError {
  if (arg.kind !== 'select') return new MacroError(arg.at, 'invalid argument to has() macro');
  return { kind: 'select', at, depth, operand: arg.operand, field: arg.field, test: true };
}
