import type { Pod } from '../../../schema/types.ts';
import type { Rejection } from '../admission/admission.ts';
import { rejectedStatus } from '../admission/rejected-status.ts';
import type { AgentContext } from './agent-context.ts';
import { StatusReporter } from './status-reporter.ts';

/**
 * Says of a pod that the node does not take it, until the API has heard it.
 * @param shown the API's object of it, which another one is made after
 */
export function rejectPod(
  pod: Pod,
  rejection: Rejection,
  context: AgentContext,
  shown = (): Pod | undefined => pod,
): void {
  context.events.event(pod, 'Warning', rejection.reason, rejection.message);
  new StatusReporter(shown, context).report(rejectedStatus(pod, rejection, context.clock.now()));
}
