import type { Pod } from '../../../schema/types.ts';
import type { Rejection } from '../admission/admission.ts';
import { rejectedStatus } from '../admission/rejected-status.ts';
import type { AgentContext } from './agent-context.ts';
import { StatusReporter } from './status-reporter.ts';

/** Says of a pod that the node does not take it, until the API has heard it. */
export function rejectPod(pod: Pod, rejection: Rejection, context: AgentContext): void {
  context.events.event(pod, 'Warning', rejection.reason, rejection.message);
  new StatusReporter(() => pod, context).report(rejectedStatus(pod, rejection, context.clock.now()));
}
