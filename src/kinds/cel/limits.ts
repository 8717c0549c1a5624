/** The most that expressions may cost, in the units of cel-go: 1 is some 50 ns of Go. Source: k8s.io/apiserver pkg/apis/cel. */

/** One run of an expression. */
export const CALL_LIMIT = 1_000_000;
/** All rules on one object, or all expressions of a policy with a binding on one request. */
export const REQUEST_BUDGET = 10_000_000;
/** The conditions of a webhook or a policy on one request. */
export const CONDITIONS_BUDGET = REQUEST_BUDGET / 4;
/** What a rule may be estimated to cost at most, as often as it may run on one object. */
export const RULE_LIMIT = 10_000_000;
/** All rules of a version of a definition. */
export const DEFINITION_LIMIT = 100_000_000;
/** Bytes of a message that an expression makes. */
export const MAX_MESSAGE = 5 * 1024;

/** By how much an estimate is too large, and what helps. */
export function overBudget(what: string, cost: number, limit: number): string {
  const times = cost / limit;
  const factor = times > 100 ? 'more than 100x' : `${times.toFixed(times < 1.5 ? 6 : 1)}x`;
  return `${what} exceeds budget by factor of ${factor} (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)`;
}
