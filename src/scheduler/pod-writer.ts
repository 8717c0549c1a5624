import type { Pod, PodCondition } from '../../schema/types.ts';
import type { Client } from '../client/contract.ts';
import type { EventRecorder } from '../control/contract.ts';
import type { Clock } from '../rules/clock.ts';
import { podCondition } from '../rules/pods.ts';
import { isStatusError } from '../meta/status.ts';
import { formatTime } from '../meta/time.ts';

/** What the scheduler writes: bindings, why a pod has no node, and the end of victims. */
export class PodWriter {
  constructor(
    private readonly client: Client,
    private readonly events: EventRecorder,
    private readonly clock: Clock,
  ) {}

  async bind(pod: Pod, node: string): Promise<void> {
    const { namespace, name, uid } = pod.metadata;
    const binding = {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { namespace, name, uid },
      target: { kind: 'Node', name: node },
    };
    await this.client.create('pods', binding, { subresource: 'binding', name });
    this.events.event(pod, 'Normal', 'Scheduled', `Successfully assigned ${namespace}/${name} to ${node}`);
  }

  /** The condition and the event of a pod that no node fits; without a write where the pod says the same already. */
  unschedulable(pod: Pod, message: string, nominated?: string): Promise<void> {
    return this.notScheduled(pod, 'Unschedulable', message, nominated);
  }

  /** The same of a pod for which something went wrong. */
  failed(pod: Pod, message: string): Promise<void> {
    return this.notScheduled(pod, 'SchedulerError', message);
  }

  private async notScheduled(pod: Pod, reason: string, message: string, nominated?: string): Promise<void> {
    this.events.event(pod, 'Warning', 'FailedScheduling', message);
    const old = podCondition(pod, 'PodScheduled');
    const same = old?.status === 'False' && old.reason === reason && old.message === message;
    if (same && (nominated === undefined || nominated === (pod.status?.nominatedNodeName ?? ''))) return;
    const condition = this.condition(pod, old, {
      type: 'PodScheduled',
      status: 'False',
      reason,
      message,
    });
    await this.patchStatus(pod, {
      conditions: [condition],
      ...(nominated !== undefined && { nominatedNodeName: nominated || null }),
    });
  }

  async clearNomination(pod: Pod): Promise<void> {
    await this.patchStatus(pod, { nominatedNodeName: null });
  }

  async evict(victim: Pod, preemptor: Pod, node: string): Promise<void> {
    const message = 'default-scheduler: preempting to accommodate a higher priority pod';
    const old = podCondition(victim, 'DisruptionTarget');
    const condition = this.condition(victim, old, {
      type: 'DisruptionTarget',
      status: 'True',
      reason: 'PreemptionByScheduler',
      message,
    });
    await this.patchStatus(victim, { conditions: [condition] });
    const { namespace, name, uid } = victim.metadata;
    await this.client.delete('pods', namespace ?? '', name, { uid });
    this.events.event(
      victim,
      'Normal',
      'Preempted',
      `Preempted by pod ${preemptor.metadata.uid} on node ${node}`,
      preemptor,
    );
  }

  private condition(pod: Pod, old: PodCondition | undefined, condition: Omit<PodCondition, 'lastTransitionTime'>) {
    const { generation } = pod.metadata;
    const lastTransitionTime = old?.status === condition.status ? old.lastTransitionTime : formatTime(this.clock.now());
    return {
      ...condition,
      lastProbeTime: null,
      lastTransitionTime,
      ...(generation && { observedGeneration: generation }),
    };
  }

  private async patchStatus(pod: Pod, status: Record<string, unknown>): Promise<void> {
    const { namespace, name, uid } = pod.metadata;
    try {
      await this.client.patch(
        'pods',
        namespace ?? '',
        name,
        { metadata: { uid }, status },
        { type: 'strategic', subresource: 'status' },
      );
    } catch (error) {
      // It is gone, or another pod has its name by now.
      if (!isStatusError(error, 'NotFound') && !isStatusError(error, 'Conflict')) throw error;
    }
  }
}
