import type { Pod } from '../../../schema/types.ts';
import { formatTime } from '../../meta/time.ts';
import { qosClass } from '../../rules/qos-class.ts';
import type { Rejection } from '../admission/admission.ts';
import type { AgentContext } from './agent-context.ts';
import { StatusReporter } from './status-reporter.ts';

/** What the kubelet says of a pod that it does not take: it failed, for good. Written until the API takes it. */
export function rejectPod(pod: Pod, { reason, message }: Rejection, context: AgentContext): void {
  context.events.event(pod, 'Warning', reason, message);
  const { generation } = pod.metadata;
  new StatusReporter(() => pod, context).report({
    ...(generation !== undefined && { observedGeneration: generation }),
    phase: 'Failed',
    reason,
    message: `Pod was rejected: ${message}`,
    startTime: pod.status?.startTime ?? formatTime(context.clock.now()),
    qosClass: pod.status?.qosClass ?? qosClass(pod.spec),
  });
}
