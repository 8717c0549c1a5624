import { ACCUMULATOR, type Call, type Comprehension, type Node } from './ast.ts';
import { LIST_COST } from './cost.ts';
import { typeName } from './library/conversions.ts';
import { attribute, charge, type Compiled, type Frame, type Parts, type Run } from './frame.ts';
import { adapt, CelError, CelMap, error, isList, isMap, keyOf, mapGet, mapKeys, type Value } from './values.ts';

/** Of a name that is bound and not worked out yet. */
const OPEN = error('not worked out');

/** A comprehension. A loop over nothing binds a name, and its value is worked out when it is first asked for. */
export function compileLoop(compiler: Parts, node: Comprehension): Compiled {
  const { scope } = compiler;
  const start = compiler.compile(node.start);
  const gathered = scope.slot();
  const gathers = node.accumulator === ACCUMULATOR;
  const read: Run =
    start.value === undefined
      ? (frame) => {
          const value = frame.slots[gathered] as Value;
          return value === OPEN ? (frame.slots[gathered] = start.run(frame)) : value;
        }
      : (frame) => frame.slots[gathered] as Value;
  const begin = (frame: Frame): void => {
    const { value } = start;
    // lists and maps grow in place: nobody else sees them
    if (value === undefined) frame.slots[gathered] = OPEN;
    else if (!gathers) frame.slots[gathered] = value;
    else if (isList(value)) frame.slots[gathered] = [];
    else frame.slots[gathered] = value instanceof CelMap ? new CelMap() : value;
  };
  const range = compiler.run(node.range);
  return scope.within(node.accumulator, read, () => {
    if (!gathers) {
      const result = compiler.run(node.result);
      return {
        run: (frame) => {
          begin(frame);
          return result(frame);
        },
      };
    }
    const [first, second] = [scope.slot(), scope.slot()];
    const body = scope.within(
      node.name,
      (frame) => frame.slots[first] as Value,
      () =>
        node.second === undefined
          ? bodyOf(compiler, node)
          : scope.within(
              node.second,
              (frame) => frame.slots[second] as Value,
              () => bodyOf(compiler, node),
            ),
    );
    const result = compiler.run(node.result);
    const each = (frame: Frame, key: Value, value: Value): boolean => {
      frame.slots[first] = key;
      frame.slots[second] = value;
      if (body.condition && body.condition(frame) === false) return false;
      frame.slots[gathered] = body.step(frame);
      return true;
    };
    const two = node.second !== undefined;
    return {
      run: (frame) => {
        const over = range(frame);
        if (over instanceof CelError) return over;
        begin(frame);
        if (isList(over)) {
          for (let i = 0; i < over.length; i++) {
            const item = adapt(over[i]);
            if (!(two ? each(frame, i, item) : each(frame, item, null))) break;
          }
        } else if (isMap(over)) {
          for (const key of mapKeys(over)) if (!each(frame, key, two ? (mapGet(over, key) as Value) : null)) break;
        } else return unlooped(over, two);
        return result(frame);
      },
    };
  });
}

const GO_TYPES: Readonly<Record<string, string>> = {
  'google.protobuf.Timestamp': 'Timestamp',
  'google.protobuf.Duration': 'Duration',
  null_type: 'Null',
};
/** What cannot be looped over, by the name of its type in cel-go. */
function unlooped(value: Value, two: boolean): CelError {
  const name = typeName(value);
  const type = `types.${GO_TYPES[name] ?? name.charAt(0).toUpperCase() + name.slice(1)}`;
  return error(two ? `unsupported comprehension range type: ${type}` : `got '${type}', expected iterable type`);
}

interface Body {
  readonly condition: Run | undefined;
  readonly step: Run;
}
function bodyOf(compiler: Parts, node: Comprehension): Body {
  const condition = compiler.compile(node.condition);
  return {
    condition: condition.value === true ? undefined : condition.run,
    step: growing(compiler, node.step) ?? compiler.run(node.step),
  };
}

const isGathered = (node: Node | undefined): boolean => node?.kind === 'ident' && node.name === ACCUMULATOR;

/** Steps that add one thing to what is gathered, in place; undefined for others. They cost what they would cost else. */
function growing(compiler: Parts, node: Node): Run | undefined {
  if (node.kind !== 'call' || node.target) return undefined;
  const [first, second, third] = node.args;
  if (node.name === '_?_:_' && isGathered(third)) {
    const grow = growing(compiler, second as Node);
    return grow && filtered(compiler.run(first as Node), grow, compiler.base(third as Node));
  }
  if (!isGathered(first)) return undefined;
  if (node.name === '_+_' && second?.kind === 'list' && second.items.length === 1 && second.optional.size === 0)
    return appending(compiler, node, second.items[0] as Node);
  return node.name === 'cel.@mapInsert' ? inserting(compiler, node) : undefined;
}
function filtered(filter: Run, grow: Run, unchanged: Run): Run {
  return (frame) => {
    const value = filter(frame);
    if (value === true) return grow(frame);
    if (value === false) return unchanged(frame);
    return value instanceof CelError ? value : error('no such overload');
  };
}
function appending(compiler: Parts, node: Call, item: Node): Run {
  const gathered = attribute(compiler.base(node.args[0] as Node)).run;
  const value = compiler.compile(item);
  // a list of one constant is a constant
  const cost = 1 + (value.value === undefined ? LIST_COST : 0);
  return (frame) => {
    const list = gathered(frame);
    const added = value.run(frame);
    charge(frame, cost);
    if (list instanceof CelError) return list;
    if (added instanceof CelError) return added;
    (list as Value[]).push(added);
    return list;
  };
}
function inserting(compiler: Parts, node: Call): Run {
  const [first, ...rest] = node.args;
  const gathered = attribute(compiler.base(first as Node)).run;
  const runs = rest.map((arg) => compiler.run(arg));
  const insert = (map: CelMap, key: Value, value: Value): Value => {
    const at = keyOf(key);
    if (at === undefined) return error('unsupported key type');
    if (map.entries.has(at)) return error(`insert failed: key ${String(at)} already exists`);
    map.entries.set(at, [key, value]);
    return map;
  };
  return (frame) => {
    const map = gathered(frame);
    if (map instanceof CelError) return map;
    const values = runs.map((run) => run(frame));
    charge(frame, 1);
    for (const value of values) if (value instanceof CelError) return value;
    const [key = null, value] = values;
    if (value !== undefined) return insert(map as CelMap, key, value);
    if (!isMap(key)) return error('no such overload');
    for (const own of mapKeys(key)) {
      const result = insert(map as CelMap, own, mapGet(key, own) as Value);
      if (result instanceof CelError) return result;
    }
    return map;
  };
}
