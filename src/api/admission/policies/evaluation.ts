import type { Variables } from '../../../cel/check.ts';
import type { Program } from '../../../cel/expression.ts';
import { CelError, type Value } from '../../../cel/values.ts';
import { compileFor, type Composition } from '../../../kinds/cel/admission.ts';
import { CALL_LIMIT } from '../../../kinds/cel/limits.ts';
import { Pace } from '../../write/pace.ts';
import { Composed, type Bindings } from './composed.ts';

const SPENT = 'validation failed due to running out of cost budget, no further validation rules will be run';
/** Of expressions that together cost more than they may. */
export class OutOfBudget extends Error {
  constructor() {
    super(SPENT);
  }
}

/** Expressions on one request that share a budget, and the variables of their policy. */
export class Evaluation {
  private readonly composed: Composed | undefined;
  private readonly pace = new Pace();
  constructor(
    private readonly bindings: Bindings,
    composition: Composition | undefined,
    private budget: number,
  ) {
    this.composed = composition && new Composed(composition, bindings);
  }
  get left(): number {
    return this.budget;
  }
  /**
   * The value; CelError where it has none, in the words of the API server. Others have their turn before it, and while it
   * is read. Throws OutOfBudget.
   */
  async run(expression: string, variables: Variables, returns: readonly string[]): Promise<Value> {
    if (this.pace.due) await this.pace.turn();
    const compiled = await this.pace.run(compileFor(expression, variables, returns));
    return 'error' in compiled
      ? new CelError(`compilation error: ${compiled.error}`)
      : this.evaluate(expression, compiled.program);
  }

  /** The same of what is compiled. */
  evaluate(expression: string, program: Program): Value {
    const known = this.composed ? { ...this.bindings, variables: this.composed } : this.bindings;
    const { value, cost } = program.run(known, CALL_LIMIT);
    this.budget -= cost + (this.composed?.takeCost() ?? 0);
    if (this.budget < 0) throw new OutOfBudget();
    return value instanceof CelError
      ? new CelError(`expression '${expression}' resulted in error: ${value.message}`)
      : value;
  }
}
