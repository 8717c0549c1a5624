import {
  getArgumentValues,
  locatedError,
  responsePathAsArray,
  type FieldNode,
  type GraphQLError,
  type GraphQLField,
  type GraphQLFormattedError,
  type GraphQLResolveInfo,
} from 'graphql';
import type { Budget } from '../budget.ts';
import type { OperationContext } from '../context.ts';
import { JsonWriter } from '../json-text.ts';
import type { compileArguments } from './arguments.ts';

export type Path = GraphQLResolveInfo['path'];
type Values = Record<string, unknown>;

/** A field with arguments, and how they are read of variables. */
export interface Asked {
  field: GraphQLField<unknown, unknown>;
  nodes: readonly FieldNode[];
  arguments: ReturnType<typeof compileArguments>;
}

/** Characters that are written between two looks at the clock: a look takes as long as some fields. */
const LOOK_EVERY = 4096;

/** One execution of a compiled operation: its answer so far, and the errors of fields that have none. */
export class Run {
  readonly out = new JsonWriter();
  readonly errors: GraphQLFormattedError[] = [];
  private readonly coerced = new Map<Asked, Values>();
  /** length of the text when the clock was looked at */
  private looked = 0;

  /** @param variables coerced */
  constructor(
    readonly variables: Readonly<Values>,
    readonly context: OperationContext,
    private readonly format: (error: GraphQLError) => GraphQLFormattedError,
  ) {}

  get budget(): Budget {
    return this.context.budget;
  }

  /** The arguments of a field, the same ones for all objects. Throws what graphql-js says is wrong with them. */
  argumentsOf(asked: Asked): Values {
    let values = this.coerced.get(asked);
    if (!values) {
      values = asked.arguments(this.variables) ?? getArgumentValues(asked.field, asked.nodes[0]!, this.variables);
      this.coerced.set(asked, values);
    }
    return values;
  }

  /** A field that failed is null, and its error one of the answer's. Throws what has ended the operation. */
  fail(error: unknown, nodes: readonly FieldNode[], path: Path): void {
    this.budget.check();
    this.errors.push(this.format(locatedError(error, nodes, responsePathAsArray(path))));
  }

  /** Between two objects: puts away what is written, and lets others have their turn. */
  pause(): Promise<void> | undefined {
    const spilled = this.out.spillLong();
    if (spilled) this.budget.write(spilled);
    this.looked = this.out.text.length;
    return this.budget.due ? this.budget.turn() : undefined;
  }

  /** The same between objects of which nothing was waited for: they take as long as their text. */
  pauseAfterText(): Promise<void> | undefined {
    const written = this.out.text.length - this.looked;
    // less than nothing: the text has been put away meanwhile
    return written < 0 || written >= LOOK_EVERY ? this.pause() : undefined;
  }
}
