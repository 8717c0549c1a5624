import type { Call, Ident, List, MapNode, Node, Select, Struct } from './ast.ts';
import { compileCall, ConstantError } from './compile-call.ts';
import { compileLoop } from './compile-loop.ts';
import { LIST_COST, MAP_COST, STRUCT_COST } from './cost.ts';
import { attribute, charge, constant, Scope, type Compiled, type Frame, type Parts, type Run } from './frame.ts';
import type { Dialect } from './dialect.ts';
import type { Overload } from './overload.ts';
import { index } from './select.ts';
import { adapt, CelError, CelMap, error, keyOf, Optional, type Value } from './values.ts';

/**
 * Turns a checked expression into functions that call each other. Each counts what cel-go counts for the same step: a
 * name or a field 1, a list 10, a map 30, constants nothing, calls as their overload says. A branch of `?:` that is a
 * name counts its fields alone.
 */
class Compiler implements Parts {
  /** what a macro put in two places is compiled once for each scope in which it stands */
  private readonly done = new Map<Node, Compiled>();

  readonly scope = new Scope();

  constructor(private readonly dialect: Dialect) {}

  compile(node: Node): Compiled {
    let compiled = this.done.get(node);
    if (!compiled) this.done.set(node, (compiled = this.make(node)));
    return compiled;
  }
  run(node: Node): Run {
    return this.compile(node).run;
  }

  private make(node: Node): Compiled {
    switch (node.kind) {
      case 'literal':
        return constant(node.value);
      case 'ident':
        return this.ident(node);
      case 'select':
        return this.select(node);
      case 'call':
        return compileCall(this, node);
      case 'list':
        return this.list(node);
      case 'map':
        return this.map(node);
      case 'comprehension':
        return compileLoop(this, node);
      case 'struct':
        return this.struct(node);
    }
  }

  private ident(node: Ident): Compiled {
    if (node.constant !== undefined) return constant(node.constant);
    if (node.unknown !== undefined) throw undefinedType(node.unknown);
    const name = node.name.startsWith('.') ? node.name.slice(1) : node.name;
    return attribute(this.scope.read(name) ?? variable(name));
  }

  private select(node: Select): Compiled {
    if (node.constant !== undefined) return constant(node.constant);
    if (node.unknown !== undefined) throw undefinedType(node.unknown);
    if (node.variable !== undefined) return attribute(variable(node.variable));
    const { field, test } = node;
    const resolve = index(this.base(node.operand), constant(keyIn(node.operand, field)), false, test, field);
    // asking whether a field is there costs what the field costs, not more
    return attribute(resolve, test || this.compile(node.operand).free);
  }

  base(node: Node): Run {
    const { resolve, run } = this.compile(node);
    return resolve ?? run;
  }
  overloads({ name, overloads = [], target, args }: Call): readonly Overload[] {
    if (overloads.length === 1) return overloads;
    const count = args.length + (target ? 1 : 0);
    return (this.dialect.functions.get(name)?.overloads ?? []).filter(
      ({ member, parameters }) => member === (target !== undefined) && parameters.length === count,
    );
  }

  private list(node: List): Compiled {
    const items = node.items.map((item) => this.compile(item));
    const values = items.flatMap(({ value }) => (value === undefined ? [] : [value]));
    if (values.length === items.length && node.optional.size === 0) return constant(values);
    const runs = items.map(({ run }) => run);
    const { optional } = node;
    return {
      run: (frame) => {
        const made = gather(frame, runs, optional);
        charge(frame, LIST_COST);
        return made;
      },
    };
  }

  private map(node: MapNode): Compiled {
    const entries = node.entries.map(({ key, value, optional }) => ({
      key: this.compile(key),
      value: this.compile(value),
      optional,
    }));
    const fixed = entries.every(
      ({ key, value, optional }) => key.value !== undefined && value.value !== undefined && !optional,
    );
    const gathered: Run = (frame) => {
      const made = new CelMap();
      for (const { key, value, optional } of entries) {
        const k = key.run(frame);
        if (k instanceof CelError) return k;
        let v = value.run(frame);
        if (v instanceof CelError) return v;
        const at = keyOf(k);
        if (at === undefined) return error('unsupported key type');
        if (optional) {
          if (!(v instanceof Optional)) return notOptional('entry', v);
          if (!v.present) {
            made.entries.delete(at);
            continue;
          }
          v = v.value;
        }
        made.entries.set(at, [k, v]);
      }
      return made;
    };
    if (fixed) return constant(gathered(NO_FRAME));
    return {
      run: (frame) => {
        const made = gathered(frame);
        charge(frame, MAP_COST);
        return made;
      },
    };
  }

  private struct(node: Struct): Compiled {
    const found = this.dialect.structs?.find(node.name.replace(/^\./, ''));
    if (!found) throw new ConstantError(`unknown type: ${node.name}`);
    const fields = node.fields.map(({ name, value, optional }) => ({ name, run: this.run(value), optional }));
    return {
      run: (frame) => {
        const made = new Map<string, Value>();
        for (const { name, run, optional } of fields) {
          let value = run(frame);
          if (value instanceof CelError) return value;
          if (optional) {
            if (!(value instanceof Optional)) return notOptional('entry', value);
            if (!value.present) {
              made.delete(name);
              continue;
            }
            ({ value } = value);
          }
          made.set(name, value);
        }
        charge(frame, STRUCT_COST);
        return found.make(made);
      },
    };
  }
}
const undefinedType = (name: string): ConstantError => new ConstantError(`reference to undefined type: ${name}`);

/** The items of a list up to the first that fails, which is then the whole. */
function gather(frame: Frame, runs: readonly Run[], optional: ReadonlySet<number>): Value {
  const made: Value[] = [];
  for (let i = 0; i < runs.length; i++) {
    let value = (runs[i] as Run)(frame);
    if (value instanceof CelError) return value;
    if (optional.has(i)) {
      if (!(value instanceof Optional)) return notOptional('list element', value);
      if (!value.present) continue;
      ({ value } = value);
    }
    made.push(value);
  }
  return made;
}
const NO_FRAME = { cost: 0, limit: 0, slots: [], variables: {} };
const notOptional = (what: string, value: Value): CelError =>
  value instanceof CelError ? value : error(`cannot initialize optional ${what} from non-optional value`);

const variable =
  (name: string): Run =>
  ({ variables }) => {
    const value = variables[name];
    return value === undefined ? error(`no such attribute(s): ${name}`) : adapt(value);
  };
/** The name of a field as the value has it. */
function keyIn(operand: Node, field: string): string {
  return operand.type?.fields?.get(field)?.key ?? field;
}

/** A checked expression, ready to run. Throws ConstantError for a constant in it that cannot be. */
export function compileNode(node: Node, dialect: Dialect): Run {
  return new Compiler(dialect).run(node);
}
