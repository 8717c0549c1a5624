import { CelError, Lazy, type Value } from '../../../cel/values.ts';
import type { Composition } from '../../../kinds/cel/admission.ts';
import { CALL_LIMIT } from '../../../kinds/cel/limits.ts';

/** What expressions of webhooks and policies may use, by name. */
export type Bindings = Readonly<Record<string, unknown>>;

/** `variables` of a policy: each is worked out when an expression asks for it, once for each request. */
export class Composed extends Lazy {
  readonly typeName = 'kubernetes.variables';
  private readonly values = new Map<string, Value>();
  private cost = 0;

  constructor(
    private readonly composition: Composition,
    private readonly bindings: Bindings,
  ) {
    super();
  }

  /** What variables cost since this was asked last. */
  takeCost(): number {
    const { cost } = this;
    this.cost = 0;
    return cost;
  }
  has(name: string): boolean {
    return this.composition.programs.has(name);
  }
  field(name: string): Value | undefined {
    const known = this.values.get(name);
    if (known !== undefined) return known;
    const compiled = this.composition.programs.get(name);
    if (!compiled) return undefined;
    const value = 'error' in compiled ? uncompiled(name, compiled.error) : this.run(name, compiled);
    this.values.set(name, value);
    return value;
  }
  private run(
    name: string,
    { program }: Extract<ReturnType<Composition['programs']['get']>, { program: unknown }>,
  ): Value {
    const { value, cost } = program.run({ ...this.bindings, variables: this }, CALL_LIMIT);
    this.cost += cost;
    return value instanceof CelError
      ? new CelError(`composited variable ${JSON.stringify(name)} fails to evaluate: ${value.message}`)
      : value;
  }
  equals(other: unknown): boolean {
    return this === other;
  }
}
const uncompiled = (name: string, why: string): CelError =>
  new CelError(`composited variable ${JSON.stringify(name)} fails to compile: ${why}`);
