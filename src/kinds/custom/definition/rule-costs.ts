import { forbidden, type FieldError, type Path } from '../../../meta/field.ts';
import { DEFINITION_LIMIT, overBudget } from '../../cel/limits.ts';

/** So many of the most expensive rules are named, each of which is a hundredth of what is allowed at least. */
const NAMED = 4;
const LEAST = DEFINITION_LIMIT / 100;

/** What all rules of a version's schema may cost together. */
export class RuleCosts {
  private total = 0;
  private most: { at: Path; cost: number }[] = [];

  /** @param kept the schema is what it was before: what was allowed once stays so, rule by rule */
  constructor(readonly kept: boolean) {}

  count(at: Path, cost: number): void {
    this.total += cost;
    if (cost < LEAST) return;
    this.most = [...this.most, { at, cost }].sort((a, b) => b.cost - a.cost).slice(0, NAMED);
  }
  /** @param at of the schema */
  errors(at: Path): FieldError[] {
    if (this.total <= DEFINITION_LIMIT) return [];
    const part = 'contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema';
    const whole = 'x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema';
    return [
      ...this.most.map((rule) => forbidden(rule.at, part)),
      forbidden(at, overBudget(whole, this.total, DEFINITION_LIMIT)),
    ];
  }
}
