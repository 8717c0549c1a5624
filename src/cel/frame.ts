import type { Call, Node } from './ast.ts';
import type { Overload } from './overload.ts';
import type { Value } from './values.ts';

/** One evaluation. */
export interface Frame {
  cost: number;
  readonly limit: number;
  /** what comprehensions bind */
  readonly slots: Value[];
  readonly variables: Readonly<Record<string, unknown>>;
}
export type Run = (frame: Frame) => Value;

/** A part of an expression, ready to run. */
export interface Compiled {
  readonly run: Run;
  /** of names and their fields: the value without the cost of the name */
  readonly resolve?: Run;
  /** of `?:`: fields that are taken of it have no cost of a name either */
  readonly free?: boolean;
  /** of what is the same each time */
  readonly value?: Value;
}

/** An evaluation that costs more than it may. */
export class CostExceeded extends Error {
  constructor() {
    super('operation cancelled: actual cost limit exceeded');
  }
}

export function charge(frame: Frame, cost: number): void {
  frame.cost += cost;
  if (frame.cost > frame.limit) throw new CostExceeded();
}

/** Which place of a frame a name that a comprehension binds has. */
export class Scope {
  private readonly names = new Map<string, Run[]>();
  private next = 0;

  get size(): number {
    return this.next;
  }
  slot(): number {
    return this.next++;
  }
  read(name: string): Run | undefined {
    return this.names.get(name)?.at(-1);
  }
  /** `name` means `read` while `body` is compiled. */
  within<T>(name: string, read: Run, body: () => T): T {
    const stack = this.names.get(name) ?? [];
    this.names.set(name, stack);
    stack.push(read);
    const result = body();
    stack.pop();
    return result;
  }
}

/** What compiles the parts of an expression. */
export interface Parts {
  readonly scope: Scope;
  compile(node: Node): Compiled;
  run(node: Node): Run;
  /** what a field or an item is taken of: of a name it is one step more, of anything else a name of its own */
  base(node: Node): Run;
  /** the overloads that a call may come to when it runs */
  overloads(call: Call): readonly Overload[];
}

export const constant = (value: Value): Compiled => ({ run: () => value, value });
/** A name, or fields of a name or a value: costs 1 as a whole, where it stands for itself. @param free it does not */
export const attribute = (resolve: Run, free = false): Compiled =>
  free
    ? { resolve, run: resolve, free }
    : {
        resolve,
        run: (frame) => {
          const value = resolve(frame);
          charge(frame, 1);
          return value;
        },
      };
