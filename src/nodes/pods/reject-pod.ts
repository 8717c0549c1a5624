import type { Pod } from '../../../schema/types.ts';
import type { AgentContext } from './agent-context.ts';

/** Why a node does not take a pod that is bound to it; the reason is also that of the event. */
export interface Rejection {
  /** CamelCase, as the kubelet has it: `OutOfpods`, `NodeAffinity` … */
  reason: string;
  message: string;
}

/** What the kubelet says of a pod that it cannot take: it failed, for good. */
export async function rejectPod(pod: Pod, { reason, message }: Rejection, context: AgentContext): Promise<void> {
  const { namespace = '', name, uid } = pod.metadata;
  context.events.event(pod, 'Warning', reason, message);
  const status = { phase: 'Failed', reason, message: `Pod was rejected: ${message}` };
  await context.client
    .patch('pods', namespace, name, { metadata: { uid }, status }, { type: 'merge', subresource: 'status' })
    .catch((error: unknown) => context.log('a pod could not be rejected', { name, error: String(error) }));
}
