import type { StrategyContext } from '../../kinds/kind.ts';
import { judge, type Case, type Verdict } from '../validation/judge.ts';
import type { Operation } from './operation.ts';

/**
 * What the kind's rules say of an object. One that has kept others waiting already, and has very many values, is judged
 * in a thread beside the event loop, where there is one.
 */
export function verdictOn(
  { core, target, pace }: Operation,
  judged: Case,
  ctx: StrategyContext,
): Verdict | Promise<Verdict> {
  const { kind } = target;
  const { validation } = core;
  if (pace.paused && validation?.takes(kind, judged)) return validation.judge(kind, judged, ctx, pace);
  return pace.run(judge(kind, judged, ctx));
}
