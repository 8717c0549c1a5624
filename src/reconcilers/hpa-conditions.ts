import type { HorizontalPodAutoscalerCondition } from '../../schema/types.ts';
import { present } from '../meta/present.ts';

/** Conditions of an autoscaler, in the order in which they were set first. */
export class Conditions {
  readonly list: HorizontalPodAutoscalerCondition[];
  /** @param now RFC 3339 */
  constructor(
    old: readonly HorizontalPodAutoscalerCondition[],
    private readonly now: string,
  ) {
    this.list = [...old];
  }

  set(type: string, status: string, reason: string, message: string): void {
    const at = this.list.findIndex((condition) => condition.type === type);
    const before = this.list[at];
    const lastTransitionTime = before?.status === status ? before.lastTransitionTime : this.now;
    const condition = { type, status, reason, message, ...present({ lastTransitionTime }) };
    if (before) this.list[at] = condition;
    else this.list.push(condition);
  }
}
