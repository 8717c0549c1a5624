import type { StrategyContext } from '../../kinds/kind.ts';
import { judge, type Case, type Verdict } from '../validation/judge.ts';
import type { Operation } from './operation.ts';

/**
 * What the kind's rules say of an object. One of very many values is judged in a thread beside the event loop, where there
 * is one; those of short requests are not even counted.
 */
export function verdictOn(
  { core, target, pace }: Operation,
  judged: Case,
  ctx: StrategyContext,
): Verdict | Promise<Verdict> {
  const { kind } = target;
  const { validation } = core;
  if (pace.long && validation?.takes(kind, judged)) return validation.judge(kind, judged, ctx, pace);
  return pace.run(judge(kind, judged, ctx));
}
